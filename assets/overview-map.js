/* The service map in the browser: nodes keep their places, choosing and finding move only the URL. */
(function () {
  "use strict";
  const { put, params, graphs } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const byId = (id) => document.getElementById("overview-map-" + id);
  const OWN = ["org", "range", "since", "until", "map"];
  const STEP = 104;
  const APART = { x: 120, y: 84 };

  let found = null;
  let graph = "";
  let sought = "";
  let selected = "";

  const partyNow = () => (params().get("map") === "agent" ? "agent" : "service");
  const chosenNow = () => ({ key: params().get("node") || "", onto: params().get("onto") || "" });
  const same = (one, other) => one.key === other.key && (one.onto || "") === other.onto;
  const choose = (part) => put({ node: part.key, onto: part.onto || "" }, { push: true });

  /* Which map: what else is in the URL asks nothing anew. */
  function asked(view, before) {
    if (!view) return stay();
    const query = params(view.search);
    const own = new URLSearchParams(OWN.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
    const wanted = { search: "?" + own };
    return JSON.stringify(wanted) === JSON.stringify(before) ? stay() : wanted;
  }

  /* Places: a node stays where it was first put for as long as the same map is refreshed. */
  let places = new Map();

  function place(element) {
    const { id } = element.data;
    if (!places.has(id)) places.set(id, free({ ...element.position }));
    return places.get(id);
  }
  function free(wanted) {
    const taken = [...places.values()];
    const hits = (at) => Math.abs(at.x - wanted.x) < APART.x && Math.abs(at.y - wanted.y) < APART.y;
    while (taken.some(hits)) wanted.y += STEP;
    return wanted;
  }

  function compose() {
    const chosen = chosenNow();
    const near = neighbours(chosen);
    return found.elements.map((element) => {
      const classes = [element.classes, light(element.data, chosen, near)].filter(Boolean).join(" ");
      return element.position ? { ...element, position: place(element), classes } : { ...element, classes };
    });
  }

  /* Ids of what stays bright beside the chosen part; nothing when none is chosen. */
  function neighbours(chosen) {
    const ids = new Set();
    if (!found.elements.some(({ data }) => same(data, chosen))) return ids;
    for (const { data } of found.elements) {
      if (!data.source) continue;
      const touches = chosen.onto ? same(data, chosen) : data.key === chosen.key || data.onto === chosen.key;
      if (touches) for (const id of [data.id, data.source, data.target]) ids.add(id);
      if (same(data, chosen)) ids.add(data.id);
    }
    for (const { data } of found.elements) if (same(data, chosen)) ids.add(data.id);
    return ids;
  }

  function light(data, chosen, near) {
    if (sought) return !data.source && matches(data) ? "found" : "dim";
    if (same(data, chosen)) return "chosen";
    return near.size ? (near.has(data.id) ? "near" : "dim") : "";
  }
  const matches = (data) => data.name.toLowerCase().includes(sought);

  function draw(answer, view) {
    if (!answer) return stay();
    const query = params(view && view.search);
    const wanted = answer.key + "\n" + OWN.map((name) => query.get(name) || "").join("\n");
    if (wanted !== graph) places = new Map();
    graph = wanted;
    found = answer;
    return compose();
  }

  /* The part that the link names, with its neighbours: what the card is about. */
  function chosenPart(answer, view) {
    const chosen = chosenNow();
    if (!chosen.key) return null;
    if (!answer) return stay();
    const base = { search: (view && view.search) || "", path: location.pathname };
    const hit = answer.elements.find(({ data }) => same(data, chosen));
    if (!hit) return { ...base, part: null };
    const part = { ...hit.data.part };
    if (!chosen.onto) {
      const edges = answer.elements.map((element) => element.data.part).filter((each) => each.onto_kind);
      const own = (kind, name) => kind === part.kind && name === part.name;
      const other = (kind, name, each) => ({ kind, name, spans: each.spans, errors: each.errors });
      part.callers = edges.filter((e) => own(e.onto_kind, e.onto)).map((e) => other(e.kind, e.name, e));
      part.callees = edges.filter((e) => own(e.kind, e.name)).map((e) => other(e.onto_kind, e.onto, e));
    }
    return { ...base, part };
  }

  /* The list: the kind of thing that was chosen last, unless the reader wants the other. */
  function list(answer, listed, view) {
    if (!answer) return [stay(), stay(), stay()];
    const chosen = chosenNow();
    const wanted = dc.callback_context.triggered_id === "overview-map-listed" || !chosen.key;
    const shown = wanted ? listed : chosen.onto ? "edges" : "nodes";
    const rows = answer.rows[shown] || [];
    const row = rows.find((each) => same(each, chosen));
    selected = row ? row.id : "";
    return [rows, row ? { ids: [row.id] } : [], shown];
  }

  function chooseRow(rows) {
    const row = rows && rows[0];
    if (!row || row.id === selected || !row.key) return stay();
    selected = row.id;
    return choose(row);
  }

  function find(text) {
    const submitted = dc.callback_context.triggered.some(({ prop_id }) => prop_id.endsWith("n_submit"));
    sought = (text || "").trim().toLowerCase();
    if (!found) return stay();
    const hit = submitted && sought && best();
    if (hit) {
      sought = "";
      dc.set_props("overview-map-find", { value: "" });
      show(hit.id);
      choose(hit);
    }
    dc.set_props("overview-map-drawing", { elements: compose() });
    return stay();
  }
  // elements come with the biggest first
  function best() {
    const names = found.elements.filter(({ data }) => !data.source && matches(data)).map(({ data }) => data);
    return names.find((data) => data.name.toLowerCase() === sought) || names[0];
  }
  function show(id) {
    const drawn = graphs.drawnIn(byId("drawing"));
    const node = drawn && drawn.getElementById(id);
    if (!node || !node.length) return;
    graphs.move(drawn);
    drawn.animate({ center: { eles: node }, zoom: Math.max(drawn.zoom(), 0.7) }, { duration: 200 });
  }

  function zoom() {
    const drawn = graphs.drawnIn(byId("drawing"));
    if (!drawn) return stay();
    const which = dc.callback_context.triggered_id;
    if (which === "overview-map-fit") {
      graphs.fit(drawn);
      return stay();
    }
    graphs.move(drawn);
    const middle = { x: drawn.width() / 2, y: drawn.height() / 2 };
    drawn.zoom({ level: drawn.zoom() * (which === "overview-map-closer" ? 1.3 : 1 / 1.3), renderedPosition: middle });
    return stay();
  }

  function wire(drawn) {
    const stage = byId("drawing").parentElement;
    const point = (on) => (stage.style.cursor = on ? "pointer" : "");
    drawn.on("tap", "node, edge", ({ target }) => choose(target.data()));
    drawn.on("tap", ({ target }) => target === drawn && chosenNow().key && choose({ key: "" }));
    drawn.on("mouseover", "node, edge", ({ target }) => { target.addClass("told"); point(true); });
    drawn.on("mouseout", "node, edge", ({ target }) => { target.removeClass("told"); point(false); });
    // in the Overview the wheel scrolls the page; with Ctrl, as on other maps, it zooms this one
    const passes = (event) => event.ctrlKey || event.metaKey || location.pathname === "/map";
    stage.addEventListener("wheel", (event) => passes(event) || event.stopPropagation(), { capture: true });
  }

  const wired = new WeakSet();
  function style() {
    const drawing = byId("drawing");
    const drawn = graphs.drawnIn(drawing);
    if (drawn && graph) graphs.settle(drawing, graph);
    if (drawn && wired.has(drawn)) return stay();
    if (drawn) {
      wired.add(drawn);
      wire(drawn);
    }
    return rules();
  }

  function rules() {
    const is = graphs.tokens();
    const font = { "font-family": "Inter, system-ui, sans-serif", "font-size": 13, color: is.ink };
    const plate = { "text-background-color": is.surface, "text-background-opacity": 0.92, "text-background-padding": 3, "text-background-shape": "round-rectangle" };
    const rule = (selector, given) => ({ selector, style: given });
    return [
      rule("node", {
        ...font, ...plate, label: "data(label)", width: "data(size)", height: "data(size)", "text-wrap": "wrap", "text-max-width": 180,
        "text-valign": "bottom", "text-margin-y": 5, "line-height": 1.35, "font-weight": 500, "background-color": is["accent-soft"],
        "border-width": 2.5, "border-color": is.accent, "min-zoomed-font-size": 6,
      }),
      rule("node.model", { shape: "round-hexagon", "background-color": is.raised, "border-color": is["ink-faint"] }),
      rule("node.warn", { "border-color": is.warn, "background-color": is["warn-soft"], "border-style": "dashed" }),
      rule("node.bad", { "border-color": is.bad, "background-color": is["bad-soft"], "border-style": "double", "border-width": 5, color: is.bad }),
      rule("edge", {
        ...font, ...plate, width: "data(width)", "curve-style": "bezier", "control-point-step-size": 46, "line-color": is["line-strong"],
        "target-arrow-color": is["line-strong"], "target-arrow-shape": "triangle", "arrow-scale": 0.9,
      }),
      // what leads past a column bows around those who stand there
      rule("edge.far", { "curve-style": "unbundled-bezier", "control-point-distances": 46, "control-point-weights": 0.5 }),
      rule("edge.bad", { "line-color": is.bad, "target-arrow-color": is.bad, "line-style": "dashed", "line-dash-pattern": [9, 4] }),
      rule("edge.near", { "line-color": is.accent, "target-arrow-color": is.accent }),
      rule("edge.bad.near", { "line-color": is.bad, "target-arrow-color": is.bad }),
      rule(".dim", { opacity: 0.22 }),
      rule("node.found", { "underlay-shape": "ellipse", "underlay-color": is.accent, "underlay-opacity": 0.3, "underlay-padding": 8 }),
      rule("node.chosen", { "underlay-shape": "ellipse", "underlay-color": is.accent, "underlay-opacity": 0.35, "underlay-padding": 8, label: "data(told)", "text-max-width": 320, "z-index": 20, "font-weight": 600 }),
      rule("edge.chosen", { "line-color": is.accent, "target-arrow-color": is.accent, label: "data(told)", "z-index": 20, "underlay-color": is.accent, "underlay-opacity": 0.25, "underlay-padding": 4 }),
      rule("node.told", { label: "data(told)", "text-max-width": 320, "z-index": 30, opacity: 1 }),
      rule("edge.told", { label: "data(told)", "z-index": 30, opacity: 1, "line-color": is.accent, "target-arrow-color": is.accent }),
      rule("node:active, edge:active", { "overlay-opacity": 0.08, "overlay-color": is.accent }),
    ];
  }
  graphs.onTheme("overview-map-drawing", rules);

  dc.overview_map = {
    asked,
    draw,
    choose: chosenPart,
    style,
    list,
    find,
    zoom,
    party: () => partyNow(),
    put_party: (value) => {
      if (!byId("drawing") || !value || value === partyNow()) return stay();
      return put({ map: value === "agent" ? value : "", node: "", onto: "" }, { push: true });
    },
    put_row: chooseRow,
  };

  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const react = (...args) => window.React.createElement(...args);
  const WORDS = { bad: "from 5 % errors", warn: "from 1 % errors" };

  cells.MapPart = ({ data }) =>
    react("span", { className: data.to ? "map-row map-row-edge" : "map-row", title: data.name + (data.to ? " → " + data.to : "") },
      react("i", { className: "map-sign map-" + (data.health || (data.of ? "model" : "own")), title: WORDS[data.health] }),
      react("span", {}, data.name, data.to ? react("em", {}, "→ " + data.to) : null),
      data.of ? react("small", {}, data.of) : null);
})();
