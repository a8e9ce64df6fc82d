/* The list: rows that open in place, the menu of a cell, columns, pages and links. */
(function () {
  "use strict";
  const { put, params, changed, firstPage, viewNow, act, DEFAULTS } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const TABLE = "traces-table";
  const MOST_OPENED = 300;

  const byId = (id) => document.getElementById(id);
  const table = () => byId(TABLE);
  const modeNow = () => params().get("mode") || DEFAULTS.mode;
  const send = (store, data) => dc.set_props(store, { data: { ...data, at: Date.now() } });
  function grid() {
    try {
      return (table() && window.dash_ag_grid.getApi(TABLE)) || null;
    } catch (_) {
      return null; // its grid is still being made
    }
  }
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }
  let quiet = null;
  function say(words) {
    const line = byId("traces-said");
    if (!line) return;
    line.textContent = words;
    clearTimeout(quiet);
    quiet = setTimeout(() => (line.textContent = ""), 5000);
  }

  /* Cells. All of them make elements and text nodes, never markup. */
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  cells.Place = ({ data }) => {
    const element = window.React.createElement;
    const many = data.children > 0;
    return element("span", { className: "place" + (data.rest ? " place-rest" : ""), style: { paddingLeft: Math.min(data.level, 30) * 16 + "px" }, title: data.mark || data.process },
      many
        ? element("button", {
            type: "button",
            className: "expander",
            tabIndex: -1,
            "aria-expanded": Boolean(data.open),
            "aria-busy": Boolean(data.opening),
            "aria-label": (data.open ? "Collapse " : "Expand ") + data.process,
          })
        : element("span", { className: "no-expander" }),
      element("span", { className: "process-name" }, data.process),
      element("span", { className: "muted" }, data.service),
      data.mark ? element("span", { className: "mark-odd" }, data.mark.split(":")[0]) : null);
  };

  /* Rows that are open, as long as the browser's tab lives: the server opens them again. */
  const KEPT = "observatory-opened";
  function opened() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) || [];
    } catch (_) {
      return [];
    }
  }
  const keep = (ids) => sessionStorage.setItem(KEPT, JSON.stringify(ids.slice(-MOST_OPENED)));
  const isBelow = (id, parent) => id.startsWith(parent + "/");
  const parentOf = (id) => id.slice(0, Math.max(id.lastIndexOf("/"), 0));

  let waiting = new Set();
  function change(node, more) {
    const api = grid();
    api.applyTransaction({ update: [{ ...node.data, ...more }] });
    api.refreshCells({ rowNodes: [node], columns: ["process"], force: true });
  }
  function expand(node) {
    keep([...opened().filter((id) => id !== node.id), node.id]);
    change(node, { opening: true });
    waiting.add(node.id);
    send("traces-wanted", { ids: [...waiting] });
  }
  function collapse(node) {
    const api = grid();
    keep(opened().filter((id) => id !== node.id && !isBelow(id, node.id)));
    const below = [];
    api.forEachNode((each) => isBelow(each.id, node.id) && below.push({ id: each.id }));
    api.applyTransaction({ remove: below });
    change(node, { open: false, opening: false });
  }
  function toggle(node) {
    if (!node || node.data.rest) return;
    if (node.data.open) collapse(node);
    else if (!node.data.opening) expand(node);
  }
  function insert(parent, rows) {
    const api = grid();
    const node = api.getRowNode(parent);
    waiting.delete(parent);
    // it was closed again, or its page left, while its rows were on their way
    if (!node || node.data.open || !opened().includes(parent)) return;
    const fresh = rows.filter((row) => !api.getRowNode(row.id));
    if (fresh.length) api.applyTransaction({ add: fresh, addIndex: node.rowIndex + 1 });
    else say("This span has no children. Press o to open its trace.");
    if (!fresh.length) keep(opened().filter((id) => id !== parent));
    change(node, { open: fresh.length > 0, opening: false, children: fresh.length ? node.data.children || fresh.length : 0 });
  }

  /* A row to its trace; from the list of all orgs inside its own. */
  function target(node) {
    if (modeNow() === "watched") {
      return node.data.q ? { path: "/traces", changes: { ...firstPage, mode: "", cols: "", q: node.data.q } } : null;
    }
    const way = (node.data.rest ? parentOf(node.id) : node.id).split("/");
    const [org, trace, first] = way[0].split(":");
    const span = way.length > 1 ? way[way.length - 1].split(":")[0] : first;
    const inside = grid().getColumn("org") ? { org } : {};
    return { path: "/trace", changes: { trace, span, tab: "", ...inside } };
  }
  function open(node, apart) {
    const to = target(node);
    if (!to) return say("A gauge is no span: there is nothing to open.");
    if (apart) {
      const query = params();
      for (const [name, value] of Object.entries(to.changes)) value ? query.set(name, value) : query.delete(name);
      window.open(to.path + "?" + query, "_blank", "noopener");
      return undefined;
    }
    // where the reader was, for the way back
    history.replaceState({ ...history.state, row: node.id }, "");
    put(to.changes, { push: true, path: to.path });
    return undefined;
  }

  /* When the rows began and ended, so that the server need not look for their kin at all times. */
  function ends(rows) {
    const starts = rows.map((row) => Date.parse(row.raw.time));
    const last = rows.map((row, at) => starts[at] + Math.max(row.raw.duration || 0, 0) / 1e6);
    const [since, until] = [Math.min(...starts), Math.max(...last)];
    const told = [since, until].every((end) => Math.abs(end) < 8.64e15);
    return told ? { since: new Date(since).toISOString(), until: new Date(until + 1).toISOString() } : {};
  }

  const cellOf = (element) => element && element.closest && element.closest("#" + TABLE + " .ag-row .ag-cell");
  function nodeOf(element) {
    const row = element && element.closest && element.closest("#" + TABLE + " .ag-row");
    return row && grid() ? grid().getRowNode(row.getAttribute("row-id")) : null;
  }
  document.addEventListener("click", (event) => {
    const node = nodeOf(event.target);
    if (!node || event.button) return;
    if (event.target.closest(".expander")) return toggle(node);
    // somebody who marks text with the mouse does not want to leave
    if (String(window.getSelection())) return;
    open(node, event.ctrlKey || event.metaKey);
  }, true);

  /* The menu of a cell: filter by it, or copy it. */
  const holder = () => byId("traces-cell-menu");
  let menu = null;
  let more = null;
  function valueOf(node, key) {
    const { raw = {} } = node.data;
    const value = key in raw ? raw[key] : node.data[key];
    return value === undefined ? null : value;
  }
  function ask(node, column, exclude) {
    let key = column.getColDef().context.search;
    let value = valueOf(node, column.getColId());
    if (value && value.key) ({ key, value } = value);
    send("traces-cell", { key, value, exclude });
  }
  function copy(text) {
    const done = () => say("Copied.");
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text).then(done);
    const field = document.body.appendChild(make("textarea"));
    field.value = text;
    field.select();
    document.execCommand("copy");
    field.remove();
    return done();
  }
  function closeMenu(back) {
    if (!menu) return;
    const { cell } = menu;
    menu.element.remove();
    menu = null;
    if (back && cell.isConnected) cell.focus();
  }
  function openMenu(cell, x, y) {
    closeMenu();
    hideMore();
    const node = nodeOf(cell);
    const column = grid() && grid().getColumn(cell.getAttribute("col-id"));
    if (!node || !column || node.data.rest) return;
    const value = valueOf(node, column.getColId());
    const shown = String(node.data[column.getColId()] || "");
    const tooLong = Boolean(value && value.long);
    const filterable = column.getColDef().context.search && !tooLong;
    const plain = value && value.key ? value.value : value;
    const text = tooLong || plain === null ? shown : String(plain);
    const item = (words, run, enabled = true) => {
      const button = make("button", { type: "button", role: "menuitem", tabindex: -1, disabled: enabled ? null : "" }, words);
      button.addEventListener("click", () => {
        closeMenu(true);
        run();
      });
      return button;
    };
    const title = make("div", { class: "cell-menu-title" },
      make("span", { class: "muted" }, column.getColDef().headerName), make("strong", {}, shown || "(empty)"));
    const element = make("div", { role: "menu", class: "menu", "aria-label": "This cell" }, title,
      item(value === null ? "Only rows without a value" : "Filter for this value", () => ask(node, column, false), filterable),
      item(value === null ? "Only rows with a value" : "Filter out this value", () => ask(node, column, true), filterable),
      item("Copy value", () => copy(text), Boolean(text)),
      item(modeNow() === "watched" ? "Show its spans" : "Open the trace", () => open(node)));
    if (tooLong) title.append(make("span", { class: "muted" }, "Too long to filter by; the span holds all of it."));
    holder().append(element);
    element.style.left = Math.max(8, Math.min(x, window.innerWidth - element.offsetWidth - 8)) + "px";
    element.style.top = Math.max(8, Math.min(y, window.innerHeight - element.offsetHeight - 8)) + "px";
    menu = { element, cell };
    step(1);
  }
  function step(by) {
    const items = [...menu.element.querySelectorAll("button:not(:disabled)")];
    const at = items.indexOf(document.activeElement);
    items[(at + by + items.length) % items.length].focus();
  }
  function openBelow(cell) {
    const { left, bottom } = cell.getBoundingClientRect();
    openMenu(cell, left + 8, bottom);
  }
  document.addEventListener("contextmenu", (event) => {
    const cell = cellOf(event.target);
    if (!cell || event.shiftKey) return;
    event.preventDefault();
    if (menu && menu.cell === cell) return;
    // the menu key has no place of its own
    if (event.button === 2) openMenu(cell, event.clientX, event.clientY);
    else openBelow(cell);
  });
  document.addEventListener("pointerdown", (event) => menu && !menu.element.contains(event.target) && closeMenu(), true);
  document.addEventListener("scroll", (event) => {
    hideMore();
    if (menu && !menu.element.contains(event.target)) closeMenu();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (!menu || !menu.element.contains(event.target)) return;
    const move = { ArrowDown: 1, ArrowUp: -1, Tab: event.shiftKey ? -1 : 1 }[event.key];
    if (move) step(move);
    else if (event.key === "Escape") closeMenu(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  /* A small … in the cell under the pointer or the focus: the same menu for who has no right button. */
  function hideMore() {
    if (more) more.hidden = true;
  }
  function showMore(event) {
    const cell = cellOf(event.target);
    if (!cell) return;
    if (!more || !more.isConnected) {
      more = make("button", { type: "button", class: "cell-more", tabindex: -1, "aria-label": "What to do with this cell", "aria-haspopup": "menu" }, "…");
      more.addEventListener("click", () => openBelow(more.cell));
      if (!holder()) return;
      holder().append(more);
    }
    const { right, top, height } = cell.getBoundingClientRect();
    more.cell = cell;
    more.style.left = right - 26 + "px";
    more.style.top = top + (height - 22) / 2 + "px";
    more.hidden = false;
  }
  document.addEventListener("mouseover", (event) => {
    if (menu) return;
    if (cellOf(event.target)) showMore(event);
    else if (event.target !== more) hideMore();
  });
  document.addEventListener("focusin", (event) => (cellOf(event.target) ? showMore(event) : event.target === more || hideMore()));

  /* Keys. */
  function focusRow(index, column) {
    const api = grid();
    if (!api || index < 0 || index >= api.getDisplayedRowCount()) return;
    const shown = api.getAllDisplayedColumns();
    api.ensureIndexVisible(index);
    api.setFocusedCell(index, column || shown.find((each) => each.getColId() === "process") || shown[0]);
  }
  function moveBy(step) {
    const api = grid();
    if (!api) return false;
    const at = api.getFocusedCell();
    const inside = table().contains(document.activeElement);
    focusRow(at ? (inside ? at.rowIndex + step : at.rowIndex) : 0, at && at.column);
    return true;
  }
  const onRow = (run) => (event) => {
    const node = nodeOf(event.target);
    return node && !event.target.closest("button") ? run(node, event) !== false : false;
  };
  const inFirst = (event) => cellOf(event.target) && cellOf(event.target).getAttribute("col-id") === "process";
  const press = (id) => () => {
    const button = byId(id);
    if (!button || button.disabled) return false;
    button.click();
    return true;
  };
  act("row-down", () => moveBy(1));
  act("row-up", () => moveBy(-1));
  act("row-toggle", onRow((node) => (modeNow() === "watched" ? open(node) : node.data.rest ? open(node) : toggle(node))));
  act("row-expand", onRow((node, event) => {
    if (!inFirst(event) || node.data.open || !node.data.children) return false;
    return toggle(node);
  }));
  act("row-collapse", onRow((node, event) => {
    if (!inFirst(event)) return false;
    if (node.data.open) return collapse(node);
    const above = grid().getRowNode(parentOf(node.id));
    return above ? focusRow(above.rowIndex) : false;
  }));
  act("row-open", onRow((node) => open(node)));
  act("cell-menu", onRow((node, event) => cellOf(event.target) && openBelow(cellOf(event.target))));
  act("next", press("traces-older"));
  act("previous", press("traces-newer"));
  act("jump", () => {
    const box = byId("traces-jump-box");
    if (box) box.focus();
    return Boolean(box);
  });
  act("next-mode", () => {
    const modes = ["spans", "traces", "watched"];
    if (!table()) return false;
    dc.traces.put_mode(modes[(modes.indexOf(modeNow()) + 1) % modes.length]);
    return true;
  });
  for (const [name, id] of [["columns", "traces-columns"], ["views", "saved-menu"]]) {
    act(name, () => {
      const drop = byId(id);
      if (!drop) return false;
      drop.open = true;
      drawColumns();
      (drop.querySelector(".column-box, .saved-open, [data-verb=save] input") || drop.querySelector("summary")).focus();
      return true;
    });
  }

  /* Columns: which there are comes with the page, which are shown is in the grid and in the URL. */
  const menuOfColumns = () => byId("traces-columns-menu");
  const catalogue = () => JSON.parse(menuOfColumns().dataset.catalogue)[modeNow()] || { columns: [], defaults: [] };
  let found = { text: "", keys: [] };
  function shownNow() {
    return grid().getColumnState()
      .filter((state) => state.colId !== "org" && !state.hide)
      .map((state) => {
        const { headerName, context } = grid().getColumnDef(state.colId);
        const own = !state.flex && (context.stretches || Math.round(state.width) !== context.width);
        return { key: state.colId, title: headerName, width: own ? Math.round(state.width) : 0 };
      });
  }
  const written = (columns) =>
    columns.map(({ key, width }) => encodeURIComponent(key) + (width ? ":" + width : "")).join(",");
  function remember(cols) {
    send("traces-columns-chosen", { mode: modeNow(), cols });
  }
  /* Order and widths are in the grid already: the URL follows, and no row is read again. */
  function noteColumns() {
    const cols = written(shownNow());
    const query = params();
    query.set("cols", cols);
    history.replaceState(history.state, "", location.pathname + "?" + query);
    document.dispatchEvent(new Event("observatory:columns"));
    remember(cols);
    drawColumns();
  }
  function putColumns(columns) {
    const cols = written(columns);
    remember(cols);
    put({ cols });
  }
  function reorder(key, step) {
    const api = grid();
    const order = shownNow().map((column) => column.key);
    const at = order.indexOf(key);
    if (at + step < 0 || at + step >= order.length) return;
    order.splice(at + step, 0, ...order.splice(at, 1));
    const first = api.getColumn("org") ? ["org"] : [];
    api.applyColumnState({ state: [...first, ...order].map((colId) => ({ colId })), applyOrder: true });
    noteColumns();
  }
  function button(words, label, run, attributes) {
    const element = make("button", { type: "button", "aria-label": label, title: label, ...attributes }, words);
    element.addEventListener("click", (event) => {
      // the list is drawn anew: without this, the click seems to come from outside of the menu
      event.stopPropagation();
      run();
    });
    return element;
  }
  function columnLine(column, index, all) {
    const { key, title } = column;
    const focusKey = (name) => ({ "data-focus": name + key });
    return make("li", {},
      make("span", { class: "column-name", title: key }, title),
      button("↑", "Move " + title + " to the left", () => reorder(key, -1), { ...focusKey("up"), disabled: index ? null : "" }),
      button("↓", "Move " + title + " to the right", () => reorder(key, 1), { ...focusKey("down"), disabled: index < all.length - 1 ? null : "" }),
      button("×", "Remove " + title, () => putColumns(all.filter((each) => each.key !== key)), { ...focusKey("off"), disabled: all.length > 1 ? null : "" }));
  }
  function offers(text, shown) {
    const low = text.trim().toLowerCase();
    const taken = new Set(shown.map((column) => column.key));
    const named = /^(attr|resource)\.\S/.test(text.trim()) ? [{ key: text.trim(), title: text.trim() }] : [];
    const fits = (column) => (column.key + " " + column.title).toLowerCase().includes(low);
    const seen = new Set();
    return [...catalogue().columns.filter(fits), ...(modeNow() === "spans" ? [...found.keys.filter(fits), ...named] : [])]
      .filter(({ key }) => !taken.has(key) && !seen.has(key) && seen.add(key));
  }
  function drawOffers(list, text, shown) {
    const lines = offers(text, shown).map((column) =>
      make("li", {}, button("", "Add " + column.title, () => putColumns([...shown, column]), { "data-add": column.key })));
    lines.forEach((line, index) => {
      const { key, title } = offers(text, shown)[index];
      line.firstChild.append(make("span", {}, title), make("code", {}, key));
    });
    list.replaceChildren(...(lines.length ? lines : [make("li", { class: "muted" }, "Nothing is called that.")]));
  }
  let typed = null;
  function drawColumns() {
    const holder = menuOfColumns();
    if (!holder || !grid() || !holder.closest("[open]")) return;
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.focus : null;
    const text = (holder.querySelector("input") || {}).value || "";
    const shown = shownNow();
    const box = make("input", { type: "text", class: "column-box", placeholder: "Add a field or an attribute", "aria-label": "Find a column to add", "data-focus": "box" });
    box.value = text;
    const list = make("ul", { class: "columns-more" });
    drawOffers(list, text, shown);
    box.addEventListener("input", () => {
      drawOffers(list, box.value, shown);
      clearTimeout(typed);
      typed = setTimeout(() => send("traces-columns-typed", { text: box.value }), 200);
    });
    box.addEventListener("keydown", (event) => {
      const first = list.querySelector("button");
      if (event.key === "Enter" && first && box.value.trim()) first.click();
    });
    holder.replaceChildren(
      make("ul", { class: "columns-shown", "aria-label": "Columns shown" }, ...shown.map(columnLine)),
      box, list,
      button("Reset to default", "Reset to default", () => remember(""), { class: "button wide", "data-focus": "reset" }));
    const again = focused && holder.querySelector('[data-focus="' + CSS.escape(focused) + '"]');
    if (again) again.focus();
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.id !== "traces-columns" || !event.target.open) return;
    drawColumns();
    if (modeNow() === "spans") send("traces-columns-typed", { text: "" });
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.target.id === "traces-jump-box" && event.key === "Enter") send("traces-jump", { text: event.target.value });
  });

  /* What a new grid needs once. */
  let listened = null;
  function prepare(api) {
    if (!api || api === listened) return;
    listened = api;
    const mine = (event) => event.finished && String(event.source).startsWith("ui") && noteColumns();
    api.addEventListener("columnMoved", mine);
    api.addEventListener("columnResized", mine);
    api.addEventListener("displayedColumnsChanged", drawColumns);
    const { row } = history.state || {};
    if (row) returnTo(row);
  }
  /* Back from a trace: the row that was opened, once the grid has drawn it. */
  function returnTo(row, tries = 60) {
    const node = grid() && grid().getRowNode(row);
    if (node) {
      grid().ensureNodeVisible(node, "middle");
      focusRow(node.rowIndex);
    }
    const done = node && table().contains(document.activeElement);
    if (!done && tries) requestAnimationFrame(() => returnTo(row, tries - 1));
  }
  function whenReady(run, tries = 60) {
    const api = grid();
    if (api) run(api);
    else if (tries) requestAnimationFrame(() => whenReady(run, tries - 1));
  }

  dc.traces = {
    controls: (view) => {
      const query = params(view && view.search);
      return query.get("mode") || DEFAULTS.mode;
    },
    asked: (view) => (view ? { ...view, opened: opened() } : stay()),
    pager: (cursors) => {
      const at = cursors || {};
      const paged = params().get("after") || params().get("before");
      return [!paged, !at.newer, !at.older];
    },
    fresh: (words) => (dc.callback_context.triggered_id === "traces-cursors" ? true : !words),
    put_mode: (value) =>
      changed("mode", value) ? put({ ...firstPage, cols: "", mode: value }, { push: true }) : stay(),
    /* after the rows: which of them have children is asked on the side */
    rows_came: (rows) => {
      waiting = new Set();
      const unknown = (rows || []).filter((row) => row.children === undefined && row.level === 0);
      if (modeNow() === "spans" && unknown.length) send("traces-unknown", { ids: unknown.map((row) => row.id), ...ends(unknown) });
      whenReady((api) => setTimeout(() => prepare(api), 0));
      whenReady(() => setTimeout(drawColumns, 0));
      return stay();
    },
    kin_came: (kin) => {
      if (!kin || !grid()) return stay();
      const nodes = Object.keys(kin).map((id) => grid().getRowNode(id)).filter(Boolean);
      grid().applyTransaction({ update: nodes.map((node) => ({ ...node.data, ...kin[node.id] })) });
      grid().refreshCells({ rowNodes: nodes, columns: ["process"], force: true });
      return stay();
    },
    kids_came: (kids) => {
      if (!kids || !grid()) return stay();
      if (kids.error) {
        say(kids.error);
        for (const id of waiting) {
          const node = grid().getRowNode(id);
          keep(opened().filter((each) => each !== id));
          if (node) change(node, { opening: false });
        }
        waiting.clear();
        return stay();
      }
      for (const [parent, rows] of Object.entries(kids.below)) insert(parent, rows);
      return stay();
    },
    term_came: (answer) => {
      if (!answer) return stay();
      if (answer.error) say(answer.error);
      else window.observatory.addTerm(answer.term);
      return stay();
    },
    keys_came: (answer) => {
      if (!answer || answer.error) return stay();
      found = answer;
      const holder = menuOfColumns();
      const list = holder && holder.querySelector(".columns-more");
      if (list && grid()) drawOffers(list, holder.querySelector("input").value, shownNow());
      return stay();
    },
    /* once the choice is forgotten, the page without it is the default one */
    remembered: (answer) => {
      if (!answer || !answer.reset) return stay();
      if (params().get("cols")) return put({ cols: "" });
      dc.set_props("shell-view", { data: { ...viewNow(), at: Date.now() } });
      return stay();
    },
    jump_error: (answer) => {
      if (!answer) return "";
      if (answer.after) put({ before: "", after: answer.after }, { push: true });
      return answer.error || "";
    },
    // a button that has just been put on the page fires without a click
    go_first: (clicks) => {
      if (!clicks) return stay();
      if (!params().get("after") && !params().get("before")) {
        dc.set_props("shell-view", { data: { ...viewNow(), at: Date.now() } });
        return stay();
      }
      return put(firstPage, { push: true });
    },
    go_newer: (clicks, at) =>
      clicks && at && at.newer ? put({ after: "", before: at.newer }, { push: true }) : stay(),
    go_older: (clicks, at) =>
      clicks && at && at.older ? put({ before: "", after: at.older }, { push: true }) : stay(),
  };
})();
