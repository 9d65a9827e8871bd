// Polygons and lines of a pack: typed arrays that are drawn, hit and measured as they are.
"use strict";

GP.Shapes = class {
  constructor(columns, name) {
    const rings = columns[name + ".rings"], points = columns[name + ".points"];
    this.x = columns[name + ".x"];
    this.y = columns[name + ".y"];
    this.length = rings.length;
    this.ringStart = new Int32Array(rings.length + 1);
    for (let i = 0; i < rings.length; i++) this.ringStart[i + 1] = this.ringStart[i] + rings[i];
    this.pointStart = new Int32Array(points.length + 1);
    for (let r = 0; r < points.length; r++) this.pointStart[r + 1] = this.pointStart[r] + points[r];
    this.box = new Int32Array(4 * rings.length);
    this.bounds = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < rings.length; i++) this._measure(i);
  }

  _measure(i) {
    let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
    const from = this.pointStart[this.ringStart[i]], to = this.pointStart[this.ringStart[i + 1]];
    for (let p = from; p < to; p++) {
      const x = this.x[p], y = this.y[p];
      if (x < west) west = x;
      if (x > east) east = x;
      if (y < south) south = y;
      if (y > north) north = y;
    }
    if (from === to) { west = south = 0x3fffffff; east = north = -0x3fffffff; }
    this.box.set([west, south, east, north], 4 * i);
    const all = this.bounds;
    all[0] = Math.min(all[0], west); all[1] = Math.min(all[1], south);
    all[2] = Math.max(all[2], east); all[3] = Math.max(all[3], north);
  }

  // Whether the bounds of a feature meet a window [west, south, east, north].
  meets(i, w) {
    const b = this.box, k = 4 * i;
    return b[k] <= w[2] && b[k + 2] >= w[0] && b[k + 1] <= w[3] && b[k + 3] >= w[1];
  }

  boxOf(i) { return Array.from(this.box.subarray(4 * i, 4 * i + 4)); }

  // Adds a feature to the path of a canvas; view = {k, dx, dy}: pixels = x * k + dx, dy - y * k.
  // Points less than a pixel from the last one are left out.
  trace(ctx, i, view, open) {
    const k = view.k, dx = view.dx, dy = view.dy, x = this.x, y = this.y;
    for (let r = this.ringStart[i]; r < this.ringStart[i + 1]; r++) {
      const end = this.pointStart[r + 1];
      let p = this.pointStart[r], px = x[p] * k + dx, py = dy - y[p] * k;
      ctx.moveTo(px, py);
      for (p++; p < end; p++) {
        const nx = x[p] * k + dx, ny = dy - y[p] * k;
        if (p < end - 1 && Math.abs(nx - px) + Math.abs(ny - py) < 1) continue;
        ctx.lineTo(nx, ny);
        px = nx; py = ny;
      }
      if (!open) ctx.closePath();
    }
  }

  // Whether a place lies in a feature, by the even-odd rule.
  holds(i, px, py) {
    const k = 4 * i, b = this.box;
    if (px < b[k] || py < b[k + 1] || px > b[k + 2] || py > b[k + 3]) return false;
    let inside = false;
    for (let r = this.ringStart[i]; r < this.ringStart[i + 1]; r++) {
      const from = this.pointStart[r], to = this.pointStart[r + 1];
      for (let p = from, q = to - 1; p < to; q = p++) {
        const above = this.y[p] > py;
        if (above !== this.y[q] > py) {
          const cut = (this.x[q] - this.x[p]) * (py - this.y[p]) / (this.y[q] - this.y[p]);
          if (px < this.x[p] + cut) inside = !inside;
        }
      }
    }
    return inside;
  }

  // First feature that holds a place; -1 where none does.
  find(px, py) {
    const all = this.bounds;
    if (px < all[0] || py < all[1] || px > all[2] || py > all[3]) return -1;
    for (let i = 0; i < this.length; i++) if (this.holds(i, px, py)) return i;
    return -1;
  }

  // Calls back with every border segment of a feature as (x0, y0, x1, y1).
  segments(i, call) {
    for (let r = this.ringStart[i]; r < this.ringStart[i + 1]; r++) {
      const from = this.pointStart[r], to = this.pointStart[r + 1];
      for (let p = from, q = to - 1; p < to; q = p++) {
        call(this.x[q], this.y[q], this.x[p], this.y[p]);
      }
    }
  }
};
