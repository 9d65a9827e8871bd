// The panel of the what-if.
"use strict";

GP.WhatIfPanel = class {
  constructor(app) {
    this.app = app;
    this.button = document.getElementById("whatif-on");
    this.body = document.getElementById("whatif-body");
    this.button.addEventListener("click", this.toggle.bind(this));
  }

  ready() { this.button.disabled = false; }

  toggle() {
    const app = this.app, on = !app.state.what;
    app.state.what = on ? (this.kept || new GP.WhatIf(app.plan)) : null;
    if (on) this.kept = app.state.what;
    this.button.setAttribute("aria-pressed", String(on));
    document.getElementById("map").classList.toggle("marking", on);
    this.body.hidden = !on;
    if (on && app.state.level !== "community") {
      const grid = app.state.grid;
      app.setLevel("community");
      if (grid >= 0) app.pickGrid(grid, -1, false);
    }
    this.changed();
  }

  changed() {
    this.app.painter.measure();
    this.draw();
    this.app.scene.redraw();
    this.app.legend();
    this.app.refreshCard();
  }

  _button(text, go, disabled) {
    return GP.el("button", { type: "button", onclick: go, disabled: disabled ? "" : null }, [text]);
  }

  _act(act) {
    const self = this;
    return function () { act(); self.changed(); };
  }

  draw() {
    const app = this.app, what = app.state.what, w = app.w;
    if (!what) return;
    const moved = what.moved.length;
    const parts = [
      GP.el("p", { class: "hint" }, [w("whatif_hint")]),
      what.marked.size ? this._marked(what) : null,
      moved ? GP.el("h3", {}, [w("moves", moved)]) : null,
      moved ? this._changes(what) : null,
      moved ? this._alignment(what) : null,
      GP.el("p", { class: "chips hint" }, [
        this._button(w("undo"), this._act(what.undo.bind(what)), !what.history.length),
        this._button(w("reset"), this._act(what.reset.bind(what)), !what.history.length),
        this._button(w("save"), this.save.bind(this), !moved),
      ]),
      moved ? GP.el("p", { class: "hint" }, [w("locks_hint")]) : null,
    ];
    this.body.replaceChildren.apply(this.body, parts.filter(Boolean));
  }

  _after(measures) {
    const w = this.app.w;
    if (!measures.units) return w("dissolved");
    const piece = measures.parts > 1 ? ", " + w("in_parts", measures.parts) : "";
    return w("n_households", GP.number(measures.households)) + " (" + w(GP.STATUS[measures.status]) + piece + ")";
  }

  _marked(what) {
    const app = this.app, w = app.w, plan = app.plan;
    const home = what.grid[Array.from(what.marked)[0]];
    const targets = what.targets().map(function (g) {
      const then = what.preview(g);
      return GP.el("button", { type: "button", onclick: this._act(function () { what.move(g); }), "data-grid": plan.grids.code[g] }, [
        plan.tail(g),
        GP.el("small", {}, [w("preview", this._after(then.takes), plan.tail(home), this._after(then.gives))]),
      ]);
    }, this);
    return GP.el("div", {}, [
      GP.el("p", {}, [w("marked", what.marked.size, GP.number(what.markedHouseholds()), plan.tail(home))]),
      GP.el("h3", {}, [w("move_to")]),
      targets.length ? GP.el("div", { class: "targets" }, targets) : GP.el("p", { class: "hint" }, [w("no_target")]),
    ]);
  }

  _table(caption, head, rows) {
    const cell = function (value) {
      return Array.isArray(value) ? GP.el("td", { class: value[1] }, [value[0]]) : GP.el("td", {}, [value]);
    };
    return GP.el("div", {}, [
      GP.el("h3", {}, [caption]),
      GP.el("table", {}, [
        GP.el("thead", {}, [GP.el("tr", {}, head.map(function (h) { return GP.el("th", { scope: "col" }, [h]); }))]),
        GP.el("tbody", {}, rows.map(function (row) { return GP.el("tr", {}, row.map(cell)); })),
      ]),
    ]);
  }

  _step(before, after, worse) {
    if (String(before) === String(after)) return String(after);
    return [before + " → " + after, worse === null ? "" : worse ? "bad" : "good"];
  }

  _changes(what) {
    const app = this.app, w = app.w, plan = app.plan;
    const sum = function (m) { return m.zones.reduce(function (n, z) { return n + z.length; }, 0); };
    const rows = what.changed().map(function (g) {
      const a = what.before(g), b = what.after(g);
      const status = w(b.units ? GP.STATUS[b.status] : "dissolved");
      return [
        plan.tail(g), this._step(a.households, b.households, null),
        b.status === 1 || b.status === 2 ? [status, "bad"] : status,
        b.parts > 1 ? [w("in_parts", b.parts), "bad"] : b.parts ? w("whole") : "–",
        this._step(sum(a), sum(b), sum(b) > sum(a)),
      ];
    }, this);
    const head = ["grid", "households", "range", "contiguity", "zones"].map(function (key) { return w(key); });
    return this._table(w("changed_grids"), head, rows);
  }

  _alignment(what) {
    const app = this.app, w = app.w, plan = app.plan, layers = plan.head.layers;
    const homes = new Set(what.changed().map(function (g) { return plan.grids.community[g]; }));
    if (!layers.length) return null;
    const share = function (m) { return m.households ? (100 * m.one / m.households).toFixed(1) : "–"; };
    return GP.el("div", {}, Array.from(homes).map(function (c) {
      const before = what.alignment(c, plan.units.grid), after = what.alignment(c, what.grid);
      const rows = layers.map(function (layer, i) {
        const a = before[i], b = after[i];
        return [layer.name, this._step(share(a) + " %", share(b) + " %", b.one < a.one),
          this._step(a.excess, b.excess, b.excess > a.excess)];
      }, this);
      const name = w("alignment", plan.communities.name[c]);
      return this._table(name, [w("layer"), w("one_zone"), w("needless")], rows);
    }, this));
  }

  save() {
    const blob = new Blob([this.app.state.what.locks()], { type: "text/csv;charset=utf-8" });
    const address = URL.createObjectURL(blob);
    const link = GP.el("a", { href: address, download: "locks.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(address); }, 1000);
  }
};
