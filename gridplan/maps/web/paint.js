// What is drawn on each canvas of the scene.
"use strict";

GP.INK = {
  magenta: "#B40D74", ink: "#26282B", soft: "#5C6066", alarm: "#B3261E", paper: "#FFFFFF",
  water: "#9BC5E3", waterEdge: "#5B9AC6", community: "#1C3557", blue: "#0B57D0",
};
// Triangles of findings, the gravest first.
GP.FINDINGS = { bad: GP.INK.alarm, exception: "#F6C65B", told: "#FFFFFF" };
// Readable by colour-blind readers: after Okabe and Ito, darkened for lines.
GP.ZONE_COLOURS = ["#0072B2", "#B34700", "#00724F", "#8A3E74", "#6B5900", "#3B6EA5", "#444444"];
GP.ZONE_DASHES = [[9, 3], [3, 3], [12, 3, 2, 3], [6, 6], [2, 4], [14, 4], [8, 2, 2, 2, 2, 2]];
GP.CLASSES = {
  households: ["#F2F0F7", "#CBC9E2", "#9E9AC8", "#756BB1", "#54278F"],
  deviation: ["#B35806", "#F1A340", "#FEE0B6", "#F7F7F7", "#D8DAEB", "#998EC3", "#542788"],
  alignment: ["#08519C", "#6BAED6", "#C6DBEF", "#FDD9A5", "#E6842A"],
  status: ["#BFDCE8", "#F6C65B", "#D95F30", "#D0D0CC"],
  none: "#E4E3DF",
};
GP.NEAR = 3; // metres a pixel below which dashes of borders are drawn
GP.DEVIATION_STEPS = [-0.3, -0.2, -0.1, 0.1, 0.2, 0.3];
GP.ALIGNMENT_STEPS = [1000, 900, 750, 500];

// Class of a grid under a way of colouring; -1 where it has none.
GP.classOf = function (plan, mode, layer, grid) {
  if (mode === "status") return plan.grids.status[grid];
  if (mode === "alignment") {
    const share = plan.alignment(grid, layer);
    if (share < 0) return -1;
    const found = GP.ALIGNMENT_STEPS.findIndex(function (s) { return share >= s; });
    return found < 0 ? 4 : found;
  }
  if (plan.grids.unit[grid]) return -1;
  const h = plan.grids.households[grid];
  if (mode === "households") {
    const steps = GP.householdSteps(plan);
    return steps.filter(function (s) { return h >= s; }).length;
  }
  const d = plan.deviation(h);
  return GP.DEVIATION_STEPS.filter(function (s) { return d >= s; }).length;
};

// Limits of the classes of households: below the range, thirds of it, above.
GP.householdSteps = function (plan) {
  const r = plan.head.range, third = (r[1] - r[0]) / 3;
  return [r[0], Math.round(r[0] + third), Math.round(r[0] + 2 * third), r[1] + 1];
};

