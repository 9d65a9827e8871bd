// The legend: every colour and line that the map shows now.
"use strict";

GP.Legend = class {
  constructor(app) { this.app = app; this.box = document.getElementById("legend"); }

  // A small picture, drawn by `draw(ctx)` on 30 x 15 pixels.
  _key(draw) {
    const canvas = GP.el("canvas", { width: "60", height: "30", "aria-hidden": "true" });
    const ctx = canvas.getContext("2d");
    ctx.scale(2, 2);
    draw(ctx);
    return canvas;
  }

  _line(styles) {
    return this._key(function (ctx) {
      for (const s of styles) {
        ctx.strokeStyle = s[0]; ctx.lineWidth = s[1]; ctx.setLineDash(s[2] || []);
        ctx.beginPath(); ctx.moveTo(0, 7.5); ctx.lineTo(30, 7.5); ctx.stroke();
      }
    });
  }

  _area(colours, hatch) {
    return this._key(function (ctx) {
      colours.forEach(function (colour, i) {
        ctx.fillStyle = colour;
        ctx.fillRect(30 * i / colours.length, 0, 30 / colours.length + 0.5, 15);
      });
      if (hatch) {
        ctx.strokeStyle = hatch[0]; ctx.lineWidth = 1;
        ctx.beginPath();
        for (let x = -15; x < 45; x += 6) { ctx.moveTo(x, hatch[1] ? 15 : 0); ctx.lineTo(x + 15, hatch[1] ? 0 : 15); }
        ctx.stroke();
      }
      ctx.strokeStyle = "#8A8F96"; ctx.lineWidth = 0.8; ctx.strokeRect(0.4, 0.4, 29.2, 14.2);
    });
  }

  // Texts of the classes of a way of colouring.
  classes(mode) {
    const app = this.app, w = app.w, plan = app.plan, percent = function (s) { return (s > 0 ? "+" : s < 0 ? "−" : "") + Math.abs(Math.round(100 * s)) + " %"; };
    if (mode === "status") return GP.STATUS.map(function (s) { return w(s); });
    if (mode === "alignment") {
      const s = GP.ALIGNMENT_STEPS.map(function (v) { return v / 10 + " %"; });
      return [s[0], w("between", s[1], s[0]), w("between", s[2], s[1]), w("between", s[3], s[2]), w("below", s[3])];
    }
    const steps = mode === "households" ? GP.householdSteps(plan) : GP.DEVIATION_STEPS;
    const name = mode === "households" ? String : percent;
    const texts = [w("below", name(steps[0]))];
    for (let i = 1; i < steps.length; i++) {
      texts.push(w("between", name(steps[i - 1]), mode === "households" ? String(steps[i] - 1) : name(steps[i])));
    }
    texts.push(w("at_least", name(steps[steps.length - 1])));
    return texts;
  }

  // Kinds of finding that have a place on the map, the gravest first.
  _findings(finding) {
    const painter = this.app.painter, there = new Set();
    finding.x.forEach(function (x, i) { if (x !== null) there.add(painter.gravity(i)); });
    return Object.keys(GP.FINDINGS).filter(function (kind) { return there.has(kind); });
  }

  // Whether borders of communities are drawn dashed: near enough for the dashes to be seen.
  dashed() { return this.app.state.level !== "district" && Math.pow(2, -this.app.map.getZoom()) < GP.NEAR; }

  zoomed() { if (this.dashed() !== this._dashed) this.draw(); }

  draw() {
    this._dashed = this.dashed();
    const app = this.app, w = app.w, s = app.state, plan = app.plan, rows = [], ink = GP.INK;
    const add = function (key, text) { rows.push(GP.el("div", {}, [key, text])); };
    if (s.colour === "map") add(this._area(plan.head.colours.slice(0, 5)), w(s.level === "district" ? "community" : "grid"));
    else {
      const colours = GP.CLASSES[s.colour];
      this.classes(s.colour).forEach(function (text, i) { add(this._area([colours[i]]), text); }, this);
      if (s.colour !== "status") add(this._area([GP.CLASSES.none]), w("no_value"));
    }
    const statuses = new Set(plan.grids.status);
    if (statuses.has(1) || statuses.has(2)) add(this._area(["#FFFFFF"], [ink.alarm, false]), w("out_key"));
    if (statuses.has(3)) add(this._area(["#FFFFFF"], ["#55585E", true]), w("unit_key"));
    if (s.show.grids) add(this._line([[ink.magenta, 2.2]]), w("grid_border"));
    add(this._line([[ink.ink, 2.6, this._dashed ? [9, 2, 2, 2] : []]]), w("community_border"));
    if (plan.streets.length > 1 && s.level !== "community") add(this._line([[ink.ink, 4]]), w("street_border"));
    plan.head.layers.forEach(function (layer, i) {
      if (s.show["zone" + i]) add(this._line([[GP.ZONE_COLOURS[i % 7], 2, GP.ZONE_DASHES[i % 7]]]), layer.name);
    }, this);
    if (s.show.units && app.painter.buildings.length) {
      const lots = plan.head.lots;
      add(lots ? this._line([["rgba(90,95,102,0.9)", 0.8]]) : this._area(["#A9ACB0"]), w(lots ? "lot" : "building"));
    }
    const places = app.painter.places;
    if (places && s.show.places) {
      if (places.facility.length) add(this._key(function (ctx) {
        ctx.fillStyle = "#1F4E79"; ctx.beginPath(); ctx.arc(15, 7.5, 4, 0, 7); ctx.fill();
      }), w("facility"));
      if (places.institution.length) add(this._line([["#3F5E3A", 1.3, [4, 3]]]), w("institution"));
    }
    if (places && s.show.findings) this._findings(places.finding).forEach(function (kind) {
      add(this._key(function (ctx) {
        ctx.beginPath(); ctx.moveTo(15, 1); ctx.lineTo(22, 14); ctx.lineTo(8, 14); ctx.closePath();
        ctx.fillStyle = GP.FINDINGS[kind]; ctx.fill(); ctx.strokeStyle = ink.ink; ctx.stroke();
      }), w("finding_" + kind));
    }, this);
    if (s.what) {
      add(this._area(["rgba(11,87,208,0.30)"]), w("marked_key"));
      add(this._line([[ink.blue, 1.8, [4, 3]]]), w("moved_key"));
    }
    this.box.replaceChildren.apply(this.box, [GP.el("h2", {}, [w("legend")])].concat(rows));
  }
};
