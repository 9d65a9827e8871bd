// The plan in the page: streets, communities, grids, units, and who neighbours whom.
"use strict";

GP.STATUS = ["in", "under", "over", "exempt"];

GP.Plan = class {
  constructor(pack) {
    const v = pack.values, c = pack.columns;
    this.head = v.head;
    GP.STEPS = v.head.per_metre;
    this.streets = this._level(v, c, "street");
    this.communities = this._level(v, c, "community");
    this.grids = this._level(v, c, "grid");
    this.communities.street = c["community.street"];
    this.communities.households = c["community.households"];
    this.communities.proof = c["community.proof"];
    this.communities.gap = c["community.gap"];
    this.communities.colour = c["community.colour"];
    const g = this.grids;
    for (const key of ["community", "unit", "households", "status", "area", "colour"]) {
      g[key] = c["grid." + key];
    }
    g.main = []; g.share = []; g.zones = [];
    this.head.layers.forEach(function (_, i) {
      g.main.push(c["grid.main." + i]);
      g.share.push(c["grid.share." + i]);
      g.zones.push(c["grid.zones." + i]);
    });
    this._neighbours(c["border.a"], c["border.b"], c["border.m"]);
    this._members();
    this.chunks = [];
    this.unitCount = 0;
    this.edges = null;
  }

  _level(v, c, name) {
    return {
      code: v[name + ".code"], name: v[name + ".name"], shape: new GP.Shapes(c, name + ".shape"),
      x: c[name + ".spot.x"], y: c[name + ".spot.y"], r: c[name + ".spot.r"],
      length: v[name + ".code"].length,
    };
  }

  _neighbours(a, b, m) {
    this.neighbours = this.grids.code.map(function () { return []; });
    for (let i = 0; i < a.length; i++) {
      this.neighbours[a[i]].push([a[i] + b[i], m[i]]);
      this.neighbours[a[i] + b[i]].push([a[i], m[i]]);
    }
  }

  // Grids of every community and communities of every street, in order.
  _members() {
    this.gridsOf = this.communities.code.map(function () { return []; });
    for (let g = 0; g < this.grids.length; g++) this.gridsOf[this.grids.community[g]].push(g);
    this.communitiesOf = this.streets.code.map(function () { return []; });
    for (let c = 0; c < this.communities.length; c++) {
      const street = this.communities.street[c];
      if (street >= 0) this.communitiesOf[street].push(c);
    }
  }

  // Takes in a chunk of units; chunks come in order.
  addUnits(pack) {
    const c = pack.columns, n = pack.values.id.length, total = this.head.units;
    if (!this.units) {
      this.units = {
        id: [], grid: new Int32Array(total), households: new Int32Array(total),
        block: new Int32Array(total), zone: [],
      };
      this.head.layers.forEach(function () { this.units.zone.push(new Int32Array(total)); }, this);
      this.firstUnit = new Int32Array(this.grids.length + 1).fill(-1);
    }
    const u = this.units, start = pack.values.start;
    for (const id of pack.values.id) u.id.push(id);
    u.grid.set(c.grid, start);
    u.households.set(c.households, start);
    u.block.set(c.block, start);
    u.zone.forEach(function (column, i) { column.set(c["zone." + i], start); });
    this.chunks.push({ start: start, shape: new GP.Shapes(c, "cell") });
    this.unitCount = start + n;
  }

  addEdges(pack) {
    const a = pack.columns.a, d = pack.columns.b, m = pack.columns.m, n = this.head.units;
    const start = new Int32Array(n + 1), to = new Int32Array(2 * a.length);
    const metres = new Float32Array(2 * a.length);
    for (let i = 0; i < a.length; i++) { start[a[i] + 1]++; start[a[i] + d[i] + 1]++; }
    for (let i = 0; i < n; i++) start[i + 1] += start[i];
    const at = start.slice();
    for (let i = 0; i < a.length; i++) {
      const b = a[i] + d[i];
      metres[at[a[i]]] = m[i] + 0.5; to[at[a[i]]++] = b;
      metres[at[b]] = m[i] + 0.5; to[at[b]++] = a[i];
    }
    this.edges = { start: start, to: to, metres: metres };
  }

  chunkOf(unit) {
    let low = 0, high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.chunks[middle].start <= unit) low = middle; else high = middle - 1;
    }
    return this.chunks[low];
  }

  // Box of a unit's cell.
  unitBox(unit) {
    const chunk = this.chunkOf(unit);
    return chunk.shape.boxOf(unit - chunk.start);
  }

  unitAt(x, y) {
    for (const chunk of this.chunks) {
      const found = chunk.shape.find(x, y);
      if (found >= 0) return chunk.start + found;
    }
    return -1;
  }

  // Units of a grid as the plan has them, ascending: they stand together.
  unitsOf(grid) {
    const found = [];
    if (!this.units) return found;
    let low = 0, high = this.unitCount;
    const of = this.units.grid;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (of[middle] < grid) low = middle + 1; else high = middle;
    }
    for (let u = low; u < this.unitCount && of[u] === grid; u++) found.push(u);
    return found;
  }

  // First and last + 1 unit of a community.
  unitRange(community) {
    const grids = this.gridsOf[community];
    const first = this.unitsOf(grids[0]);
    const low = first.length ? first[0] : 0;
    let high = low;
    while (high < this.unitCount && this.grids.community[this.units.grid[high]] === community) high++;
    return [low, high];
  }

  range() { return this.head.range; }

  statusOf(grid, households) {
    if (this.grids.unit[grid]) return 3;
    const r = this.head.range;
    return households < r[0] ? 1 : households > r[1] ? 2 : 0;
  }

  deviation(households) { return (households - this.head.target) / this.head.target; }

  // Share of the main zone (0..1000): of one layer, or the lowest of all layers; -1 where unknown.
  alignment(grid, layer) {
    const g = this.grids;
    if (layer >= 0) return g.zones[layer][grid] ? g.share[layer][grid] : -1;
    let least = -1;
    for (let i = 0; i < g.share.length; i++) {
      if (g.zones[i][grid] && (least < 0 || g.share[i][grid] < least)) least = g.share[i][grid];
    }
    return least;
  }

  // The part of a grid's code that its community's code does not say already.
  tail(grid) {
    const code = this.grids.code[grid], parent = this.communities.code[this.grids.community[grid]];
    if (parent && code.startsWith(parent)) {
      return code.slice(parent.length).replace(/^[-_./ ]+/, "") || code;
    }
    return code;
  }
};
