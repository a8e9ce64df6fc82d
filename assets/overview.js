/* The Overview's half in the browser: what is chosen above the chart, what is brushed, and how old
   the page is. No data passes here. */
(function () {
  "use strict";
  const { put, params } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const kindOf = (view) => params(view && view.search).get("chart") || "rate";
  const KINDS = ["rate", "errors", "duration"];
  const shown = (view) => (KINDS.includes(kindOf(view)) ? kindOf(view) : "rate");

  /* How old the page is, told every second. */
  let answered = null;
  function tell() {
    const place = document.getElementById("overview-age");
    if (!place || !answered) return;
    const seconds = Math.max(0, Math.round((Date.now() - answered) / 1000));
    const age = seconds < 2 ? "just now" : seconds < 120 ? seconds + " s ago" : Math.floor(seconds / 60) + " min ago";
    const live = params().get("live");
    const how = live && live !== "off" ? "every " + live.replace("s", " s") : "refresh is off";
    const text = "Updated " + age + " · " + how;
    if (place.textContent !== text) place.textContent = text;
  }
  setInterval(tell, 1000);

  /* A brush by keyboard: a stretch of whole intervals, drawn as a dragged one would be. */
  let picked = null;
  const graphOf = (frame) => frame.querySelector(".js-plotly-plot");
  const edgesOf = (graph) => graph && graph.layout && graph.layout.meta && graph.layout.meta.edges;

  function draw(graph, edges) {
    const band = picked && {
      type: "rect", xref: "x", yref: "paper", y0: 0, y1: 1, x0: edges[picked.from], x1: edges[picked.to + 1],
    };
    window.Plotly.relayout(graph, { selections: band ? [band] : [] });
    const time = (ms) => new Date(ms).toLocaleString();
    const told = document.getElementById("overview-chart-picked");
    if (told) told.textContent = picked ? time(edges[picked.from]) + " to " + time(edges[picked.to + 1]) : "";
  }
  function move(by, widen, last) {
    const at = picked ? (picked.at || 0) : by > 0 ? -1 : last + 1;
    const next = Math.min(last, Math.max(0, at + by));
    const anchor = widen && picked ? picked.anchor : next;
    picked = { at: next, anchor, from: Math.min(anchor, next), to: Math.max(anchor, next) };
  }
  function narrow(edges, from, to) {
    const time = (ms) => new Date(ms).toISOString();
    picked = null;
    return dc.explore.put_zoom({
      since: time(Math.floor(edges[from])),
      until: time(Math.ceil(edges[to + 1])),
    });
  }
  document.addEventListener("keydown", (event) => {
    const frame = event.target;
    if (!frame || frame.id !== "overview-chart-frame") return;
    const graph = graphOf(frame);
    const edges = edgesOf(graph);
    if (!edges) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) move(step, event.shiftKey, edges.length - 2);
    else if (event.key === "Escape" && picked) picked = null;
    else if (event.key === "Enter" && picked) return void narrow(edges, picked.from, picked.to);
    else return;
    event.preventDefault();
    event.stopPropagation();
    draw(graph, edges);
  });

  /* A refresh makes the links of a panel anew: who stood on one by keyboard stays on it. */
  let held = null;
  const linksOf = (box) => [...box.querySelectorAll("a")];
  const returning = new MutationObserver(() => {
    if (!held || document.activeElement !== document.body) return;
    const box = document.getElementById(held.box);
    const link = box && linksOf(box)[held.at];
    if (link) link.focus({ preventScroll: true });
  });
  document.addEventListener("focusin", (event) => {
    const box = event.target.matches("a") && event.target.closest(".overview [id]");
    held = box ? { box: box.id, at: linksOf(box).indexOf(event.target) } : null;
    const room = document.getElementById("shell-room");
    returning.disconnect();
    if (held && room) returning.observe(room, { childList: true, subtree: true });
  });
  document.addEventListener("pointerdown", () => (held = null));

  /* Where a click on a share leads: a place of our own, or nowhere. */
  function go(href) {
    if (typeof href !== "string" || !href.startsWith("/traces?")) return stay();
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    return stay();
  }

  dc.overview = {
    age: (asked) => {
      if (asked) answered = Date.now();
      tell();
      return "When the numbers were asked for last";
    },
    kind: (view) => shown(view),
    put_kind: (kind) => (kind && location.pathname === "/" ? put({ chart: kind }) : stay()),
    without_rate: (view) => shown(view) !== "rate",
    without_errors: (view) => shown(view) !== "errors",
    without_duration: (view) => shown(view) !== "duration",
    brush: (selected, figure) => {
      const brush = dc.explore.brush(selected, figure, "zoom");
      return brush === dc.no_update ? brush : dc.explore.put_zoom({ since: brush.since, until: brush.until });
    },
    brush_heat: (selected, figure) => dc.explore.brush(selected, figure, "zoom"),
    open_heat: (zoom) => (zoom ? put({ range: "", live: "", chart: "", ...zoom }, { push: true, path: "/traces" }) : stay()),
    open_share: (clicked) => {
      const point = clicked && clicked.points && clicked.points[0];
      const href = point && [].concat(point.customdata)[0];
      return go(href);
    },
  };
})();
