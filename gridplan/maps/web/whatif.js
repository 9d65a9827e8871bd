// The what-if: units marked and moved, everything that follows measured at once.
"use strict";

GP.WhatIf = class {
  constructor(plan) {
    this.plan = plan;
    this.grid = plan.units.grid.slice();
    this.marked = new Set();
    this.history = [];
  }

  get moved() {
    const found = [], was = this.plan.units.grid;
    for (let u = 0; u < was.length; u++) if (this.grid[u] !== was[u]) found.push(u);
    return found;
  }

  // A unit with everything that stays with it.
  blockOf(unit) {
    const block = this.plan.units.block;
    if (!block[unit]) return [unit];
    const range = this.plan.unitRange(this.communityOf(unit));
    const found = [];
    for (let u = range[0]; u < range[1]; u++) if (block[u] === block[unit]) found.push(u);
    return found;
  }

  communityOf(unit) { return this.plan.grids.community[this.plan.units.grid[unit]]; }

  // Marks a unit and its block, or takes the mark away; marks of another grid go.
  mark(unit) {
    const block = this.blockOf(unit);
    if (this.marked.has(unit)) {
      block.forEach(function (u) { this.marked.delete(u); }, this);
      return;
    }
    for (const other of this.marked) {
      if (this.grid[other] !== this.grid[unit]) { this.marked.clear(); break; }
    }
    block.forEach(function (u) { this.marked.add(u); }, this);
  }

  markedHouseholds() {
    let sum = 0;
    for (const u of this.marked) sum += this.plan.units.households[u];
    return sum;
  }

  // Grids that the marked units touch, those with the longest common border first.
  targets() {
    if (!this.marked.size) return [];
    const e = this.plan.edges, home = this.communityOf(Array.from(this.marked)[0]);
    const touch = new Map();
    for (const u of this.marked) {
      for (let k = e.start[u]; k < e.start[u + 1]; k++) {
        const v = e.to[k], g = this.grid[v];
        if (g === this.grid[u] || this.plan.grids.community[g] !== home) continue;
        touch.set(g, (touch.get(g) || 0) + e.metres[k]);
      }
    }
    return Array.from(touch.keys()).sort(function (a, b) { return touch.get(b) - touch.get(a) || a - b; });
  }

  move(target) {
    const step = Array.from(this.marked).map(function (u) { return [u, this.grid[u]]; }, this);
    step.forEach(function (pair) { this.grid[pair[0]] = target; }, this);
    this.history.push(step);
    this.marked.clear();
  }

  undo() {
    const step = this.history.pop();
    if (step) step.forEach(function (pair) { this.grid[pair[0]] = pair[1]; }, this);
    this.marked.clear();
  }

  reset() {
    this.grid = this.plan.units.grid.slice();
    this.history = [];
    this.marked.clear();
  }

  // Grids whose units differ from the plan's.
  changed() {
    const found = new Set();
    for (const u of this.moved) { found.add(this.plan.units.grid[u]); found.add(this.grid[u]); }
    return Array.from(found).sort(function (a, b) { return a - b; });
  }

  members(grid, of) {
    const range = this.plan.unitRange(this.plan.grids.community[grid]), found = [];
    for (let u = range[0]; u < range[1]; u++) if (of[u] === grid) found.push(u);
    return found;
  }

  // Households, status, parts over borders, and zones of a grid.
  measures(grid, of) {
    const units = this.members(grid, of), plan = this.plan;
    let households = 0;
    for (const u of units) households += plan.units.households[u];
    const status = units.length ? plan.statusOf(grid, households) : 0;
    return {
      units: units.length, households: households, status: status, parts: this._parts(units),
      zones: plan.units.zone.map(function (zone) { return GP.zonesOf(units, zone, plan.units.households); }),
    };
  }

  before(grid) { return this.measures(grid, this.plan.units.grid); }
  after(grid) { return this.measures(grid, this.grid); }

  // What a grid would be with the marked units; `give` is the grid that loses them.
  preview(target) {
    const kept = this.grid;
    this.grid = kept.slice();
    for (const u of this.marked) this.grid[u] = target;
    const first = Array.from(this.marked)[0];
    const found = { takes: this.after(target), gives: this.after(kept[first]) };
    this.grid = kept;
    return found;
  }

  _parts(units) {
    const e = this.plan.edges, left = new Set(units);
    let parts = 0;
    while (left.size) {
      parts++;
      const first = left.values().next().value, stack = [first];
      left.delete(first);
      while (stack.length) {
        const u = stack.pop();
        for (let k = e.start[u]; k < e.start[u + 1]; k++) {
          if (left.delete(e.to[k])) stack.push(e.to[k]);
        }
      }
    }
    return parts;
  }

  // Per layer: households whose grid has one zone, all households, and incidences no plan needs.
  alignment(community, of) {
    const plan = this.plan, range = plan.unitRange(community), max = plan.head.range[1];
    return plan.units.zone.map(function (zone) {
      const inGrid = new Map(), inZone = new Map(), total = new Map();
      let households = 0;
      for (let u = range[0]; u < range[1]; u++) {
        const h = plan.units.households[u], g = of[u];
        if (!h) continue;
        households += h;
        total.set(g, (total.get(g) || 0) + h);
        if (!zone[u]) continue;
        if (!inGrid.has(g)) inGrid.set(g, new Set());
        inGrid.get(g).add(zone[u]);
        inZone.set(zone[u], (inZone.get(zone[u]) || 0) + h);
      }
      let incidences = 0, needed = 0, one = 0;
      inGrid.forEach(function (zones, g) {
        incidences += zones.size;
        if (zones.size === 1) one += total.get(g);
      });
      inZone.forEach(function (h) { needed += Math.ceil(h / max); });
      return { households: households, one: one, excess: incidences - needed };
    });
  }

  // The unit that stands for a grid in a lock: the largest of those that were not moved.
  anchor(grid) {
    const units = this.members(grid, this.grid), was = this.plan.units.grid;
    const stay = units.filter(function (u) { return was[u] === grid; });
    const h = this.plan.units.households;
    return (stay.length ? stay : units).reduce(function (best, u) { return h[u] > h[best] ? u : best; });
  }

  // The moves as locks: kind, a, b, note (each moved unit lies in the grid of a unit that stayed).
  locks() {
    const lines = [["kind", "a", "b", "note"]], plan = this.plan;
    for (const u of this.moved) {
      const anchor = this.anchor(this.grid[u]);
      if (anchor === u) continue;
      const from = plan.grids.code[plan.units.grid[u]], to = plan.grids.code[this.grid[u]];
      lines.push(["in", plan.units.id[u], plan.units.id[anchor], "moved from " + from + " to " + to]);
    }
    return "\ufeff" + lines.map(function (line) { return line.map(GP.guarded).map(GP.quoted).join(","); }).join("\r\n") + "\r\n";
  }

  // Border of a grid as it is now: what only one of its cells has, as [x0, y0, x1, y1, ...].
  outline(grid) {
    const once = new Map(), plan = this.plan;
    for (const u of this.members(grid, this.grid)) {
      const chunk = plan.chunkOf(u);
      chunk.shape.segments(u - chunk.start, function (x0, y0, x1, y1) {
        const key = x0 < x1 || (x0 === x1 && y0 < y1)
          ? x0 + " " + y0 + " " + x1 + " " + y1 : x1 + " " + y1 + " " + x0 + " " + y0;
        if (once.has(key)) once.delete(key); else once.set(key, [x0, y0, x1, y1]);
      });
    }
    const flat = [];
    once.forEach(function (s) { flat.push(s[0], s[1], s[2], s[3]); });
    return flat;
  }
};

// Households of some units by zone, largest first: [[zone, households], ...].
GP.zonesOf = function (units, zone, households) {
  const sum = new Map();
  for (const u of units) {
    if (zone[u] && households[u]) sum.set(zone[u], (sum.get(zone[u]) || 0) + households[u]);
  }
  return Array.from(sum).sort(function (a, b) { return b[1] - a[1] || a[0] - b[0]; });
};

// A text that a spreadsheet would run, with an apostrophe before it; reading takes it away again.
GP.guarded = function (text) {
  const runs = /^'*(?:[\t\r\n]|[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20])/;
  const number = /^[+-]?[0-9]+(?:\.[0-9]+)?$/;
  return runs.test(text) && !number.test(text) ? "'" + text : String(text);
};

GP.quoted = function (text) { return '"' + String(text).replace(/"/g, '""') + '"'; };