GP.Painter = class {
  constructor(plan, state, words) {
    this.plan = plan; this.state = state; this.words = words;
    this.ground = null; this.now = null; this.moved = []; this.outlines = []; this.buildings = []; this.zones = null; this.places = null;
    const self = this;
    this.paint = function (name, ctx, view) { return self["_" + name](ctx, view); };
  }

  colourOf(grid) {
    const s = this.state, colours = this.plan.head.colours;
    if (s.colour === "map") {
      if (s.level !== "district") return colours[this.plan.grids.colour[grid]];
      return colours[this.plan.communities.colour[this.plan.grids.community[grid]]];
    }
    const found = GP.classOf(this.plan, s.colour, s.layer, grid);
    return found < 0 ? GP.CLASSES.none : GP.CLASSES[s.colour][found];
  }

  // Range status of a grid as it stands now: after the moves of the what-if; -1 where it is dissolved.
  statusNow(grid) {
    const now = this.now && this.now.get(grid);
    return now ? (now.units ? now.status : -1) : this.plan.grids.status[grid];
  }

  // Measures what the what-if changed; to be called when it did.
  measure() {
    const what = this.state.what;
    this.now = what ? new Map(what.changed().map(function (g) { return [g, what.after(g)]; })) : null;
    this.moved = what ? what.moved : [];
    this.outlines = what ? what.changed().map(function (g) { return what.outline(g); }) : [];
  }

  inFocus(community) {
    const s = this.state;
    if (s.level === "community" && s.community >= 0) return community === s.community;
    if (s.level === "street" && s.street >= 0) return this.plan.communities.street[community] === s.street;
    return true;
  }

  _visible(view) {
    const found = [], shape = this.plan.grids.shape;
    for (let g = 0; g < shape.length; g++) if (shape.meets(g, view.window)) found.push(g);
    return found;
  }

  // Fills of grids, batched by colour.
  _fill(ctx, view) {
    ctx.fillStyle = "#ECEAE4";
    ctx.fillRect(0, 0, view.width, view.height);
    if (!this.state.show.grids) return;
    const batches = new Map(), shape = this.plan.grids.shape;
    for (const g of this._visible(view)) {
      const colour = this.colourOf(g);
      if (!batches.has(colour)) batches.set(colour, []);
      batches.get(colour).push(g);
    }
    batches.forEach(function (grids, colour) {
      ctx.fillStyle = ctx.strokeStyle = colour;
      ctx.lineWidth = 0.7;
      // Long paths cost more than their parts.
      for (let from = 0; from < grids.length; from += 50) {
        ctx.beginPath();
        for (const g of grids.slice(from, from + 50)) shape.trace(ctx, g, view);
        ctx.fill("evenodd");
        ctx.stroke();
      }
    });
    this._moves(ctx, view);
  }

  // Moved units in the colour of the grid that has them now.
  _moves(ctx, view) {
    const what = this.state.what;
    if (!what) return;
    for (const u of this.moved) this._unit(ctx, view, u, this.colourOf(what.grid[u]));
  }

  _unit(ctx, view, unit, fill) {
    const chunk = this.plan.chunkOf(unit);
    ctx.beginPath();
    chunk.shape.trace(ctx, unit - chunk.start, view);
    ctx.fillStyle = fill;
    ctx.fill("evenodd");
  }

  // Water, roads, railways, cells and buildings: an iterator, a few hundred features a step.
  *_ground(ctx, view) {
    const show = this.state.show, m = view.metres;
    if (this.ground && show.roads) yield* this._network(ctx, view);
    if (show.units && m < 1.6) {
      ctx.strokeStyle = "rgba(80,84,92,0.45)"; ctx.lineWidth = 0.5;
      for (const chunk of this.plan.chunks) yield* this._batch(ctx, view, chunk.shape, false);
    }
    if (show.units && m < 5) {
      const lots = this.plan.head.lots;
      ctx.fillStyle = "rgba(58,63,71,0.40)";
      ctx.strokeStyle = lots ? "rgba(90,95,102,0.75)" : "rgba(58,63,71,0.8)";
      ctx.lineWidth = lots ? 0.6 : 0.5;
      for (const shape of this.buildings) yield* this._batch(ctx, view, shape, !lots, m < 1);
    }
    if (this.places && show.places && m < 5) this._premises(ctx, view);
    this._veil(ctx, view);
  }

  *_batch(ctx, view, shape, fill, outline) {
    const b = shape.bounds, w = view.window;
    if (b[0] > w[2] || b[2] < w[0] || b[1] > w[3] || b[3] < w[1]) return;
    for (let from = 0; from < shape.length; from += 300) {
      let some = false;
      ctx.beginPath();
      for (let i = from; i < Math.min(from + 300, shape.length); i++) {
        if (shape.meets(i, w)) { shape.trace(ctx, i, view); some = true; }
      }
      if (!some) continue;
      if (fill) ctx.fill("evenodd");
      if (!fill || outline) ctx.stroke();
      yield;
    }
  }

  *_network(ctx, view) {
    const g = this.ground, m = view.metres;
    ctx.fillStyle = GP.INK.water; ctx.strokeStyle = GP.INK.waterEdge;
    for (let i = 0; i < g.water.length; i++) {
      if (!g.water.meets(i, view.window)) continue;
      ctx.beginPath();
      g.water.trace(ctx, i, view, !g.waterArea[i]);
      ctx.lineWidth = g.waterArea[i] ? 0.5 : 1.5;
      if (g.waterArea[i]) ctx.fill("evenodd");
      ctx.stroke();
    }
    yield;
    const width = { 1: 22, 2: 15, 3: 9, 4: 3.5 }, least = { 1: 2.4, 2: 1.6, 3: 0.8, 4: 0.4 };
    const most = { 1: 16, 2: 12, 3: 9, 4: 4 }, farthest = { 1: 1e9, 2: 30, 3: 9, 4: 2.5 };
    for (const casing of [true, false]) {
      for (const rank of [4, 3, 2, 1]) {
        if (m > farthest[rank]) continue;
        const w = Math.min(Math.max(width[rank] * 0.55 / m, least[rank]), most[rank]);
        if (casing && w < 1.4) continue;
        ctx.lineWidth = casing ? w + 1.2 : w;
        const main = rank <= 2;
        ctx.strokeStyle = casing ? (main ? "#948A72" : "#A4A8AD") : main ? "#FFF1C9" : w < 1.4 ? "#B4B7BB" : "#FFFFFF";
        ctx.lineCap = "round";
        for (let from = 0; from < g.road.length; from += 400) {
          ctx.beginPath();
          for (let i = from; i < Math.min(from + 400, g.road.length); i++) {
            if (g.rank[i] === rank && g.road.meets(i, view.window)) g.road.trace(ctx, i, view, true);
          }
          ctx.stroke();
          yield;
        }
      }
    }
    ctx.lineCap = "butt";
    for (const style of [["#4C4F55", 2.6, []], ["#FFFFFF", 1.4, [6, 6]]]) {
      ctx.strokeStyle = style[0]; ctx.lineWidth = style[1]; ctx.setLineDash(style[2]);
      ctx.beginPath();
      for (let i = 0; i < g.rail.length; i++) g.rail.trace(ctx, i, view, !g.railArea[i]);
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }

  _premises(ctx, view) {
    const shape = this.places.institution.shape;
    ctx.strokeStyle = "#3F5E3A"; ctx.lineWidth = 1.1; ctx.setLineDash([4, 3]);
    ctx.beginPath();
    for (let i = 0; i < shape.length; i++) if (shape.meets(i, view.window)) shape.trace(ctx, i, view);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  // What is not in focus goes pale.
  _veil(ctx, view) {
    const shape = this.plan.communities.shape;
    ctx.beginPath();
    let some = false;
    for (let c = 0; c < shape.length; c++) {
      if (!this.inFocus(c) && shape.meets(c, view.window)) { shape.trace(ctx, c, view); some = true; }
    }
    if (!some) return;
    ctx.fillStyle = "rgba(246,245,242,0.72)";
    ctx.fill("evenodd");
  }

  _strokes(ctx, view, shape, keep, styles, open) {
    const kept = [];
    for (let i = 0; i < shape.length; i++) if (keep(i) && shape.meets(i, view.window)) kept.push(i);
    for (const s of styles) {
      ctx.strokeStyle = s[0]; ctx.lineWidth = s[1]; ctx.setLineDash(s[2] || []);
      for (let from = 0; from < kept.length; from += 50) {
        ctx.beginPath();
        for (const i of kept.slice(from, from + 50)) shape.trace(ctx, i, view, open);
        ctx.stroke();
      }
    }
    ctx.setLineDash([]);
  }

  // Patterns, borders, zones and labels.
  _line(ctx, view) {
    const plan = this.plan, s = this.state, all = function () { return true; };
    const fine = s.level === "district", near = view.metres < GP.NEAR;
    const every = this._visible(view), focus = this.inFocus.bind(this);
    if (s.show.grids) this._patterns(ctx, view, every);
    this._zoneLines(ctx, view);
    if (s.show.grids) {
      const width = view.metres > 12 ? 0.35 : fine ? 0.7 : near ? 2.2 : 1.3;
      const of = plan.grids.community, changed = this.now;
      const keep = function (g) { return focus(of[g]) && !(changed && changed.has(g)); };
      const casing = fine || view.metres > 12 ? [] : [["rgba(255,255,255,0.85)", width + 2.2]];
      this._strokes(ctx, view, plan.grids.shape, keep, casing.concat([[GP.INK.magenta, width]]));
      if (changed) this._changedBorders(ctx, view, width);
    }
    const far = view.metres > 12, width = far ? 0.8 : fine ? 2.2 : near ? 3 : 2;
    const dash = near && !fine ? [16, 4, 3, 4] : [];
    const faint = function (c) { return !focus(c); };
    this._strokes(ctx, view, plan.communities.shape, faint, [["#8C9096", 1, [7, 4]]]);
    this._strokes(ctx, view, plan.communities.shape, focus,
      [["rgba(255,255,255,0.9)", width + 1.6], [GP.INK.ink, width, dash]]);
    if (plan.streets.length > 1 && s.level !== "community") {
      this._strokes(ctx, view, plan.streets.shape, all, far ? [[GP.INK.ink, 1.8]] : [["#FFFFFF", 5.4], [GP.INK.ink, 3.8]]);
    }
    new GP.Labels(this, ctx, view).write();
  }

  // Borders of the grids that the what-if changed, from their cells.
  _changedBorders(ctx, view, width) {
    ctx.beginPath();
    for (const flat of this.outlines) {
      for (let i = 0; i < flat.length; i += 4) {
        ctx.moveTo(flat[i] * view.k + view.dx, view.dy - flat[i + 1] * view.k);
        ctx.lineTo(flat[i + 2] * view.k + view.dx, view.dy - flat[i + 3] * view.k);
      }
    }
    ctx.lineCap = "round";
    ctx.strokeStyle = "rgba(255,255,255,0.85)"; ctx.lineWidth = width + 2.2; ctx.stroke();
    ctx.strokeStyle = GP.INK.magenta; ctx.lineWidth = width; ctx.stroke();
    ctx.lineCap = "butt";
  }

  // Rising hatching on unit grids, falling red hatching on grids out of range.
  _patterns(ctx, view, grids) {
    const g = this.plan.grids, s = this.state, self = this;
    const seen = grids.filter(function (i) { return self.inFocus(g.community[i]); });
    const unit = seen.filter(function (i) { return g.unit[i]; });
    const out = seen.filter(function (i) {
      const status = self.statusNow(i);
      return (status === 1 || status === 2) && !(self.now && self.now.has(i));
    });
    this._hatch(ctx, view, unit, "rgba(85,88,94,0.55)", true);
    this._hatch(ctx, view, out, "rgba(179,38,30,0.62)", false);
    if (s.level === "district" || view.metres > 12) return;
    ctx.save();
    ctx.strokeStyle = GP.INK.alarm; ctx.lineWidth = 6;
    for (const i of out) {
      ctx.save(); ctx.beginPath(); g.shape.trace(ctx, i, view); ctx.clip("evenodd"); ctx.stroke(); ctx.restore();
    }
    ctx.restore();
  }

  _hatch(ctx, view, grids, colour, rising) {
    if (!grids.length || view.metres > 25) return;
    const shape = this.plan.grids.shape;
    ctx.save();
    ctx.beginPath();
    for (const i of grids) shape.trace(ctx, i, view);
    ctx.clip("evenodd");
    ctx.beginPath();
    const h = view.height;
    for (let x = -h; x < view.width + h; x += 8) {
      ctx.moveTo(x, rising ? h : 0);
      ctx.lineTo(x + h, rising ? 0 : h);
    }
    ctx.strokeStyle = colour; ctx.lineWidth = 0.8; ctx.stroke();
    ctx.restore();
  }

  _zoneLines(ctx, view) {
    if (!this.zones) return;
    this.zones.forEach(function (zone, i) {
      if (!this.state.show["zone" + i]) return;
      const colour = GP.ZONE_COLOURS[i % 7], all = function () { return true; };
      this._strokes(ctx, view, zone.shape, all,
        [["rgba(255,255,255,0.75)", 4], [colour, 2, GP.ZONE_DASHES[i % 7]]], true);
    }, this);
  }

  // Hover, selection, marked units, findings and places.
  _mark(ctx, view) {
    const s = this.state, plan = this.plan, all = this;
    if (this.places && s.show.places && view.metres < 2.5) this._dots(ctx, view, this.places.facility);
    if (s.what) {
      for (const u of s.what.marked) {
        this._unit(ctx, view, u, "rgba(11,87,208,0.30)");
        ctx.strokeStyle = GP.INK.blue; ctx.lineWidth = 2.4; ctx.stroke();
      }
      ctx.setLineDash([4, 3]);
      for (const u of this.moved) {
        const chunk = plan.chunkOf(u);
        ctx.beginPath(); chunk.shape.trace(ctx, u - chunk.start, view);
        ctx.strokeStyle = GP.INK.blue; ctx.lineWidth = 1.6; ctx.stroke();
      }
      ctx.setLineDash([]);
    }
    if (s.unit >= 0 && plan.units) {
      const chunk = plan.chunkOf(s.unit), only = function (i) { return i === s.unit - chunk.start; };
      all._strokes(ctx, view, chunk.shape, only, [["#FFFFFF", 4.5], [GP.INK.blue, 2.2]]);
    }
    const outline = function (layer, id, colour, width) {
      if (id < 0) return;
      const only = function (i) { return i === id; };
      all._strokes(ctx, view, layer.shape, only, [["#FFFFFF", width + 3], [colour, width]]);
    };
    if (s.level === "district") {
      outline(plan.communities, s.hover, "#000000", 2.5);
      outline(plan.communities, s.picked, GP.INK.blue, 4);
    } else {
      outline(plan.grids, s.hover, "#000000", 2);
      outline(plan.grids, s.grid, GP.INK.blue, 3.4);
    }
    if (this.places && s.show.findings) this._findings(ctx, view);
  }

  _dots(ctx, view, objects) {
    for (let i = 0; i < objects.length; i++) {
      const x = objects.x[i] * view.k + view.dx, y = view.dy - objects.y[i] * view.k;
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      ctx.beginPath(); ctx.arc(x, y, 3.2, 0, 7);
      ctx.fillStyle = "#1F4E79"; ctx.fill();
      ctx.strokeStyle = "#FFFFFF"; ctx.lineWidth = 1; ctx.stroke();
    }
  }

  // Findings in view as [index, x, y], the gravest first; of several at one place only one is drawn.
  findingsIn(view) {
    const f = this.places.finding, weight = ["broken", "error", "exception", "warning", "repaired"];
    const order = [], kept = [], taken = new Set(), step = view.metres > 12 ? 90 : view.metres > 2 ? 40 : 18;
    for (let i = 0; i < f.length; i++) if (f.x[i] !== null) order.push(i);
    order.sort(function (a, b) { return weight.indexOf(f.severity[a]) - weight.indexOf(f.severity[b]) || a - b; });
    for (const i of order) {
      const x = f.x[i] * view.k + view.dx, y = view.dy - f.y[i] * view.k;
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      const key = Math.floor(f.x[i] * view.k / step) + " " + Math.floor(f.y[i] * view.k / step);
      if (taken.has(key)) continue;
      taken.add(key);
      kept.push([i, x, y]);
    }
    return kept.reverse();
  }

  // How grave a finding looks: there are three kinds of triangle.
  gravity(i) {
    const severity = this.places.finding.severity[i];
    if (severity === "broken" || severity === "error") return "bad";
    return severity === "exception" ? "exception" : "told";
  }

  _findings(ctx, view) {
    for (const spot of this.findingsIn(view)) {
      const i = spot[0], x = spot[1], y = spot[2];
      const kind = this.gravity(i), bad = kind === "bad";
      ctx.beginPath();
      ctx.moveTo(x, y - 7); ctx.lineTo(x + 7, y + 5.5); ctx.lineTo(x - 7, y + 5.5); ctx.closePath();
      ctx.fillStyle = GP.FINDINGS[kind];
      ctx.fill();
      ctx.strokeStyle = GP.INK.ink; ctx.lineWidth = 1.3; ctx.stroke();
      ctx.fillStyle = bad ? "#FFFFFF" : GP.INK.ink;
      ctx.fillRect(x - 0.8, y - 3.2, 1.6, 4.4);
      ctx.fillRect(x - 0.8, y + 2.2, 1.6, 1.6);
    }
  }
};
