/* The numbers around the list: what is brushed and folded. The URL keeps what was chosen. */
(function () {
  "use strict";
  const { put, params, firstPage } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const NARROW = 1180;
  const ZOOMS = "observatory-zooms";

  /* Where brushes came from, the last one on top; kept for as long as the tab is open. */
  function zooms() {
    try {
      return JSON.parse(sessionStorage.getItem(ZOOMS)) || [];
    } catch (error) {
      return [];
    }
  }
  const keep = (all) => sessionStorage.setItem(ZOOMS, JSON.stringify(all.slice(-20)));
  const placeNow = () => {
    const query = params();
    return Object.fromEntries(["range", "since", "until", "q"].map((name) => [name, query.get(name) || ""]));
  };
  const same = (a, b) => a.since === b.since && a.until === b.until;

  /* Intervals between `edges` whose middle was brushed; else the one in which the brush lies. */
  function brushed(edges, [from, to]) {
    const first = Math.min(from, to);
    const last = Math.max(from, to);
    const hit = [];
    for (let i = 0; i + 1 < edges.length; i++) {
      const middle = (edges[i] + edges[i + 1]) / 2;
      if (middle >= first && middle <= last) hit.push(i);
    }
    if (hit.length) return [hit[0], hit[hit.length - 1]];
    const middle = (first + last) / 2;
    const at = edges.findIndex((edge, i) => i + 1 < edges.length && edge <= middle && middle < edges[i + 1]);
    return at < 0 ? null : [at, at];
  }

  function levels(meta, y) {
    if (meta.low === undefined || !y) return undefined;
    const edges = [];
    for (let level = meta.low; level <= meta.high + 1; level++) edges.push(level);
    const hit = brushed(edges, y);
    return hit ? [meta.low + hit[0], meta.low + hit[1]] : undefined;
  }

  const isNarrow = () => window.innerWidth < NARROW;
  const isOpen = (kept) => (kept === null || kept === undefined ? !isNarrow() : kept);

  /* The menu has done its work; the panel says the rest. */
  function compare(select) {
    for (const menu of document.querySelectorAll(".brushable details.drop[open]")) menu.open = false;
    return put({ select }, { push: true });
  }

  dc.explore = {
    toggle: (clicks, open) => (clicks ? !open : stay()),
    fold_charts: (open) => [!open, open ? "Hide" : "Show"],
    // until somebody chooses, facets stand beside the list only where there is room
    toggle_sidebar: (clicks, kept) => (clicks ? !isOpen(kept) : stay()),
    fold_sidebar: (kept) => (isOpen(kept) ? ["sidebar", "Hide"] : ["sidebar sidebar-folded", "Facets"]),

    brush: (selected, figure, drag) => {
      const range = selected && selected.range;
      const meta = figure && figure.layout && figure.layout.meta;
      if (!range || !range.x || !meta) return stay();
      const hit = brushed(meta.edges, range.x);
      if (!hit) return stay();
      const time = (ms) => new Date(ms).toISOString();
      return {
        since: time(Math.floor(meta.edges[hit[0]])),
        until: time(Math.ceil(meta.edges[hit[1] + 1])),
        levels: levels(meta, range.y),
        drag,
        at: Date.now(),
      };
    },
    put_zoom: (zoom) => {
      if (!zoom) return stay();
      if (zoom.select) return put({ select: zoom.select }, { push: true });
      keep([...zooms(), { from: placeNow(), to: zoom }]);
      return put({ ...firstPage, range: "", ...zoom }, { push: true });
    },
    zoomed: () => !zooms().some((zoom) => same(zoom.to, placeNow())),
    reset_zoom: (clicks) => {
      if (!clicks) return stay();
      const all = zooms();
      while (all.length && !same(all[all.length - 1].to, placeNow())) all.pop();
      const last = all.pop();
      keep(all);
      return last ? put({ ...firstPage, ...last.from }, { push: true }) : stay();
    },

    comparing: (view) => !params(view && view.search).get("select"),
    compare_errors: (clicks) => (clicks ? compare("status:error") : stay()),
    compare_found: (found) => (found ? compare(found.select) : stay()),
    compare_text: (clicks, submits, text) => ((clicks || submits) && text ? compare(text.trim()) : stay()),
    stop_comparing: (clicks) => (clicks ? put({ select: "" }, { push: true }) : stay()),

    // watched variables say for themselves how many they are
    shown: (rows) => (rows && params().get("mode") !== "watched" ? rows.length.toLocaleString("en-US") + " shown" : ""),
  };
})();
