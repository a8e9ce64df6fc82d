/* The waterfall in the browser: folds, find, zoom, keyboard, and what a row looks like. Rows come in
   windows from the server; texts of spans become text nodes and nothing else. */
(function () {
  "use strict";
  const ID = "trace-waterfall-";
  const GRID = ID + "grid";
  const MOST_FOLDS = 2000;
  const REPAINT = "trace-waterfall-repaint";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const { act, put, params, changed } = window.observatory;
  const stay = () => dc.no_update;
  const typingIn = (id) => document.activeElement && document.activeElement.id === id;

  let tree = {}; // folds, level and toggles of the trace that is open
  let shape = null; // rows and time axis, as the server said last
  let current = ""; // the row that was jumped to
  let followed = ""; // the span that the page is at
  let zoomed = ""; // the zoom that the page is at
  const rowsOf = new WeakMap(); // grid -> what its rows are of, and at which version

  function api() {
    const grids = window.dash_ag_grid;
    if (!grids || !document.getElementById(GRID)) return null;
    try {
      return grids.getApi(GRID);
    } catch {
      return null;
    }
  }
  const idOf = (name) => (/^(group|missing):/.test(name) ? "" : name.split(".")[0]);
  const traceNow = () => params().get("trace") || "";

  const keyOf = (query) =>
    JSON.stringify(["org", "trace", "version", "root", "short", "only"].map((name) => query.get(name) || ""));

  function mine() {
    return tree && tree.trace === traceNow() ? tree : { trace: traceNow(), level: null, folds: [], grouped: true };
  }
  function setTree(changes) {
    tree = { ...mine(), ...changes };
    dc.set_props(ID + "tree", { data: tree });
    return stay();
  }
  function fold(name, open, whole) {
    const others = (mine().folds || []).filter((each) => each[0] !== name);
    setTree({ folds: [...others, [name, open, whole]].slice(-MOST_FOLDS) });
  }

  function domain() {
    const zoom = /^(-?\d+)-(-?\d+)$/.exec(params().get("zoom") || "");
    if (zoom && Number(zoom[1]) < Number(zoom[2])) return { from: Number(zoom[1]), to: Number(zoom[2]) };
    return shape ? { from: shape.from, to: shape.to } : { from: 0, to: 1 };
  }
  const inSight = ({ data }) => {
    const { from, to } = domain();
    // the root is always there
    return data && data.level > 0 && data.bar.length && data.bar[1] >= from && data.bar[0] <= to;
  };
  /* The grid draws a cell anew only when its row changes; zoom and the chosen span are no part of it. */
  function repaint() {
    window.dispatchEvent(new CustomEvent(REPAINT));
    drawWindow();
  }

  dc.trace_waterfall = {
    // whatever changes which rows there are; the key says whether they are other rows altogether
    asked: (view, opened, folded, was) => {
      const query = params(view && view.search);
      if (!query.get("trace") || query.get("tab")) return stay();
      const mineNow = opened && opened.trace === query.get("trace") ? opened.version : null;
      const next = { key: keyOf(query), tree: JSON.stringify(folded || null), zone: view.zone };
      next.opened = mineNow !== null ? mineNow : (was && was.key === next.key && was.opened) || null;
      const first = was && was.opened === null;
      const same = ["key", "tree", "zone"].every((name) => was && was[name] === next[name]);
      // the version that the first answer was given at is no news
      return same && (was.opened === next.opened || first) ? stay() : next;
    },
    // which rows the grid asks for; the answer itself cannot say so
    noted: (request, view) => {
      const grid = api();
      if (request && grid) rowsOf.set(grid, { ...rowsOf.get(grid), key: keyOf(params(view && view.search)) });
      return stay();
    },
    controls: (view) => {
      const query = params(view && view.search);
      return [
        typingIn(ID + "short") ? stay() : query.get("short") || "",
        typingIn(ID + "only") ? stay() : query.get("only") || "",
        !query.get("root"),
      ];
    },
    settle: (next) => {
      if (!next) return stay();
      const grid = api();
      shape = next.failed ? null : next;
      repaint();
      if (!grid) {
        // its code is still being loaded
        const again = () => (shape === next || next.failed) && dc.trace_waterfall.settle(next);
        if (document.querySelector(".waterfall")) setTimeout(again, 60);
        return stay();
      }
      const had = rowsOf.get(grid) || {};
      if (next.failed) {
        // what stood there is of another question
        rowsOf.set(grid, { ...had, key: null, settled: null });
        grid.purgeInfiniteCache();
        return stay();
      }
      const key = next.key;
      const first = had.settled === undefined;
      rowsOf.set(grid, { key, settled: key, opened: next.opened === null ? had.opened : next.opened });
      if (had.key !== undefined && had.key !== key) {
        grid.purgeInfiniteCache();
        grid.ensureIndexVisible(0, "top");
      } else if (had.opened && next.opened !== null && had.opened !== next.opened) grid.refreshInfiniteCache();
      const span = params().get("span");
      if (span && (first || had.settled !== key)) jump({ what: "span", text: span });
      else if (first && params().get("zoom")) jump({ what: "zoom", from: "" });
      zoomed = params().get("zoom") || "";
      return stay();
    },
    refresh: (next) => {
      if (!next) return stay();
      tree = next;
      const grid = api();
      if (grid) grid.refreshInfiniteCache();
      return stay();
    },
    // the head works out the critical path of a long trace while the rows are on their way
    redraw_long: (opened) => {
      const grid = api();
      if (grid && opened && opened.long) grid.refreshInfiniteCache();
      return stay();
    },
    follow: (view) => {
      const query = params(view && view.search);
      const span = query.get("span") || "";
      const grid = api();
      if (!grid || query.get("tab")) return stay();
      repaint();
      const seen = span && grid.getRenderedNodes().some((node) => node.data && node.data.span === span);
      if (span && span !== followed && shape && !seen) jump({ what: "span", text: span });
      followed = span;
      const zoom = query.get("zoom") || "";
      if (zoom && zoom !== zoomed && shape && !grid.getRenderedNodes().some(inSight)) jump({ what: "zoom", from: "" });
      zoomed = zoom;
      return stay();
    },
    land: (landed) => {
      const grid = api();
      pending = null;
      if (!landed || !grid || landed.row === null || landed.row === undefined) return stay();
      current = landed.name;
      grid.setRowCount(landed.rows, true);
      grid.ensureIndexVisible(landed.row, "middle");
      if (landed.what === "span") grid.setFocusedCell(landed.row, "name");
      repaint();
      return stay();
    },
    found: (landed) => {
      if (!landed || landed.what === "span" || landed.what === "zoom") return "";
      if (!landed.count) return landed.what === "find" ? "no match" : "";
      const place = landed.step.toLocaleString("en") + " of " + landed.count.toLocaleString("en");
      return landed.row === null ? place + ", left out by a filter" : place;
    },
    open_span: (cell) => {
      const name = (cell && cell.rowId) || "";
      if (!name) return stay();
      const grid = api();
      const node = grid && grid.getDisplayedRowAtIndex(cell.rowIndex);
      if (!idOf(name)) {
        if (node && node.data) fold(name, !node.data.open, false);
        return stay();
      }
      current = name;
      followed = idOf(name);
      return put({ span: followed }, { push: true });
    },
    find: (text) => {
      if (!text) {
        dc.set_props(ID + "landed", { data: null });
        return stay();
      }
      return jump({ what: "find", text, from: "" });
    },
    find_next: (clicks) => (clicks ? again(false) : stay()),
    find_previous: (clicks) => (clicks ? again(true) : stay()),
    jump: (wanted) => jump(wanted),
    put_short: (value) => (changed("short", value) ? put({ short: value }) : stay()),
    put_only: (value) => (changed("only", value) ? put({ only: value }) : stay()),
    put_grouped: (value) => toggled("grouped", value, mine().grouped !== false),
    put_clocks: (value) => toggled("clocks", value, mine().clocks === true),
    shallower: (clicks) => {
      if (!clicks || !shape) return stay();
      const level = mine().level === null || mine().level === undefined ? shape.deepest : mine().level;
      return setTree({ level: Math.max(1, level - 1), folds: [] });
    },
    deeper: (clicks) => {
      const level = mine().level;
      if (!clicks || !shape || level === null || level === undefined) return stay();
      return setTree({ level: level + 1 >= shape.deepest ? null : level + 1, folds: [] });
    },
    shut_all: (clicks) => (clicks ? setTree({ level: 1, folds: [] }) : stay()),
    open_all: (clicks) => (clicks ? setTree({ level: null, folds: [] }) : stay()),
    use_as_root: (clicks) => {
      const span = focusedSpan() || params().get("span");
      return clicks && span ? put({ root: span, zoom: "" }, { push: true }) : stay();
    },
    whole: (clicks) => (clicks ? put({ root: "", zoom: "" }, { push: true }) : stay()),
  };

  function toggled(name, value, was) {
    const wanted = Boolean(value && value.length);
    return wanted === was ? stay() : setTree({ [name]: wanted });
  }
  /* Who presses a key faster than the server answers means further on, not once. */
  let pending = null;
  function jump(wanted) {
    const from = wanted.from === undefined ? current : wanted.from;
    const what = JSON.stringify([wanted.what, wanted.text, Boolean(wanted.back), from]);
    const hops = pending && pending.what === what ? pending.hops + 1 : 1;
    pending = { what, hops };
    dc.set_props(ID + "jump", { data: { ...wanted, from, hops, n: Date.now() } });
    return stay();
  }
  function again(back) {
    const field = document.getElementById(ID + "find");
    return field && field.value ? jump({ what: "find", text: field.value, back }) : stay();
  }
  function focusedSpan() {
    const grid = api();
    const cell = grid && grid.getFocusedCell();
    const node = cell && grid.getDisplayedRowAtIndex(cell.rowIndex);
    return (node && node.data && node.data.span) || "";
  }

  /* Mouse and keyboard, before the grid sees them: it would move between columns instead. */
  const inGrid = (event, selector) => {
    const found = event.target.closest && event.target.closest(selector);
    return found && found.closest("#" + GRID) ? found : null;
  };
  document.addEventListener("click", (event) => {
    const button = inGrid(event, ".wf-fold");
    if (!button) return;
    event.stopPropagation();
    fold(button.dataset.row, button.getAttribute("aria-expanded") !== "true", event.shiftKey);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (typingIn(ID + "find") && event.key === "Enter") again(event.shiftKey);
  }, true);
  function onRow(right, whole) {
    return (event) => {
      const grid = inGrid(event, ".ag-cell") && api();
      const at = grid && grid.getFocusedCell();
      const node = at && grid.getDisplayedRowAtIndex(at.rowIndex);
      if (!node || !node.data) return false;
      step(grid, at, node.data, right, whole);
      return true;
    };
  }
  act("row-expand", onRow(true, false));
  act("row-collapse", onRow(false, false));
  act("row-expand-all", onRow(true, true));
  act("row-collapse-all", onRow(false, true));
  /* As in every tree: right opens, then goes to the first child; left shuts, then goes to the parent. */
  function step(grid, at, data, right, whole) {
    if (data.below && data.open !== right) fold(data.id, right, whole);
    else if (right && data.below) focus(grid, at.rowIndex + 1);
    else if (!right) {
      let row = at.rowIndex - 1;
      for (; row >= 0; row -= 1) {
        const above = grid.getDisplayedRowAtIndex(row);
        if (!above || !above.data) break;
        if (above.data.level < data.level) return focus(grid, row);
      }
    }
  }
  function focus(grid, row) {
    grid.ensureIndexVisible(row);
    grid.setFocusedCell(row, "name");
  }

  /* The minimap: drag to zoom. Its own axis is the whole of what is looked at. */
  const minimap = () => document.querySelector(".wf-minimap");
  const share = (box, event) => {
    const place = box.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - place.left) / place.width));
  };
  const span = () => (shape ? shape.length || 1 : 1);
  let dragged = null;

  function drawWindow(ends) {
    const box = minimap();
    const frame = box && box.querySelector(".wf-window");
    if (!frame || !shape) return;
    const { from, to } = domain();
    const [left, right] = ends || [from / span(), to / span()];
    frame.hidden = !ends && left <= 0 && right >= 1;
    frame.style.left = 100 * Math.max(0, left) + "%";
    frame.style.width = 100 * Math.max(0.002, Math.min(1, right) - Math.max(0, left)) + "%";
  }
  function zoom(left, right) {
    const from = Math.max(0, Math.round(left * span()));
    const to = Math.min(span(), Math.round(right * span()));
    if (to > from) put({ zoom: from <= 0 && to >= span() ? "" : from + "-" + to });
  }
  document.addEventListener("pointerdown", (event) => {
    const box = event.target.closest && event.target.closest(".wf-minimap");
    if (!box || !shape || event.button) return;
    dragged = { box, from: share(box, event) };
    box.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const to = share(dragged.box, event);
    drawWindow([Math.min(dragged.from, to), Math.max(dragged.from, to)]);
  });
  document.addEventListener("pointerup", (event) => {
    if (!dragged) return;
    const ends = [dragged.from, share(dragged.box, event)].sort((a, b) => a - b);
    const wide = (ends[1] - ends[0]) * dragged.box.clientWidth > 4;
    dragged = null;
    if (wide) zoom(ends[0], ends[1]);
    else drawWindow();
  });
  document.addEventListener("dblclick", (event) => {
    if (event.target.closest && event.target.closest(".wf-minimap")) put({ zoom: "" });
  });
  document.addEventListener("keydown", (event) => {
    const box = minimap();
    if (!box || event.target !== box || !shape) return;
    const { from, to } = domain();
    const wide = (to - from) / span();
    const left = from / span();
    const to_ = {
      ArrowLeft: () => [Math.max(0, left - wide / 4), Math.max(0, left - wide / 4) + wide],
      ArrowRight: () => [Math.min(1 - wide, left + wide / 4), Math.min(1, left + wide * 1.25)],
      "+": () => [left + wide / 4, left + (3 * wide) / 4],
      "-": () => [left - wide / 2, left + 1.5 * wide],
      Escape: () => [0, 1],
    }[event.key];
    if (!to_) return;
    event.preventDefault();
    zoom(...to_());
  });

  /* What a row looks like. */
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = (...args) => window.React.createElement(...args);
  /* Deep levels step less far, or the names of a deep trace would stand outside of their column. */
  const WIDE = 8;
  const DEEPEST = 32;
  const indent = (level) => 14 * Math.min(level, WIDE) + 3 * Math.max(0, Math.min(level, DEEPEST) - WIDE);

  function useRepaint() {
    const [, turn] = window.React.useState(0);
    window.React.useEffect(() => {
      const again = () => turn((n) => n + 1);
      window.addEventListener(REPAINT, again);
      return () => window.removeEventListener(REPAINT, again);
    }, []);
  }

  cells.TraceName = ({ data }) => {
    useRepaint();
    if (!data) return make("span", { className: "wf-waiting" });
    const chosen = data.span && data.span === params().get("span");
    const here = data.id === current;
    const deep = data.level > WIDE;
    return make("span", {
        className: "wf-name wf-" + data.kind + (chosen ? " wf-chosen" : "") + (here ? " wf-here" : ""),
        style: { paddingLeft: indent(data.level) + "px" },
        title: [data.name, data.service, data.note, data.mark].filter(Boolean).join("\n"),
        "aria-level": data.level + 1,
      },
      deep ? make("span", { className: "wf-depth", title: "Level " + (data.level + 1) }, String(data.level + 1)) : null,
      data.below
        ? make("button", {
            className: "wf-fold",
            tabIndex: -1,
            "data-row": data.id,
            "aria-expanded": data.open,
            "aria-label": (data.open ? "Collapse" : "Expand") + " " + data.below + " below",
            title: "Shift-click: with everything below",
          }, make("i", { "aria-hidden": true }), data.kind === "span" ? data.below.toLocaleString("en") : null)
        : make("span", { className: "wf-leaf", "aria-hidden": true }),
      data.hue === undefined ? null : make("i", { className: "dot hue-" + data.hue, "aria-hidden": true }),
      data.bad ? make("span", { className: "wf-bad", role: "img", "aria-label": "error" }, "✕") : null,
      make("span", { className: "wf-words" }, data.name),
      data.count ? make("strong", { className: "wf-count" }, data.count) : null,
      make("span", { className: "wf-service" }, data.service),
      data.mark ? make("span", { className: "mark-odd" }, data.mark.split(":")[0]) : null,
      data.note ? make("span", { className: "wf-note" }, data.note) : null);
  };

  cells.TraceBar = ({ data }) => {
    useRepaint();
    if (!data || !data.bar.length || !shape) return null;
    const { from, to } = domain();
    const at = (ns) => (100 * (ns - from)) / (to - from);
    const piece = (className, [begins, ends], key) => {
      const left = Math.max(0, at(begins));
      const right = Math.min(100, at(ends));
      if (right < 0 || left > 100) return null;
      const style = { left: Math.min(left, 99.8) + "%", width: "max(2px, " + Math.max(0, right - left) + "%)" };
      return make("span", { className, style, key });
    };
    const [begins, ends] = data.bar;
    if (at(ends) < 0) return make("span", { className: "wf-off wf-off-left", title: "Before the zoom" }, "‹");
    if (at(begins) > 100) return make("span", { className: "wf-off wf-off-right", title: "After the zoom" }, "›");
    const kind = "wf-bar hue-" + data.hue + (data.bad ? " wf-bar-bad" : "") + (data.open_ended ? " wf-bar-open" : "");
    return make("span", { className: "wf-track", title: data.duration },
      data.ghost ? piece("wf-ghost", data.ghost, "ghost") : null,
      data.pieces
        ? [piece("wf-reach", data.bar, "reach"), ...data.pieces.map((each, i) => piece(kind, each, i))]
        : piece(kind, data.bar, "bar"),
      data.path.map((each, i) => piece("wf-path", each, "path" + i)));
  };

  cells.TraceStatus = ({ data }) =>
    data && data.status && data.status !== "unset"
      ? make("span", { className: "status status-" + data.status }, make("i", { "aria-hidden": true }), data.status)
      : null;

  cells.TraceAxis = () => {
    useRepaint();
    const { from, to } = domain();
    if (!shape) return make("div", { className: "wf-axis" });
    return make("div", { className: "wf-axis", role: "img", "aria-label": "From " + words(from) + " to " + words(to) },
      ticks(from, to).map((ns) =>
        make("span", { key: ns, style: { left: (100 * (ns - from)) / (to - from) + "%" } }, words(ns))));
  };

  function ticks(from, to) {
    const rough = (to - from) / 6;
    const ten = Math.pow(10, Math.floor(Math.log10(rough)));
    const nice = [1, 2, 5, 10].map((n) => n * ten).find((n) => n >= rough) || ten;
    const found = [];
    for (let ns = Math.ceil(from / nice) * nice; ns < to - nice / 4; ns += nice) found.push(ns);
    return found;
  }
  function words(ns) {
    const size = Math.abs(ns);
    const [unit, by] = size >= 1e9 ? [" s", 1e9] : size >= 1e6 ? [" ms", 1e6] : size >= 1e3 ? [" µs", 1e3] : [" ns", 1];
    return ns ? Number((ns / by).toPrecision(6)).toLocaleString("en") + unit : "0";
  }
})();
