// Search by code, name or building, and the list of grids as a table.
"use strict";

GP.Search = class {
  constructor(app) {
    this.app = app;
    this.input = document.getElementById("search");
    this.list = document.getElementById("hits");
    this.hits = [];
    this.at = -1;
    this.input.addEventListener("input", this.look.bind(this));
    this.input.addEventListener("keydown", this._key.bind(this));
    this.input.addEventListener("blur", function () { setTimeout(this.close.bind(this), 150); }.bind(this));
    this.list.addEventListener("mousedown", function (e) { e.preventDefault(); });
  }

  // Best matches: whole codes first, then beginnings, then anything that holds the text.
  find(text, most) {
    const wanted = text.trim().toLowerCase(), app = this.app, plan = app.plan, found = [[], [], []];
    if (!wanted) return [];
    const offer = function (kind, i, texts, sub) {
      let rank = 3;
      for (const t of texts) {
        const low = t.toLowerCase();
        rank = Math.min(rank, low === wanted ? 0 : low.startsWith(wanted) ? 1 : low.includes(wanted) ? 2 : 3);
      }
      if (rank < 3 && found[rank].length < most) {
        found[rank].push({ kind: kind, i: i, text: texts[0], sub: [app.w(kind)].concat(sub.filter(Boolean)).join(" · ") });
      }
    };
    const names = plan.communities.name, g = plan.grids;
    for (let i = 0; i < plan.streets.length; i++) offer("street", i, [plan.streets.name[i], plan.streets.code[i]], []);
    for (let i = 0; i < names.length; i++) offer("community", i, [names[i], plan.communities.code[i]], [plan.communities.code[i]]);
    for (let i = 0; i < g.length; i++) offer("grid", i, [g.code[i], g.name[i]], [g.name[i], names[g.community[i]]]);
    if (plan.units) {
      const u = plan.units;
      for (let i = 0; i < plan.unitCount; i++) offer("unit", i, [u.id[i]], [g.code[u.grid[i]]]);
    }
    for (const b of app.painter.named || []) for (let i = 0; i < b.id.length; i++) if (b.id[i]) offer("building", b.grid[i], [b.id[i]], [g.code[b.grid[i]]]);
    const places = app.painter.places;
    for (const kind of places ? ["institution", "facility"] : []) {
      const o = places[kind];
      for (let i = 0; i < o.length; i++) offer(kind, o.grid[i], [o.name[i]], [o.grid[i] >= 0 ? g.code[o.grid[i]] : ""]);
    }
    return found[0].concat(found[1], found[2]).slice(0, most);
  }

  look() {
    this.hits = this.find(this.input.value, 12);
    this.at = this.hits.length ? 0 : -1;
    const items = this.hits.map(function (hit, i) {
      return GP.el("li", { role: "option", id: "hit" + i, onclick: this.choose.bind(this, i) },
        [hit.text, GP.el("small", {}, [hit.sub])]);
    }, this);
    if (!items.length && this.input.value.trim()) items.push(GP.el("li", { role: "option", "aria-disabled": "true" }, [this.app.w("no_hits")]));
    this.list.replaceChildren.apply(this.list, items);
    this.list.hidden = !items.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this._mark();
  }

  _mark() {
    Array.from(this.list.children).forEach(function (item, i) {
      item.setAttribute("aria-selected", String(i === this.at));
      if (i === this.at) item.scrollIntoView({ block: "nearest" });
    }, this);
    if (this.at >= 0) this.input.setAttribute("aria-activedescendant", "hit" + this.at);
    else this.input.removeAttribute("aria-activedescendant");
  }

  _key(e) {
    const n = this.hits.length;
    if (e.key === "Escape") this.close();
    else if (e.key === "Enter") { if (this.list.hidden) this.look(); if (this.at >= 0) this.choose(this.at); }
    else if (e.key === "ArrowDown" && n) { this.at = (this.at + 1) % n; this._mark(); e.preventDefault(); }
    else if (e.key === "ArrowUp" && n) { this.at = (this.at + n - 1) % n; this._mark(); e.preventDefault(); }
  }

  close() { this.list.hidden = true; this.input.setAttribute("aria-expanded", "false"); }

  choose(i) {
    const hit = this.hits[i], app = this.app;
    this.close();
    if (hit.kind === "street") { app.setLevel("street"); app.setPlace(hit.i); }
    else if (hit.kind === "community") app.pickCommunity(hit.i, true);
    else if (hit.kind === "unit") app.pickUnit(hit.i, true);
    else if (hit.i >= 0) {
      if (app.state.level === "district") app.setLevel("street");
      app.pickGrid(hit.i, -1, true);
    }
  }
};

