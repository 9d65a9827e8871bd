// Lettering: names where there is room, none over another.
"use strict";

GP.FONT = '"Noto Sans", "Noto Sans CJK SC", "Segoe UI", "Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei", "Helvetica Neue", Arial, sans-serif';

GP.Labels = class {
  constructor(painter, ctx, view) {
    this.painter = painter; this.ctx = ctx; this.view = view;
    this.plan = painter.plan; this.state = painter.state; this.words = painter.words;
    this.taken = new Map();
  }

  write() {
    const level = this.state.level;
    this._reserve();
    this.ctx.textAlign = "center"; this.ctx.textBaseline = "middle"; this.ctx.lineJoin = "round";
    if (level === "district") this._communities(true);
    else {
      this._grids();
      this._communities(false);
    }
    if (level === "community" || this.view.metres < 0.5) this._units();
    this._zones();
    this._roads();
    this._objects();
  }

  // Keeps the places of findings free.
  _reserve() {
    const places = this.painter.places, v = this.view;
    if (!places || !this.state.show.findings) return;
    for (const spot of this.painter.findingsIn(v)) this._take(spot[1], spot[2], 14, 13);
  }

  // Whether a box of the page is free; it is taken then. Boxes are looked up by cells of 64 pixels.
  _take(x, y, w, h) {
    const box = [x - w / 2 - 2, y - h / 2 - 1, x + w / 2 + 2, y + h / 2 + 1], cells = [];
    for (let i = Math.floor(box[0] / 64); i <= Math.floor(box[2] / 64); i++) {
      for (let j = Math.floor(box[1] / 64); j <= Math.floor(box[3] / 64); j++) {
        const key = i * 4096 + j, others = this.taken.get(key);
        if (others && others.some(function (o) {
          return o[0] < box[2] && box[0] < o[2] && o[1] < box[3] && box[1] < o[3];
        })) return false;
        cells.push(key);
      }
    }
    for (const key of cells) {
      if (!this.taken.has(key)) this.taken.set(key, []);
      this.taken.get(key).push(box);
    }
    return true;
  }

  _width(line) {
    this.ctx.font = (line.bold ? "bold " : "") + line.size + "px " + GP.FONT;
    return this.ctx.measureText(line.text).width;
  }

  // Writes the first variant (a list of lines) that fits into a circle around (x, y), in steps of the plan.
  // Where none does, and it may step aside, it stands above, below or beside what is there already.
  _fit(x, y, r, variants, aside) {
    if (this._fitAt(x, y, r, variants, false) || !aside || r * this.view.k < 20) return;
    this._fitAt(x, y, r, variants, true);
  }

  _fitAt(x, y, r, variants, aside) {
    const v = this.view, px = x * v.k + v.dx, py = v.dy - y * v.k, room = r * v.k;
    if (room < 6 || px < -50 || py < -20 || px > v.width + 50 || py > v.height + 20) return true;
    for (const lines of variants) {
      let wide = 0, high = 0;
      for (const line of lines) {
        wide = Math.max(wide, this._width(line));
        high += line.size * 1.22;
      }
      const up = high / 2 + 9, along = wide / 2 + 9;
      const steps = aside ? [[0, up], [0, -up], [along, 0], [-along, 0]] : [[0, 0]];
      for (const step of steps) {
        const w = wide + 2 * Math.abs(step[0]), h = high + 2 * Math.abs(step[1]);
        if (w > 2.5 * room || h > 2.1 * room || Math.hypot(w, h) > 2.7 * room) continue;
        if (!this._take(px + step[0], py + step[1], wide, high)) continue;
        let top = py + step[1] - high / 2;
        for (const line of lines) {
          this._write(line, px + step[0], top + line.size * 0.61);
          top += line.size * 1.22;
        }
        return true;
      }
    }
    return false;
  }

  _write(line, x, y) {
    const ctx = this.ctx;
    ctx.font = (line.bold ? "bold " : "") + line.size + "px " + GP.FONT;
    ctx.strokeStyle = "rgba(255,255,255,0.88)"; ctx.lineWidth = 3; ctx.strokeText(line.text, x, y);
    ctx.fillStyle = line.colour || GP.INK.ink; ctx.fillText(line.text, x, y);
  }

  _communities(full) {
    const c = this.plan.communities, w = this.words;
    for (let i = 0; i < c.length; i++) {
      if (!this.painter.inFocus(i) && !full) {
        this._fit(c.x[i], c.y[i], c.r[i], [[{ text: c.name[i], size: 12, colour: "#777C83" }]]);
        continue;
      }
      const variants = [];
      for (const size of full ? [15, 13, 11, 10] : [13, 11]) {
        const name = { text: c.name[i], size: size, bold: true, colour: GP.INK.community };
        if (full) {
          const grids = w("n_grids", this.plan.gridsOf[i].length);
          const hh = w("n_households", GP.number(c.households[i]));
          variants.push([name, { text: grids + " · " + hh, size: size - 3 }]);
          variants.push([name, { text: grids, size: size - 3 }, { text: hh, size: size - 3 }]);
        }
        variants.push([name]);
      }
      this._fit(c.x[i], c.y[i], c.r[i], variants, true);
    }
  }

  _grids() {
    const g = this.plan.grids, now = this.painter.now;
    if (!this.state.show.grids) return;
    for (let i = 0; i < g.length; i++) {
      if (g.r[i] * this.view.k < 6 || !this.painter.inFocus(g.community[i]) || !g.shape.meets(i, this.view.window)) continue;
      const status = this.painter.statusNow(i), out = status === 1 || status === 2, tail = this.plan.tail(i);
      if (status < 0) continue;
      let h = g.households[i], colour = out ? GP.INK.alarm : this.state.colour === "map" ? GP.INK.soft : GP.INK.ink;
      if (now && now.has(i)) { h = now.get(i).households; if (!out) colour = GP.INK.blue; }
      const variants = [];
      for (const size of [15, 13, 11]) {
        const code = { text: tail, size: size, bold: true };
        variants.push([code, { text: this.words("hh", GP.number(h)), size: size - 2.5, colour: colour, bold: out }]);
      }
      variants.push([{ text: tail, size: 10, bold: true }]);
      this._fit(g.x[i], g.y[i], g.r[i], variants, true);
    }
  }

  // Households of units, where their cells are large on the screen.
  _units() {
    const v = this.view, u = this.plan.units;
    if (!u || !this.state.show.units || v.metres > 0.9) return;
    for (const chunk of this.plan.chunks) {
      const b = chunk.shape.box, w = v.window, all = chunk.shape.bounds;
      if (all[0] > w[2] || all[2] < w[0] || all[1] > w[3] || all[3] < w[1]) continue;
      for (let i = 0; i < chunk.shape.length; i++) {
        const k = 4 * i;
        if (!chunk.shape.meets(i, w) || !u.households[chunk.start + i]) continue;
        const r = Math.min(b[k + 2] - b[k], b[k + 3] - b[k + 1]) / 2.4;
        const line = { text: String(u.households[chunk.start + i]), size: 10, colour: "#3A3F47" };
        this._fit((b[k] + b[k + 2]) / 2, (b[k + 1] + b[k + 3]) / 2, r, [[line]]);
      }
    }
  }

  _zones() {
    const zones = this.painter.zones;
    if (!zones) return;
    zones.forEach(function (zone, i) {
      if (!this.state.show["zone" + i]) return;
      for (let z = 0; z < zone.names.length; z++) {
        const line = { text: zone.names[z], size: 11, bold: true, colour: GP.ZONE_COLOURS[i % 7] };
        this._fit(zone.x[z], zone.y[z] + zone.r[z] * 0.45, zone.r[z], [[line]]);
      }
    }, this);
  }

  // Names of roads along their longest straight piece.
  _roads() {
    const g = this.painter.ground, v = this.view;
    if (!g || !this.state.show.roads || v.metres > 2.5) return;
    const done = new Map(), ctx = this.ctx;
    for (let i = g.road.length - 1; i >= 0; i--) {
      if (!g.name[i] || !g.road.meets(i, v.window)) continue;
      let best = null, longest = 0;
      for (let r = g.road.ringStart[i]; r < g.road.ringStart[i + 1]; r++) {
        for (let p = g.road.pointStart[r] + 1; p < g.road.pointStart[r + 1]; p++) {
          const dx = (g.road.x[p] - g.road.x[p - 1]) * v.k, dy = (g.road.y[p] - g.road.y[p - 1]) * v.k;
          const length = Math.hypot(dx, dy);
          if (length > longest) { longest = length; best = [p, dx, dy]; }
        }
      }
      const line = { text: g.names[g.name[i] - 1], size: g.rank[i] <= 2 ? 11 : 10, colour: GP.INK.soft };
      const wide = this._width(line);
      if (!best || wide > longest * 0.95) continue;
      const p = best[0];
      const x = (g.road.x[p] + g.road.x[p - 1]) / 2 * v.k + v.dx, y = v.dy - (g.road.y[p] + g.road.y[p - 1]) / 2 * v.k;
      const near = done.get(line.text) || [];
      if (near.some(function (o) { return Math.hypot(o[0] - x, o[1] - y) < 350; })) continue;
      let angle = -Math.atan2(best[2], best[1]);
      if (angle > Math.PI / 2) angle -= Math.PI;
      if (angle < -Math.PI / 2) angle += Math.PI;
      const w = Math.abs(wide * Math.cos(angle)) + 10, h = Math.abs(wide * Math.sin(angle)) + 12;
      if (!this._take(x, y, w, h)) continue;
      near.push([x, y]); done.set(line.text, near);
      ctx.save(); ctx.translate(x, y); ctx.rotate(angle);
      this._write(line, 0, 0);
      ctx.restore();
    }
  }

  _objects() {
    const places = this.painter.places, v = this.view;
    if (!places || !this.state.show.places || v.metres > 1) return;
    for (const objects of [places.institution, places.facility]) {
      for (let i = 0; i < objects.length; i++) {
        const x = objects.x[i] * v.k + v.dx, y = v.dy - objects.y[i] * v.k - (objects === places.facility ? 10 : 0);
        const line = { text: objects.name[i], size: 10, colour: objects === places.facility ? "#1F4E79" : "#34502F" };
        if (!line.text || x < 0 || y < 0 || x > v.width || y > v.height) continue;
        if (this._take(x, y, this._width(line), 11)) this._write(line, x, y);
      }
    }
  }
};

GP.number = function (n) { return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ","); };
