// The page: state, map, events, and the packs opened one after another.
"use strict";

GP.App = class {
  constructor(pack, words) {
    this.plan = new GP.Plan(pack);
    this.words = words;
    this.language = this.plan.head.language;
    const self = this;
    this.w = function (key) {
      const values = arguments, one = values[1] === 1 || values[1] === "1" ? words[self.language]["one_" + key] : "";
      return (one || words[self.language][key]).replace(/\{(\d)\}/g, function (_, i) { return values[Number(i) + 1]; });
    };
    this.state = {
      level: this.plan.communities.length > 1 ? "street" : "community", street: -1, community: -1,
      colour: "map", layer: -1, hover: -1, grid: -1, unit: -1, picked: -1, what: null,
      show: { grids: true, units: true, roads: true, places: false, findings: true },
    };
    this.painter = new GP.Painter(this.plan, this.state, this.w);
    this._map();
    this.cards = new GP.Cards(this);
    this.search = new GP.Search(this);
    this.table = new GP.GridTable(this);
    this.about = new GP.Dialog("about", "about-open", this._about.bind(this));
    this.whatif = new GP.WhatIfPanel(this);
    this._legend = new GP.Legend(this);
    this._controls();
    this.translate();
  }

  _map() {
    const plan = this.plan, all = plan.communities.shape.bounds;
    const map = this.map = L.map("map", {
      crs: L.CRS.Simple, zoomSnap: 0.1, zoomDelta: 0.5, wheelPxPerZoomLevel: 90, minZoom: -9, maxZoom: 5,
      attributionControl: false, zoomControl: false, doubleClickZoom: false, inertia: false,
    });
    L.control.zoom({ position: "topleft" }).addTo(map);
    L.control.scale({ position: "bottomright", imperial: false, maxWidth: 160 }).addTo(map);
    this.zoomTo(all, true);
    map.setMinZoom(map.getZoom() - 1.5);
    const margin = 0.6 * Math.max(all[2] - all[0], all[3] - all[1]);
    map.setMaxBounds(this._box([all[0] - margin, all[1] - margin, all[2] + margin, all[3] + margin]));
    this.scene = new GP.Scene(this.painter.paint).addTo(map);
    map.on("mousemove", this._hover, this);
    map.on("mouseout", function () { this._setHover(-1); }, this);
    map.on("zoomend", function () { this._legend.zoomed(); }, this);
    map.on("click", function (e) { this.pickAt(e.latlng); }, this);
    map.on("dblclick", function (e) { map.setZoomAround(e.latlng, map.getZoom() + 1); });
    const box = map.getContainer();
    box.addEventListener("keydown", function (e) {
      box.classList.add("keyed");
      if (e.key === "Enter" && e.target === box) this.pickAt(map.getCenter());
    }.bind(this));
    box.addEventListener("mousedown", function () { box.classList.remove("keyed"); });
    window.addEventListener("beforeprint", this._beforePrint.bind(this));
    window.addEventListener("afterprint", this._afterPrint.bind(this));
  }

  _box(b) { return L.latLngBounds([b[1] / GP.STEPS, b[0] / GP.STEPS], [b[3] / GP.STEPS, b[2] / GP.STEPS]); }

  zoomTo(box, now) {
    if (box[0] > box[2]) return;
    // Beside the legend, where the window is wide enough for both.
    const left = this.map.getSize().x > 800 ? 190 : 24;
    this.map.fitBounds(this._box(box), {
      paddingTopLeft: [left, 24], paddingBottomRight: [36, 24], animate: now ? false : undefined, maxZoom: 3,
    });
  }

  // --- picking ---------------------------------------------------------------------------------

  _at(latlng) { return [latlng.lng * GP.STEPS, latlng.lat * GP.STEPS]; }

  pickAt(latlng) {
    const at = this._at(latlng), plan = this.plan;
    if (this.state.level === "district") {
      const c = plan.communities.shape.find(at[0], at[1]);
      return c < 0 ? this.clear() : this.pickCommunity(c, false);
    }
    let grid = plan.grids.shape.find(at[0], at[1]);
    const near = this.state.level === "community" && this.map.getZoom() > -2.5;
    const unit = plan.units && (near || this.state.what) ? plan.unitAt(at[0], at[1]) : -1;
    if (unit >= 0) grid = plan.units.grid[unit];
    if (grid < 0) return this.clear();
    if (this.state.what && unit >= 0) { this.state.grid = grid; this.state.unit = -1; this.mark(unit); this.cards.grid(grid, unit); return undefined; }
    return this.pickGrid(grid, unit, false);
  }

  clear() {
    this.state.grid = this.state.unit = this.state.picked = -1;
    this.refresh();
  }

  pickGrid(grid, unit, zoom) {
    const s = this.state, c = this.plan.grids.community[grid];
    s.grid = grid; s.unit = unit === undefined ? -1 : unit; s.picked = c;
    if (s.level === "district") this.setLevel("street");
    if (s.level === "street" && s.street >= 0 && this.plan.communities.street[c] !== s.street) this._focus(-1);
    if (s.level === "community" && s.community >= 0 && c !== s.community) this._focus(c);
    if (zoom) this._bring(this.plan.grids.shape.boxOf(grid));
    this.refresh();
  }

  pickUnit(unit, zoom) {
    const grid = this.plan.units.grid[unit];
    if (this.state.level !== "community") this.setLevel("community");
    this.pickGrid(grid, unit, false);
    if (zoom) this._bring(this.plan.unitBox(unit), 1.5);
  }

  pickCommunity(c, zoom) {
    this.state.picked = c; this.state.grid = this.state.unit = -1;
    if (zoom) {
      this.setLevel("district");
      this.state.picked = c;
      this.zoomTo(this.plan.communities.shape.boxOf(c));
    }
    this.refresh();
  }

  // Brings a box into view, with its surroundings.
  _bring(box, most) {
    const dx = (box[2] - box[0]) * 0.6, dy = (box[3] - box[1]) * 0.6;
    const bounds = this._box([box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy]);
    this.map.fitBounds(bounds, { maxZoom: most || 2, animate: false });
  }

  mark(unit) {
    this.state.what.mark(unit);
    this.whatif.changed();
  }

  refreshCard() {
    const s = this.state;
    if (s.grid >= 0) this.cards.grid(s.grid, s.unit);
    else if (s.picked >= 0) this.cards.community(s.picked);
    else this.cards.empty();
  }

  refresh() { this.refreshCard(); this.scene.redrawOnly("mark"); }

  _hover(e) {
    const at = this._at(e.latlng), plan = this.plan, district = this.state.level === "district";
    const found = (district ? plan.communities : plan.grids).shape.find(at[0], at[1]);
    this._setHover(found, e.containerPoint);
  }

  _setHover(found, point) {
    const tip = document.getElementById("tip"), plan = this.plan, s = this.state;
    tip.hidden = found < 0;
    if (found >= 0) {
      const level = s.level === "district" ? plan.communities : plan.grids;
      const name = s.level === "district" ? level.name[found] : level.code[found];
      tip.textContent = name + " · " + this.w("n_households", GP.number(level.households[found]));
      const right = point.x > this.map.getSize().x - 260;
      tip.style.left = right ? "auto" : point.x + 14 + "px";
      tip.style.right = right ? this.map.getSize().x - point.x + 14 + "px" : "auto";
      tip.style.top = point.y + 16 + "px";
    }
    if (found === s.hover) return;
    s.hover = found;
    this.scene.redrawOnly("mark");
  }

  // --- controls --------------------------------------------------------------------------------

  _on(id, event, act) { document.getElementById(id).addEventListener(event, act.bind(this)); }

  _controls() {
    for (const input of document.querySelectorAll("#levels input")) {
      input.addEventListener("change", function () { this.setLevel(input.value); }.bind(this));
    }
    this._on("place", "change", function (e) { this.setPlace(Number(e.target.value)); });
    this._on("colour", "change", function (e) { this.state.colour = e.target.value; this._recolour(); });
    this._on("layer", "change", function (e) { this.state.layer = Number(e.target.value); this._recolour(); });
    this._on("print", "click", function () { window.print(); });
    this._on("language", "click", function () {
      this.language = this.language === "zh" ? "en" : "zh";
      this.translate();
    });
  }

  _recolour() {
    document.getElementById("layer-row").hidden = this.state.colour !== "alignment";
    this.scene.redraw();
    this.legend();
  }

  legend() { this._legend.draw(); }

  setLevel(level) {
    const s = this.state;
    if (s.what && level !== "community") this.whatif.toggle();
    s.level = level; s.hover = -1;
    if (level === "community" && s.community < 0 && s.picked >= 0) s.community = s.picked;
    if (level === "district") s.grid = s.unit = -1;
    document.querySelector('#levels input[value="' + level + '"]').checked = true;
    this._places();
    this._zoomFocus();
    this.legend();
    this.scene.redraw();
    this.refreshCard();
  }

  setPlace(i) { this._focus(i); this._zoomFocus(); }

  _focus(i) {
    const s = this.state;
    if (s.level === "street") s.street = i; else s.community = i;
    document.getElementById("place").value = String(i);
    this.scene.redraw();
  }

  _zoomFocus() {
    const s = this.state, plan = this.plan;
    if (s.level === "community" && s.community >= 0) this.zoomTo(plan.communities.shape.boxOf(s.community));
    else if (s.level === "street" && s.street >= 0) this.zoomTo(plan.streets.shape.boxOf(s.street));
    else this.zoomTo(plan.communities.shape.bounds);
  }

  openCommunity(c) {
    const grid = this.state.grid;
    this.state.community = c; this.state.picked = c;
    this.setLevel("community");
    if (grid >= 0) { this.state.grid = grid; this.refresh(); }
  }

  _options(id, pairs, chosen) {
    const select = document.getElementById(id);
    select.replaceChildren.apply(select, pairs.map(function (pair) {
      return GP.el("option", { value: String(pair[0]) }, [pair[1]]);
    }));
    select.value = String(chosen);
  }

  _places() {
    const s = this.state, plan = this.plan, w = this.w;
    document.getElementById("place-row").hidden = s.level === "district";
    const level = s.level === "street" ? plan.streets : plan.communities;
    const pairs = [[-1, w("everything")]];
    for (let i = 0; i < level.length; i++) pairs.push([i, level.name[i] || level.code[i]]);
    this._options("place", pairs, s.level === "street" ? s.street : s.community);
  }

  // --- language --------------------------------------------------------------------------------

  translate() {
    const w = this.w, head = this.plan.head, s = this.state;
    document.documentElement.lang = this.language;
    for (const node of document.querySelectorAll("[data-w]")) node.textContent = w(node.dataset.w);
    for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", w(node.dataset.label));
    for (const node of document.querySelectorAll("[data-hint]")) node.placeholder = w(node.dataset.hint);
    document.getElementById("language").textContent = w("other_language");
    const households = this.plan.communities.households.reduce(function (a, b) { return a + b; }, 0);
    document.getElementById("subtitle").textContent = [
      w("n_communities", GP.number(this.plan.communities.length)), w("n_grids", GP.number(this.plan.grids.length)),
      w("n_households", GP.number(households)) + " (" + w(head.basis) + ")",
    ].join(" · ");
    document.getElementById("small-print").textContent = [
      w("crs", head.crs), w("source", head.project), w("date", head.date), w("drawn", head.version),
    ].join(" · ");
    this._options("colour", ["map", "households", "deviation", "alignment", "status"].filter(function (c) {
      return c !== "alignment" || head.layers.length;
    }).map(function (c) { return [c, w("by_" + c)]; }), s.colour);
    this._options("layer", [[-1, w("lowest")]].concat(head.layers.map(function (l, i) { return [i, l.name]; })), s.layer);
    document.getElementById("layer-row").hidden = s.colour !== "alignment";
    document.querySelector('#levels input[value="' + s.level + '"]').checked = true;
    this._layers();
    this._places();
    this.legend();
    this.whatif.draw();
    this.refreshCard();
    this.scene.redraw();
  }

  _layers() {
    const w = this.w, s = this.state, box = document.getElementById("shown");
    const names = [["grids", w("grids")], ["units", w("units")], ["roads", w("roads")], ["places", w("places")], ["findings", w("findings")]];
    this.plan.head.layers.forEach(function (layer, i) { names.push(["zone" + i, layer.name]); });
    const rows = names.map(function (pair) {
      const input = GP.el("input", { type: "checkbox", "data-layer": pair[0], onchange: function () {
        s.show[pair[0]] = input.checked;
        this.scene.redraw(); this.legend();
      }.bind(this) });
      input.checked = Boolean(s.show[pair[0]]);
      return GP.el("label", {}, [input, pair[1]]);
    }, this);
    box.replaceChildren.apply(box, rows);
  }

  _about() {
    const w = this.w, box = document.getElementById("about-text");
    box.replaceChildren(GP.el("p", {}, [w("about_text")]), GP.el("p", {}, [w("drawn", this.plan.head.version)]),
      GP.el("p", {}, [w("leaflet", L.version)]));
  }

  // --- print -----------------------------------------------------------------------------------

  _beforePrint() {
    this._shown = [this.map.getCenter(), this.map.getZoom()];
    const bounds = this.map.getBounds();
    document.body.classList.add("printing");
    this.map.invalidateSize({ animate: false, pan: false });
    this.scene.PAD = 0;
    this.map.fitBounds(bounds, { animate: false });
    this.scene.paper(2.5);
  }

  _afterPrint() {
    document.body.classList.remove("printing");
    this.map.invalidateSize({ animate: false, pan: false });
    this.scene.PAD = GP.Scene.prototype.PAD;
    this.map.setView(this._shown[0], this._shown[1], { animate: false });
    this.scene.paper(0);
  }

  // --- the rest of the data --------------------------------------------------------------------

  // Opens the packs that stand after the script, one a turn, so that clicks are answered between.
  load() {
    const blocks = Array.from(document.querySelectorAll("script[data-pack]")), self = this, total = blocks.length;
    const busy = document.getElementById("busy");
    function next() {
      const block = blocks.shift();
      if (!block) { busy.textContent = ""; self._loaded(); return; }
      busy.textContent = self.w("loading", Math.round(100 * (1 - blocks.length / total)));
      GP.open(block.textContent).then(function (pack) {
        self["_take_" + block.dataset.pack](pack);
        block.remove();
        setTimeout(next, 0);
      }).catch(function (error) { busy.textContent = String(error); throw error; });
    }
    next();
  }

  _take_ground(pack) {
    const c = pack.columns;
    this.painter.ground = {
      water: new GP.Shapes(c, "water"), waterArea: c["water.area"], rail: new GP.Shapes(c, "rail"), railArea: c["rail.area"],
      road: new GP.Shapes(c, "road"), rank: c["road.rank"], name: c["road.name"], names: pack.values["road.names"],
    };
    this.scene.redraw();
  }

  _take_units(pack) {
    this.plan.addUnits(pack);
  }

  _take_edges(pack) {
    this.plan.addEdges(pack);
    this.scene.redraw();
    this.whatif.ready();
    this.refreshCard();
  }

  _take_buildings(pack) {
    this.painter.buildings.push(new GP.Shapes(pack.columns, "shape"));
    if (pack.values.id) (this.painter.named = this.painter.named || []).push({ id: pack.values.id, grid: pack.columns.grid });
  }

  _take_zones(pack) {
    const c = pack.columns;
    this.painter.zones = this.plan.head.layers.map(function (_, i) {
      return { names: pack.values["names." + i], shape: new GP.Shapes(c, "shape." + i), x: c["spot.x." + i], y: c["spot.y." + i], r: c["spot.r." + i] };
    });
  }

  _take_places(pack) {
    const v = pack.values, c = pack.columns, plan = this.plan, places = { byGrid: new Map(), byCommunity: new Map() };
    for (const name of ["facility", "institution"]) {
      places[name] = { name: v[name + ".name"], grid: c[name + ".grid"], x: c[name + ".x"], y: c[name + ".y"], shape: new GP.Shapes(c, name + ".shape"), length: v[name + ".name"].length };
    }
    const f = places.finding = { severity: v["finding.severity"], message: v["finding.message"], message_zh: v["finding.message_zh"], x: [], y: [], length: v["finding.message"].length };
    const note = function (map, key, i) { if (key >= 0) { if (!map.has(key)) map.set(key, []); map.get(key).push(i); } };
    for (let i = 0; i < f.length; i++) {
      const unit = c["finding.unit"][i], home = c["finding.community"][i];
      let grid = c["finding.grid"][i];
      if (grid < 0 && unit >= 0) grid = plan.units.grid[unit];
      note(places.byGrid, grid, i);
      note(places.byCommunity, grid >= 0 ? plan.grids.community[grid] : home, i);
      const box = unit >= 0 ? plan.unitBox(unit) : null;
      const spot = box ? [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
        : grid >= 0 ? [plan.grids.x[grid], plan.grids.y[grid]]
          : home >= 0 ? [plan.communities.x[home], plan.communities.y[home]] : [null, null];
      f.x.push(spot[0]); f.y.push(spot[1]);
    }
    this.painter.places = places;
  }

  _loaded() {
    this.legend();
    this.scene.redraw();
    this.refreshCard();
    const code = decodeURIComponent(location.hash.slice(1));
    const found = code ? this.plan.grids.code.indexOf(code) : -1;
    if (found >= 0) this.pickGrid(found, -1, true);
    GP.times.loaded = performance.now();
    document.body.dataset.ready = "yes";
  }
};

GP.times = {};
GP.start = function () {
  const words = JSON.parse(new TextDecoder().decode(GP.bytesOf(document.getElementById("words").textContent)));
  const first = document.querySelector('script[data-pack="first"]');
  const pack = GP.openNow(first.textContent);
  first.remove();
  const app = GP.app = new GP.App(pack, words);
  requestAnimationFrame(function () { setTimeout(function () { GP.times.grids = performance.now(); }, 0); });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", app.load.bind(app));
  else app.load();
};
GP.start();