// Dialogs: one open at a time, the keyboard stays inside, Escape closes.
GP.Dialog = class {
  constructor(id, opener, onOpen) {
    this.box = document.getElementById(id);
    this.opener = document.getElementById(opener);
    this.opener.addEventListener("click", function () { onOpen(); this.open(); }.bind(this));
    this.box.querySelector(".close").addEventListener("click", this.close.bind(this));
    this.box.addEventListener("keydown", this._key.bind(this));
  }

  open() {
    document.getElementById("cover").hidden = this.box.hidden = false;
    (this.box.querySelector("input") || this.box.querySelector(".close")).focus();
  }

  close() {
    document.getElementById("cover").hidden = this.box.hidden = true;
    this.opener.focus();
  }

  _key(e) {
    if (e.key === "Escape") { this.close(); e.stopPropagation(); }
    if (e.key !== "Tab") return;
    const all = this.box.querySelectorAll("button, input, [tabindex]");
    const first = all[0], last = all[all.length - 1];
    if (e.shiftKey && document.activeElement === first) { last.focus(); e.preventDefault(); }
    else if (!e.shiftKey && document.activeElement === last) { first.focus(); e.preventDefault(); }
  }
};

GP.GridTable = class {
  constructor(app) {
    this.app = app; this.sort = 0; this.down = false; this.most = 200;
    this.table = document.getElementById("table");
    this.filter = document.getElementById("filter");
    this.filter.addEventListener("input", this.draw.bind(this));
    this.dialog = new GP.Dialog("list", "list-open", this.draw.bind(this));
  }

  _columns() {
    const plan = this.app.plan, w = this.app.w, g = plan.grids;
    return [
      [w("code"), function (i) { return g.code[i]; }, "text"],
      [w("name"), function (i) { return g.name[i]; }, "text"],
      [w("community"), function (i) { return plan.communities.name[g.community[i]]; }, "text"],
      [w("households"), function (i) { return g.households[i]; }],
      [w("deviation_short"), function (i) { return g.unit[i] ? "–" : Math.round(100 * plan.deviation(g.households[i])); }],
      [w("status"), function (i) { return w(GP.STATUS[g.status[i]]); }, "text"],
    ];
  }

  draw() {
    const plan = this.app.plan, columns = this._columns(), value = columns[this.sort][1];
    const wanted = this.filter.value.trim().toLowerCase(), rows = [];
    for (let i = 0; i < plan.grids.length; i++) {
      const hay = [0, 1, 2, 5].map(function (c) { return columns[c][1](i); }).join("\n").toLowerCase();
      if (hay.includes(wanted)) rows.push(i);
    }
    const sign = this.down ? -1 : 1;
    rows.sort(function (a, b) {
      const x = value(a), y = value(b);
      return sign * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y))) || a - b;
    });
    const head = columns.map(function (column, c) {
      const order = c !== this.sort ? "none" : this.down ? "descending" : "ascending";
      return GP.el("th", { scope: "col", class: column[2], "aria-sort": order }, [
        GP.el("button", { type: "button", onclick: this._by.bind(this, c) },
          [column[0] + (c !== this.sort ? "" : this.down ? " ▼" : " ▲")])]);
    }, this);
    const body = rows.slice(0, this.most).map(function (i) {
      return GP.el("tr", {}, columns.map(function (column, c) {
        if (c) return GP.el("td", { class: column[2] }, [typeof column[1](i) === "number" && c === 3 ? GP.number(column[1](i)) : c === 4 && column[1](i) !== "–" ? String(column[1](i)).replace("-", "−") + " %" : String(column[1](i))]);
        return GP.el("td", { class: "text" }, [GP.el("button", { type: "button", onclick: this._show.bind(this, i) }, [column[1](i)])]);
      }, this));
    }, this);
    if (rows.length > this.most) {
      body.push(GP.el("tr", {}, [GP.el("td", { colspan: "6", class: "text" }, [
        GP.el("button", { type: "button", onclick: this._more.bind(this) },
          [this.app.w("more", Math.min(500, rows.length - this.most))])])]));
    }
    this.table.replaceChildren(
      GP.el("caption", {}, [this.app.w("n_grids", GP.number(rows.length))]),
      GP.el("thead", {}, [GP.el("tr", {}, head)]), GP.el("tbody", {}, body));
  }

  _more() { this.most += 500; this.draw(); }

  _by(column) {
    this.down = column === this.sort && !this.down;
    this.sort = column;
    this.draw();
    this.table.querySelectorAll("th button")[column].focus();
  }

  _show(grid) {
    this.dialog.close();
    if (this.app.state.level === "district") this.app.setLevel("street");
    this.app.pickGrid(grid, -1, true);
  }
};
