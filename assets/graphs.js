/* Graphs on a canvas: the colours of the page, and a view that is fitted until the reader moves it. */
(function () {
  "use strict";
  const dc = window.dash_clientside;
  const SETTLING_MS = 1000;
  const MARGIN = 32;
  const LARGEST = 1.15;

  /* A canvas knows no CSS variables, so its colours are read off the page. */
  function tokens() {
    const probe = document.createElement("i");
    document.body.append(probe);
    const read = (name) => {
      probe.style.color = "var(--" + name + ")";
      return getComputedStyle(probe).color;
    };
    const names = ["ink", "ink-soft", "ink-faint", "surface", "raised", "line-strong", "accent", "accent-soft", "bad", "bad-soft", "warn", "warn-soft"];
    const found = Object.fromEntries(names.map((name) => [name, read(name)]));
    probe.remove();
    return found;
  }

  const drawnIn = (drawing) => (drawing && drawing._cyreg && drawing._cyreg.cy) || null;

  /* drawing → what is drawn there, how long its changes are fitted, whether the reader moved it */
  const known = new WeakMap();

  /* A drawing that is opened gets its size after its nodes: what was fitted into nothing is fitted again. */
  const sizes = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const drawn = drawnIn(target);
      if (contentRect.width && drawn && !(known.get(drawn) || {}).moved) fit(drawn);
    }
  });

  const waiting = new WeakMap();
  // in the next frame: nodes have neither place nor size while they are being added
  function fit(drawn) {
    cancelAnimationFrame(waiting.get(drawn) || 0);
    const frame = requestAnimationFrame(() => {
      if (drawn.destroyed()) return;
      drawn.resize();
      if (!drawn.width() || !drawn.height() || !drawn.nodes().length) return;
      drawn.fit(undefined, MARGIN);
      if (drawn.zoom() <= LARGEST) return;
      drawn.zoom(LARGEST);
      drawn.center();
    });
    waiting.set(drawn, frame);
  }

  /* Nodes come before their size: for a while after they were added every change is fitted, later
     none, so that choosing a part does not undo the reader's zoom; once moved, it is left alone. */
  function settle(drawing, graph) {
    const drawn = drawnIn(drawing);
    if (!drawn) return;
    const before = known.get(drawn);
    if (!before) {
      sizes.observe(drawing);
      drawn.on("add", () => added(drawn));
      drawn.on("bounds", () => performance.now() < known.get(drawn).until && fit(drawn));
      drawn.on("dragpan scrollzoom pinchzoom", () => move(drawn));
    }
    if (before && before.graph === graph) return;
    known.set(drawn, { graph, moved: false });
    added(drawn);
  }

  function added(drawn) {
    const state = known.get(drawn);
    if (state.moved) return;
    state.until = performance.now() + SETTLING_MS;
    fit(drawn);
  }

  function move(drawn) {
    Object.assign(known.get(drawn) || {}, { moved: true, until: 0 });
  }

  /* Draw again in the colours of another theme. */
  function onTheme(id, style) {
    const again = () => document.getElementById(id) && dc.set_props(id, { stylesheet: style() });
    new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  }

  window.observatory.graphs = { tokens, drawnIn, settle, move, fit, onTheme };
})();
