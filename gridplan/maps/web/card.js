// Cards: what is known about a grid, a community or a unit, as elements without any markup in texts.
"use strict";

// An element with attributes and children; texts become text nodes and never markup.
GP.el = function (tag, attributes, children) {
  const node = document.createElement(tag);
  for (const key of Object.keys(attributes || {})) {
    const value = attributes[key];
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  for (const child of children || []) if (child !== null) node.append(child);
  return node;
};

GP.Cards = class {
  constructor(app) { this.app = app; this.box = document.getElementById("card"); }

  show(nodes) { this.box.replaceChildren.apply(this.box, nodes.filter(Boolean)); }

  empty() { this.show([GP.el("p", { class: "hint" }, [this.app.w("card_empty")])]); }

  _facts(rows) {
    const list = GP.el("dl");
    for (const row of rows) if (row) list.append(GP.el("dt", {}, [row[0]]), GP.el("dd", {}, [row[1]]));
    return list;
  }

  _badge(status) {
    const name = GP.STATUS[status];
    return GP.el("span", { class: "badge " + name }, [this.app.w(name)]);
  }

  _gauge(households) {
    const r = this.app.plan.head.range, top = Math.max(r[1] * 1.3, households * 1.05);
    const at = function (h) { return 100 * h / top + "%"; };
    const span = GP.el("b"), mark = GP.el("i");
    span.style.left = at(r[0]); span.style.width = 100 * (r[1] - r[0]) / top + "%";
    mark.style.left = at(households);
    const ends = r.map(function (h) {
      const label = GP.el("span", {}, [String(h)]);
      label.style.left = at(h);
      return label;
    });
    return GP.el("div", { class: "gauge", "aria-hidden": "true" }, [span, mark].concat(ends));
  }

  _chip(text, go, label) {
    return GP.el("button", { type: "button", onclick: go, "aria-label": label }, [text]);
  }

  _findings(list) {
    const found = this.app.painter.places && this.app.painter.places.finding, zh = this.app.language === "zh";
    if (!list || !list.length) return null;
    return GP.el("div", {}, [
      GP.el("h3", {}, [this.app.w("findings")]),
      GP.el("ul", { class: "findings" }, list.slice(0, 40).map(function (i) {
        return GP.el("li", {}, [(zh && found.message_zh[i]) || found.message[i]]);
      })),
    ]);
  }

  _percent(value) { return (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(Math.round(value * 100)) + " %"; }

  grid(g, unit) {
    const app = this.app, plan = app.plan, w = app.w, grids = plan.grids, h = grids.households[g];
    const c = grids.community[g], street = plan.communities.street[c], zoom = app.zoomTo.bind(app);
    const name = grids.name[g] && grids.name[g] !== grids.code[g] ? grids.name[g] : "";
    const units = plan.unitsOf(g), places = app.painter.places;
    const parents = [plan.communities.name[c], street >= 0 ? plan.streets.name[street] : ""];
    this.show([
      unit >= 0 ? this._unit(unit) : null,
      GP.el("h2", {}, [w("grid") + " " + grids.code[g]]),
      GP.el("p", { class: "sub" }, [[name].concat(parents).filter(Boolean).join(" · ")]),
      this._gauge(h),
      this._facts([
        [w("households") + " (" + w(plan.head.basis) + ")", GP.number(h)],
        [w("status"), this._badge(grids.status[g])],
        [w("range"), plan.head.range.join("–")],
        grids.unit[g] ? null : [w("deviation", plan.head.target), this._percent(plan.deviation(h))],
        [w("kind"), w(grids.unit[g] ? "unit_grid" : "residential")],
        [w("area"), w("ha", (grids.area[g] / 10000).toFixed(1))],
        units.length ? [w("n_units"), GP.number(units.length)] : null,
      ]),
      this._zones(g),
      this._findings(places ? places.byGrid.get(g) : null),
      GP.el("h3", {}, [w("neighbours")]),
      GP.el("div", { class: "chips" }, plan.neighbours[g].map(function (pair) {
        const other = pair[0], same = grids.community[other] === c;
        return this._chip(same ? plan.tail(other) : grids.code[other],
          function () { app.pickGrid(other, -1, true); }, w("grid") + " " + grids.code[other]);
      }, this)),
      this._unitList(units),
      GP.el("p", { class: "chips hint" }, [
        this._chip(w("zoom"), function () { zoom(grids.shape.boxOf(g)); }),
        app.state.level !== "community"
          ? this._chip(w("open_community"), function () { app.openCommunity(c); }) : null,
      ]),
    ]);
  }

  _zones(g) {
    const plan = this.app.plan, w = this.app.w, grids = plan.grids;
    const none = plan.head.layers.every(function (_, i) { return !grids.main[i][g]; });
    if (none && (grids.unit[g] || !plan.head.layers.length)) return null;
    const head = ["zones_of", "main_zone", "share", "zones"].map(function (key) {
      return GP.el("th", { scope: "col" }, [w(key)]);
    });
    const rows = plan.head.layers.map(function (layer, i) {
      const main = grids.main[i][g], count = grids.zones[i][g];
      const share = main ? Math.round(grids.share[i][g] / 10) + " %" : "–";
      return GP.el("tr", {}, [
        GP.el("td", {}, [layer.name]), GP.el("td", {}, [main ? layer.zones[main - 1] : "–"]),
        GP.el("td", {}, [share]), GP.el("td", {}, [String(count)]),
      ]);
    });
    return GP.el("div", {}, [GP.el("h3"), GP.el("table", {}, [
      GP.el("thead", {}, [GP.el("tr", {}, head)]), GP.el("tbody", {}, rows)])]);
  }

  _unitList(units) {
    if (!units.length) return null;
    const app = this.app, u = app.plan.units, chips = GP.el("div", { class: "chips" });
    const list = GP.el("details", { ontoggle: function () {
      if (!list.open || chips.firstChild) return;
      for (const unit of units.slice(0, 600)) {
        chips.append(GP.el("button", { type: "button", onclick: function () { app.pickUnit(unit, true); } },
          [u.id[unit] + " · " + u.households[unit]]));
      }
    } }, [GP.el("summary", {}, [app.w("units_of", GP.number(units.length))]), chips]);
    return list;
  }

  _unit(unit) {
    const app = this.app, w = app.w, u = app.plan.units, layers = app.plan.head.layers;
    const zones = layers.map(function (layer, i) {
      const zone = u.zone[i][unit];
      return zone ? layer.name + " " + layer.zones[zone - 1] : "";
    }).filter(Boolean);
    const what = app.state.what;
    return GP.el("div", { class: "unit" }, [
      GP.el("h3", {}, [w("unit")]),
      GP.el("h2", {}, [u.id[unit]]),
      GP.el("p", { class: "sub" }, [w("n_households", GP.number(u.households[unit]))]),
      zones.length ? GP.el("p", { class: "hint" }, [zones.join(" · ")]) : null,
      what ? GP.el("p", { class: "chips" }, [this._chip(w(what.marked.has(unit) ? "unmark" : "mark"),
        function () { app.mark(unit); })]) : null,
      GP.el("hr"),
    ]);
  }

  community(c) {
    const app = this.app, plan = app.plan, w = app.w, rows = plan.communities;
    const grids = plan.gridsOf[c], street = rows.street[c], places = app.painter.places;
    const inside = grids.filter(function (g) { return plan.grids.status[g] === 0; }).length;
    const counted = grids.filter(function (g) { return plan.grids.status[g] !== 3; }).length;
    const proof = ["optimal", "feasible", "breach", "breach_least"][rows.proof[c]], gap = rows.gap[c];
    const result = proof !== "feasible" ? w(proof)
      : gap >= 0 && gap < 500 ? w("feasible", (gap / 10).toFixed(1)) : w("no_bound");
    const codes = rows.code[c] === rows.name[c] ? [] : [rows.code[c]];
    this.show([
      GP.el("h2", {}, [rows.name[c]]),
      GP.el("p", { class: "sub" }, [codes.concat(street >= 0 ? [plan.streets.name[street]] : []).filter(Boolean).join(" · ")]),
      this._facts([
        [w("households") + " (" + w(plan.head.basis) + ")", GP.number(rows.households[c])],
        [w("grids"), GP.number(grids.length)],
        [w("grids_in_range"), w("of", inside, counted)],
        [w("result"), result],
      ]),
      this._findings(places ? places.byCommunity.get(c) : null),
      GP.el("h3", {}, [w("grids_of")]),
      GP.el("div", { class: "chips" }, grids.map(function (g) {
        return this._chip(plan.tail(g) + " · " + plan.grids.households[g],
          function () { app.setLevel("street"); app.pickGrid(g, -1, true); }, w("grid") + " " + plan.grids.code[g]);
      }, this)),
      GP.el("p", { class: "chips hint" }, [
        this._chip(w("zoom"), function () { app.zoomTo(rows.shape.boxOf(c)); }),
        this._chip(w("open_community"), function () { app.openCommunity(c); }),
      ]),
    ]);
  }
};
