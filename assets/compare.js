/* Two traces side by side: ids and filters to links, jumps from difference to difference. */
(function () {
  "use strict";
  const { act, put, params, changed } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const TABLE = "compare-table";
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = (...args) => window.React.createElement(...args);
  const here = () => location.pathname === "/compare";

  const api = () => {
    try {
      return window.dash_ag_grid.getApi(TABLE);
    } catch {
      return null; // the grid is not there yet
    }
  };

  /* Steps that were opened or closed stand in the link, by their numbers. */
  const toggledNow = () => new Set((params().get("select") || "").split(".").filter(Boolean));
  function toggle(id) {
    const step = id.split(":")[0];
    const steps = toggledNow();
    if (!steps.delete(step)) steps.add(step);
    put({ select: [...steps].join(".") });
  }

  /* What decides which traces are compared; filters and open steps do not. */
  const pairOf = (search) => {
    const query = params(search);
    const names = ["org", "trace", "other", "version", "zone"];
    return names.map((name) => query.get(name) || "").join(" ");
  };

  const clean = (text) => (text || "").trim().toLowerCase().replace(/[^0-9a-f]/g, "");
  const fresh = { select: "", only: "", span: "", tab: "" };
  const putId = (name) => (value) => {
    if (value === undefined || value === null || !here()) return stay();
    // an id may come in the middle of a link
    const found = /[?&]trace=([0-9a-f]{32})/i.exec(value);
    const id = clean(found ? found[1] : value);
    return changed(name, id) ? put({ ...fresh, [name]: id }, { push: true }) : stay();
  };

  let last = "";
  let shownPair = "";
  function reload(view) {
    const search = (view && view.search) || "";
    if (!here() || search === last) return stay();
    const samePair = pairOf(search) === shownPair;
    last = search;
    shownPair = pairOf(search);
    // a grid that is still to come asks by itself
    const grid = api();
    if (!grid) return stay();
    if (samePair) grid.refreshInfiniteCache();
    else grid.purgeInfiniteCache();
    return stay();
  }

  function jump(row) {
    const grid = api();
    if (!grid || row === null || row === undefined) return;
    grid.ensureIndexVisible(row, "middle");
    grid.setFocusedCell(row, "step");
  }
  function step(places, way) {
    const grid = api();
    if (!grid || !places) return stay();
    const focused = grid.getFocusedCell();
    const at = focused ? focused.rowIndex : way > 0 ? -1 : Infinity;
    const rows = way > 0 ? places.rows : [...places.rows].reverse();
    jump(rows.find((row) => (way > 0 ? row > at : row < at)));
    return stay();
  }

  dc.compare = {
    pair: (view, before) => {
      const found = pairOf(view && view.search) + " " + ((view && view.zone) || "");
      return found === before ? stay() : found;
    },
    controls: (view) => {
      const query = params(view && view.search);
      return [query.get("trace") || "", query.get("other") || "", query.get("only") || ""];
    },
    reload,
    put_left: putId("trace"),
    put_right: putId("other"),
    put_only: (value) => (here() && changed("only", value) ? put({ only: value, select: "" }) : stay()),
    swap: (clicks) =>
      clicks
        ? put({ ...fresh, trace: params().get("other"), other: params().get("trace") }, { push: true })
        : stay(),
    open_span: (cell) => {
      const [, left, right] = ((cell && cell.rowId) || "").split(":");
      if (!cell || !cell.rowId) return stay();
      if (!left && !right) {
        toggle(cell.rowId);
        return stay();
      }
      const inLeft = cell.colId === "left" ? !!left : !right;
      const trace = params().get(inLeft ? "trace" : "other");
      const span = inLeft ? left : right;
      return put({ trace, span, other: "", only: "", select: "", tab: "" }, { push: true, path: "/trace" });
    },
    able: (places) => {
      const none = !places || !places.rows.length;
      return [!places || places.first === null, none, none];
    },
    jump_first: (clicks, places) => {
      if (clicks && places) jump(places.first);
      return stay();
    },
    jump_previous: (clicks, places) => (clicks ? step(places, -1) : stay()),
    jump_next: (clicks, places) => (clicks ? step(places, 1) : stay()),
  };

  const click = (button) => {
    if (!here() || !button) return false;
    button.click();
    return true;
  };
  act("next", () => click(document.getElementById("compare-next")));
  act("previous", () => click(document.getElementById("compare-previous")));
  act("row-fold", (event) => {
    const row = event.target.closest(".ag-row");
    return Boolean(row) && click(row.querySelector(".fold"));
  });

  /* Cells. Rows on their way have no data yet. */
  cells.ComparedStep = ({ data }) =>
    data
      ? make("span", {
            className: "branch" + (data.context ? " context-row" : ""),
            style: { paddingLeft: Math.min(data.depth, 30) * 14 + "px" },
            title: data.step + (data.service ? " · " + data.service : ""),
          },
          data.open === null
            ? make("span", { className: "fold-none", "aria-hidden": true })
            : make("button", {
                className: "fold",
                "aria-expanded": data.open,
                "aria-label": (data.open ? "Close " : "Open ") + data.step,
                title: data.inside + " inside",
                // not React's onClick, which would come after the grid's own: that opens the span
                ref: (button) => {
                  if (!button) return;
                  button.onclick = (event) => {
                    event.stopPropagation();
                    toggle(data.id);
                  };
                },
              }, data.open ? "▾" : "▸"),
          make("i", { className: "dot hue-" + data.hue, "aria-hidden": true }),
          make("span", { className: "process-name" }, data.step),
          data.repeats ? make("span", { className: "repeats" }, data.repeats) : null,
          make("span", { className: "muted" }, data.service))
      : null;

  const MARKS = { same: "=", slower: "▲", faster: "▼", added: "+", missing: "−", "status changed": "!", repeated: "↻" };
  cells.ComparedState = ({ data }) =>
    data
      ? make("span", { className: "compared-state state-" + data.state.replace(" ", "-") },
          make("i", { "aria-hidden": true }, MARKS[data.state]),
          data.state)
      : null;

  const bar = (place, side) =>
    place
      ? make("span", {
          className: "compared-bar compared-bar-" + side,
          style: { left: place[0] + "%", width: "max(2px, " + place[1] + "%)" },
        })
      : null;
  cells.ComparedBars = ({ data }) =>
    data ? make("span", { className: "compared-track" }, bar(data.bars[0], "a"), bar(data.bars[1], "b")) : null;

  cells.ComparedSide = ({ data, colDef }) => {
    const side = data && data[colDef.field];
    if (!data) return null;
    if (!side) return make("span", { className: "muted", title: "did not happen" }, "–");
    return make("span", {
        className: "opens" + (side.errors ? " bad" : ""),
        title: side.errors ? "ended in error; opens the span" : "opens the span",
      },
      side.errors ? "✕ " : "", side.time);
  };

  cells.ComparedDelta = ({ data }) =>
    data
      ? make("span", null, data.delta, data.ratio ? make("span", { className: "muted" }, " " + data.ratio) : null)
      : null;

  cells.ComparedText = ({ data, colDef }) => (data ? data[colDef.field] : null);
})();

