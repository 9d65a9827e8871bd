// Canvases over the map: the grids at once, the ground in slices, labels and marks on top.
"use strict";

// A Leaflet layer with several canvases; `paint(name, ctx, view)` returns true, or an iterator to be
// continued in slices so that the page never freezes.
GP.Scene = L.Layer.extend({
  NAMES: ["fill", "ground", "line", "mark"],
  PAD: 0.25,
  SLICE_MS: 12,

  initialize: function (paint) { this._paint = paint; this._turn = 0; this.ratio = 0; },

  onAdd: function () {
    this._canvas = {};
    const pane = this.getPane();
    for (const name of this.NAMES) {
      const canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated gp-" + name, pane);
      canvas.setAttribute("aria-hidden", "true");
      this._canvas[name] = canvas;
    }
    this.redraw();
  },

  onRemove: function () {
    this._turn++;
    for (const name of this.NAMES) this._canvas[name].remove();
  },

  getEvents: function () {
    return { moveend: this.redraw, viewreset: this.redraw, resize: this.redraw, zoomanim: this._zoom };
  },

  _zoom: function (e) {
    const scale = this._map.getZoomScale(e.zoom, this._at.zoom);
    const corner = this._map._latLngBoundsToNewLayerBounds(this._at.bounds, e.zoom, e.center).min;
    for (const name of this.NAMES) L.DomUtil.setTransform(this._canvas[name], corner, scale);
  },

  // Where the canvases lie, and how the plan's steps become their pixels.
  _place: function () {
    const map = this._map, size = map.getSize(), pad = size.multiplyBy(this.PAD).round();
    const corner = map.containerPointToLayerPoint(pad.multiplyBy(-1)).round();
    const wide = size.add(pad.multiplyBy(2)), origin = map.getPixelOrigin();
    const zoom = map.getZoom(), k = Math.pow(2, zoom) / GP.STEPS;
    const view = {
      k: k, dx: -(origin.x + corner.x), dy: -(origin.y + corner.y), metres: 1 / (GP.STEPS * k),
      width: wide.x, height: wide.y, pad: pad,
      ratio: this.ratio || Math.min(window.devicePixelRatio || 1, 2),
    };
    view.window = [-view.dx / k, (view.dy - wide.y) / k, (wide.x - view.dx) / k, view.dy / k];
    this._at = {
      zoom: zoom, corner: corner, view: view,
      bounds: L.latLngBounds(map.layerPointToLatLng(corner), map.layerPointToLatLng(corner.add(wide))),
    };
    for (const name of this.NAMES) L.DomUtil.setTransform(this._canvas[name], corner, 1);
    return view;
  },

  view: function () { return this._at.view; },

  _clear: function (name, view) {
    const canvas = this._canvas[name], width = Math.round(view.width * view.ratio);
    const height = Math.round(view.height * view.ratio), ctx = canvas.getContext("2d");
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width; canvas.height = height;
      canvas.style.width = view.width + "px";
      canvas.style.height = view.height + "px";
    }
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    ctx.lineJoin = "round";
    return ctx;
  },

  // For paper: everything at once and on the lowest canvas, as a printer takes empty ones for white.
  paper: function (ratio) {
    this.ratio = ratio; this._turn++;
    for (const name of this.NAMES.slice(1)) this._canvas[name].style.display = ratio ? "none" : "";
    if (!ratio) return this.redraw();
    const view = this._place(), ctx = this._clear("fill", view);
    for (const name of this.NAMES) {
      const steps = this._paint(name, ctx, view);
      if (steps) Array.from(steps);
    }
    return undefined;
  },

  redraw: function () {
    if (!this._map || this.ratio) return;
    const view = this._place(), turn = ++this._turn;
    for (const name of ["fill", "line", "mark"]) this._draw(name, view);
    const ctx = this._clear("ground", view), steps = this._paint("ground", ctx, view), scene = this;
    this.busy = true;
    (function go() {
      if (turn !== scene._turn) return;
      const end = performance.now() + scene.SLICE_MS;
      let step;
      do { step = steps.next(); } while (!step.done && performance.now() < end);
      if (step.done) scene.busy = false;
      else requestAnimationFrame(go);
    })();
  },

  _draw: function (name, view) { this._paint(name, this._clear(name, view), view); },

  // Draws one canvas anew without the others.
  redrawOnly: function (name) { if (this._at) this._draw(name, this._at.view); },
});
