/* The Code Inspector: its picker, its list and its bars to links. */
(function () {
  "use strict";
  const { put, params, changed, act } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const TABLE = "code-table";
  const PAUSE_MS = 200;
  const NO_FUNCTION = { function: "", service: "", revision: "", against: "" };
  const DEFAULT_SORT = "calls:desc";

  const byId = (id) => document.getElementById(id);
  const here = () => Boolean(byId("code-find"));
  const opened = () => Boolean(params().get("function"));
  function grid() {
    try {
      return (byId(TABLE) && window.dash_ag_grid.getApi(TABLE)) || null;
    } catch (_) {
      return null; // its grid is still being made
    }
  }

  /* Cells. All of them make elements and text nodes, never markup. */
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = (...args) => window.React.createElement(...args);
  cells.CodeFunction = ({ data }) =>
    make("span", { className: "process", title: data.place ? data.process + "\n" + data.place : data.process },
      make("span", { className: "process-name" }, data.process),
      make("span", { className: "muted" }, data.service));
  cells.Change = ({ data, colDef }) =>
    make("span", { className: data.tones[colDef.field] || "muted" }, data.words[colDef.field] || "");

  /* What is not known comes last, whichever way is sorted. */
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.nothingLast = (a, b, nodeA, nodeB, descending) => {
    const [no, nor] = [a === null || a === undefined, b === null || b === undefined];
    if (no || nor) return no && nor ? 0 : no === Boolean(descending) ? -1 : 1;
    return a - b;
  };

  /* The order of the list stands in the URL; a new grid is told before it is listened to. */
  let told = null;
  function sortBy(wanted, tries = 40) {
    const api = grid();
    if (!api) {
      if (tries && here()) setTimeout(() => sortBy(wanted, tries - 1), 50);
      return;
    }
    const [colId, sort] = (wanted || DEFAULT_SORT).split(":");
    const now = sortOf(api.getColumnState());
    told = api;
    if (now !== colId + ":" + sort && api.getColumn(colId)) {
      api.applyColumnState({ state: [{ colId, sort: sort === "asc" ? "asc" : "desc" }], defaultState: { sort: null } });
    }
  }
  function sortOf(state) {
    const column = (state || []).find((each) => each.sort);
    return column ? column.colId + ":" + column.sort : DEFAULT_SORT;
  }

  /* The picker's suggestions: shown while one types, moved through with arrows. */
  const menu = () => document.querySelector(".code-menu");
  const options = () => [...document.querySelectorAll(".code-menu a.code-option")];
  const active = () => document.querySelector(".code-option-active");
  const showing = () => Boolean(menu() && menu().classList.contains("code-menu-open"));
  function show(open) {
    if (!menu()) return;
    menu().classList.toggle("code-menu-open", open);
    mark(null);
  }
  function mark(option) {
    if (active()) active().classList.remove("code-option-active");
    if (option) option.classList.add("code-option-active");
    if (option) option.scrollIntoView({ block: "nearest" });
  }
  function move(by) {
    const all = options();
    if (!all.length) return;
    const at = all.indexOf(active());
    mark(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length]);
  }

  let pause = null;
  function settle(text) {
    if (!here()) return;
    if (!opened() && changed("find", text)) put({ find: text });
    dc.set_props("code-typed", { data: { text } });
  }

  function openFunction(name, service) {
    show(false);
    if (document.activeElement === byId("code-find")) document.activeElement.blur();
    put({ ...NO_FUNCTION, function: name, service }, { push: true });
  }
  function back() {
    if (!here() || !opened()) return false;
    put(NO_FUNCTION, { push: true });
    return true;
  }

  dc.code = {
    controls: (view) => {
      const query = params(view && view.search);
      const open = Boolean(query.get("function"));
      const typing = document.activeElement && document.activeElement.id === "code-find";
      if (!open) sortBy(query.get("sort"));
      return [typing ? stay() : open ? "" : query.get("find") || "", open, !open, !open];
    },
    typed: (value) => {
      const typing = document.activeElement && document.activeElement.id === "code-find";
      if (!typing) return stay();
      const text = value || "";
      show(Boolean(text.trim()));
      clearTimeout(pause);
      pause = setTimeout(() => settle(text), PAUSE_MS);
      return stay();
    },
    open: (cell) => {
      const node = cell && grid() && grid().getRowNode(cell.rowId);
      if (node && node.data.function) openFunction(node.data.function, node.data.in || "");
      return stay();
    },
    sorted: (state) => {
      if (!state || told !== grid() || opened()) return stay();
      const now = sortOf(state);
      const wanted = now === DEFAULT_SORT ? "" : now;
      return changed("sort", wanted) ? put({ sort: wanted }) : stay();
    },
    back: (clicks) => {
      if (clicks) back();
      return stay();
    },
    bar_to_spans: (click) => {
      const point = click && click.points && click.points[0];
      const href = point && Array.isArray(point.customdata) && point.customdata[1];
      if (typeof href !== "string" || !href.startsWith("/traces?")) return stay();
      history.pushState({}, "", href);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
      return stay();
    },
  };

  document.addEventListener("keydown", (event) => {
    if (!event.target || event.target.id !== "code-find" || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      show(Boolean(event.target.value.trim()) && (showing() || options().length > 0) ? true : showing());
      move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    } else if (event.key === "Enter") {
      const chosen = active() || (opened() && showing() ? options()[0] : null);
      if (chosen) chosen.click();
      else show(false);
    }
  });
  /* Where the list was stays in the URL, whatever the suggestion's own address says of it. */
  document.addEventListener("click", (event) => {
    const option = event.target.closest && event.target.closest("a.code-option");
    if (option && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      const wanted = new URL(option.href, location.href).searchParams;
      openFunction(wanted.get("function"), wanted.get("service") || "");
    } else if (showing() && !(event.target.closest && event.target.closest(".code-picker"))) show(false);
  }, true);

  act("close", (event) => {
    if (!here() || document.querySelector("details.drop[open], dialog[open]")) return false;
    if (showing()) {
      show(false);
      return true;
    }
    if (event.target.closest && event.target.closest("input, [role=listbox], .dash-dropdown-content")) return false;
    return back();
  });
})();