/* The cohort tab of a trace: its days, the trace to compare with, and steps to spans. */
(function () {
  "use strict";
  const { put, params, changed } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const cells = window.dashAgGridComponentFunctions;
  const make = (...args) => window.React.createElement(...args);
  const open = () => location.pathname === "/trace" && params().get("tab") === "cohort";
  const days = () => params().get("cohort") || "7";

  dc.cohort = {
    controls: () => [days(), ""],
    put_days: (value) =>
      open() && value && value !== days() ? put({ cohort: value === "7" ? "" : value }) : stay(),
    put_other: (value) => {
      if (!open() || !value) return stay();
      const found = /[?&]trace=([0-9a-f]{32})/i.exec(value);
      const other = found ? found[1] : value.trim();
      const change = { trace: other, other: params().get("trace"), span: "", tab: "", cohort: "", only: "", select: "" };
      return put(change, { push: true, path: "/compare" });
    },
    open_step: (cell) => {
      const span = ((cell && cell.rowId) || "").split(":")[1];
      return span && changed("span", span) ? put({ span }) : stay();
    },
  };

  const MARKS = {
    new: "+", skipped: "−", failed: "✕", repeated: "↻", slower: "▲", faster: "▼", rare: "◇", "as usual": "=",
  };
  cells.CohortStep = ({ data }) =>
    make("span", { className: "branch", title: (data.above ? data.above + " › " : "") + data.step + " · " + data.service },
      make("i", { className: "dot hue-" + data.hue, "aria-hidden": true }),
      make("span", { className: "process-name" }, data.step),
      data.within ? make("span", { className: "muted" }, "in " + data.within) : null);
  cells.CohortVerdict = ({ data }) =>
    make("span", { className: "compared-state verdict-" + data.kind.replace(" ", "-"), title: data.verdict },
      make("i", { "aria-hidden": true }, MARKS[data.kind]),
      make("span", null, data.verdict));
  cells.CohortShare = ({ data, field, colDef }) => {
    const share = data[colDef.field];
    return make("span", { className: "cohort-share" },
      make("span", { className: "cohort-gauge", "aria-hidden": true },
        share > 0 ? make("span", { style: { width: 100 * share + "%" } }) : null),
      make("span", null, data[field]));
  };
})();
