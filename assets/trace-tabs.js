/* The tabs of the trace page beside the waterfall: what is drawn here, and clicks to links. */
(function () {
  "use strict";
  const { put, params, graphs } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const byId = (id) => document.getElementById(id);
  const open = (tab) => params().get("tab") === tab;
  const select = (value) => put({ select: value }, { push: true });

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /* Flame graph: boxes with places as shares of the width. */
  const ROW = 23;
  const LABELLED = 0.012;

  function drawFlame(data) {
    const drawing = byId("trace-flame-drawing");
    if (!drawing) return stay();
    const focused = drawing.contains(document.activeElement);
    const boxes = (data && data.boxes) || [];
    drawing.replaceChildren(...boxes.map(flameBox));
    drawing.style.height = (1 + Math.max(-1, ...boxes.map((box) => box.level))) * ROW + "px";
    if (!flames.has(drawing)) wireFlame(drawing);
    flames.set(drawing, { boxes, above: data ? data.above : null });
    if (drawing.firstChild) {
      drawing.firstChild.tabIndex = 0;
      if (focused) drawing.firstChild.focus({ preventScroll: true });
    }
    hideTip(drawing);
    return stay();
  }

  // drawing → its boxes; what a click or key means is looked up when it comes
  const flames = new WeakMap();

  function wireFlame(drawing) {
    const on = (event, handler) => drawing.addEventListener(event, handler);
    on("keydown", (event) => walkFlame(event, drawing, flames.get(drawing)));
    for (const event of ["mouseover", "focusin"]) on(event, (it) => tellFlame(it, drawing, flames.get(drawing)));
    for (const event of ["mouseleave", "focusout"]) on(event, () => hideTip(drawing));
    on("mousemove", (event) => event.target !== drawing && placeTip(drawing, event.clientX, event.clientY));
  }

  function flameBox(box, number) {
    const hue = box.hue === null ? "flame-more" : "hue-" + box.hue;
    const element = make("button", "flame-frame " + hue + (box.bad ? " flame-bad" : ""));
    element.type = "button";
    element.tabIndex = -1;
    element.dataset.number = number;
    element.style.left = box.left * 100 + "%";
    element.style.width = "max(1px, calc(" + box.width * 100 + "% - 1px))";
    element.style.top = box.level * ROW + "px";
    element.setAttribute("aria-label", box.tip.join(", "));
    if (box.width > LABELLED) element.append(make("span", "", (box.bad ? "✕ " : "") + box.label));
    if (box.span) element.onclick = () => select(box.span);
    return element;
  }

  function walkFlame(event, drawing, { boxes, above }) {
    const here = boxes[Number(event.target.dataset.number)];
    if (!here) return;
    if (event.key === "Escape" && above !== null) {
      event.stopPropagation();
      select(above);
      return;
    }
    const inside = (one, other) => one.left >= other.left - 1e-9 && one.left + one.width <= other.left + other.width + 1e-9;
    const beside = boxes.filter((box) => box.level === here.level);
    const found = {
      ArrowDown: () => boxes.find((box) => box.level === here.level + 1 && inside(box, here)),
      ArrowUp: () => boxes.find((box) => box.level === here.level - 1 && inside(here, box)),
      ArrowLeft: () => beside[beside.indexOf(here) - 1],
      ArrowRight: () => beside[beside.indexOf(here) + 1],
    }[event.key];
    if (!found) return;
    event.preventDefault();
    const next = drawing.children[boxes.indexOf(found())];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  function tip(drawing) {
    const next = drawing.nextElementSibling;
    if (next && next.classList.contains("flame-tip")) return next;
    const made = make("div", "flame-tip");
    made.setAttribute("aria-hidden", "true");
    drawing.after(made);
    return made;
  }
  const hideTip = (drawing) => (tip(drawing).hidden = true);

  function tellFlame(event, drawing, { boxes }) {
    const element = event.target.closest(".flame-frame");
    if (!element) return hideTip(drawing);
    const [name, ...facts] = boxes[Number(element.dataset.number)].tip;
    const told = tip(drawing);
    told.replaceChildren(make("strong", "", name), ...facts.map((fact) => make("span", "", fact)));
    told.hidden = false;
    const at = element.getBoundingClientRect();
    if (event.type === "focusin") placeTip(drawing, at.left, at.bottom);
    return undefined;
  }

  function placeTip(drawing, x, y) {
    const told = tip(drawing);
    told.style.left = Math.max(8, Math.min(x + 12, innerWidth - told.offsetWidth - 12)) + "px";
    const below = y + 18 + told.offsetHeight < innerHeight;
    told.style.top = (below ? y + 18 : y - told.offsetHeight - 10) + "px";
  }

  /* Span graph. */
  function graphStyle() {
    const is = graphs.tokens();
    const font = { "font-family": "Inter, system-ui, sans-serif", color: is.ink };
    const rule = (selector, style) => ({ selector, style });
    return [
      rule("node", {
        ...font, shape: "round-rectangle", width: 212, height: 54, label: "data(label)", "font-size": 12,
        "text-valign": "center", "text-halign": "center", "text-wrap": "wrap", "text-max-width": 204, "line-height": 1.45,
        "background-color": is.raised, "border-width": 2, "border-color": "data(hue)",
      }),
      rule("edge", {
        ...font, label: "data(label)", "font-size": 11, color: is["ink-soft"], width: "data(width)", "curve-style": "bezier",
        "control-point-step-size": 60, "line-color": is["line-strong"], "target-arrow-color": is["ink-faint"], "text-wrap": "wrap",
        "target-arrow-shape": "triangle", "arrow-scale": 1.1, "text-background-color": is.surface,
        "text-background-opacity": 1, "text-background-padding": 3, "text-background-shape": "round-rectangle",
      }),
      rule("node.bad", { "border-style": "dashed", "border-color": is.bad }),
      rule("edge.onward", { "source-endpoint": "90deg", "target-endpoint": "270deg" }),
      rule("edge.bad", { "line-color": is.bad, "target-arrow-color": is.bad, "line-style": "dashed", color: is.bad }),
      rule("node.chosen", { "border-width": 4, "font-weight": 600 }),
      rule("edge.chosen", { "line-color": is.accent, "target-arrow-color": is.accent, color: is.ink, "font-weight": 600 }),
      rule("node:active, edge:active", { "overlay-opacity": 0.08, "overlay-color": is.accent }),
    ];
  }
  function styleGraph(elements) {
    const ids = (elements || []).map((element) => element.data.id + element.data.label).join();
    graphs.settle(byId("trace-graph-drawing"), ids);
    return graphStyle();
  }
  graphs.onTheme("trace-graph-drawing", graphStyle);

  const partyNow = () => ((params().get("select") || "").startsWith("agent") ? "agent" : "service");

  /* Logs: which records stand open. */
  function openRecord(rowId) {
    if (String(getSelection())) return;
    const api = window.dash_ag_grid.getApi("trace-logs-table");
    const node = api && api.getRowNode(rowId);
    if (!node) return;
    node.updateData({ ...node.data, open: !node.data.open });
    api.refreshCells({ rowNodes: [node], columns: ["body"], force: true });
  }
  function logsNow() {
    const found = (params().get("select") || "").match(/^(all|info|warn|error):([^]*)$/);
    return found ? [found[1], found[2]] : ["all", ""];
  }

  /* Raw: JSON as a tree; what is folded is made when it is opened. */
  const FOLDED = ["resource", "scope"];
  const AT_ONCE = 200;
  const isBranch = (value) => value !== null && typeof value === "object";

  function drawJson(text) {
    const tree = byId("trace-raw-tree");
    if (!tree) return stay();
    const request = text ? JSON.parse(text) : null;
    const spans = request ? request.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)) : [];
    // down to the spans; a span alone is open itself
    openLevels = spans.length === 1 ? 10 : 6;
    tree.replaceChildren(...(request ? [jsonNode(null, request, 0)] : []));
    return stay();
  }
  let openLevels = 0;

  function jsonNode(key, value, level) {
    if (!isBranch(value) || !Object.keys(value).length) return jsonLeaf(key, value);
    const node = make("details", "json-node");
    const summary = make("summary");
    if (key !== null) summary.append(make("span", "json-key", key));
    summary.append(make("span", "json-hint", jsonHint(value)));
    node.append(summary);
    node.open = level < openLevels && !FOLDED.includes(key) && !("key" in value);
    if (node.open) jsonChildren(node, value, level);
    else node.addEventListener("toggle", () => jsonChildren(node, value, level), { once: true });
    return node;
  }

  function jsonChildren(node, value, level, from = 0) {
    const entries = Object.entries(value);
    const shown = entries.slice(from, from + AT_ONCE);
    node.append(...shown.map(([key, inner]) => jsonNode(key, inner, level + 1)));
    const rest = entries.length - from - AT_ONCE;
    if (rest <= 0) return;
    const more = make("button", "button json-more", "Show " + Math.min(rest, AT_ONCE) + " more of " + rest);
    more.type = "button";
    more.onclick = () => {
      more.remove();
      jsonChildren(node, value, level, from + AT_ONCE);
    };
    node.append(more);
  }

  function jsonLeaf(key, value) {
    const leaf = make("div", "json-leaf");
    if (key !== null) leaf.append(make("span", "json-key", key));
    leaf.append(make("span", "json-" + typeof value, JSON.stringify(value)));
    return leaf;
  }

  // an attribute by its key and value, a span by its name, anything else by its size
  function jsonHint(value) {
    const size = Object.keys(value).length;
    const brackets = Array.isArray(value) ? "[" + size + "]" : "{" + size + "}";
    const short = (text) => (text.length > 90 ? text.slice(0, 90) + "…" : text);
    if (typeof value.key === "string" && isBranch(value.value)) {
      const [inner] = Object.values(value.value);
      return short(value.key) + " = " + short(isBranch(inner) ? "…" : String(inner));
    }
    return typeof value.name === "string" ? brackets + " " + short(value.name) : brackets;
  }

  async function copyText(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // without https there is no clipboard but the old one
    const field = make("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("not copied");
    return undefined;
  }

  async function copyJson(text) {
    if (dc.callback_context.triggered_id !== "trace-raw-copy") return "";
    try {
      await copyText(text || "");
      return "Copied";
    } catch {
      return "The browser did not allow it";
    }
  }

  dc.trace_tabs = {
    draw_json: drawJson,
    copy_json: (clicks, text) => copyJson(text),
    draw_flame: drawFlame,
    only_these: (cell) => {
      const only = ((cell && cell.rowId) || "").split("\n")[0];
      return only ? put({ tab: "", select: "", only }, { push: true }) : stay();
    },
    graph_style: styleGraph,
    graph_controls: () => partyNow(),
    put_party: (value) => (open("graph") && value && value !== partyNow() ? select(value === "agent" ? value : "") : stay()),
    choose_part: (part) => (part && open("graph") ? select(partyNow() + ":" + part.id) : stay()),
    choose_row: (cell) => (cell && cell.rowId && open("graph") ? select(cell.rowId) : stay()),
    log_controls: () => {
      const [level, text] = logsNow();
      const typing = document.activeElement && document.activeElement.id === "trace-logs-text";
      return [level, typing ? stay() : text];
    },
    put_logs: (level, text) => {
      if (!open("logs")) return stay();
      const wanted = level === "all" && !text ? "" : level + ":" + (text || "");
      return wanted === (params().get("select") || "") ? stay() : put({ select: wanted });
    },
    open_span: (cell) => {
      if (!cell || !cell.rowId) return stay();
      if (cell.colId === "body") openRecord(cell.rowId);
      const span = cell.rowId.split(":")[1];
      return cell.colId === "span" && span ? put({ span }, { push: true }) : stay();
    },
  };

  /* Cells. */
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const react = (...args) => window.React.createElement(...args);

  cells.Operation = ({ data }) =>
    react("span", { className: "process", title: data.process + "\n" + data.service },
      react("i", { className: "dot hue-" + data.hue, "aria-hidden": true }),
      react("span", { className: "process-name" }, data.process),
      react("span", { className: "muted" }, data.service));

  cells.Handoff = ({ data }) =>
    react("span", { className: "handoff", title: data.from + " → " + data.to },
      react("span", {}, data.from),
      react("span", {}, "→ " + data.to));

  cells.Share = ({ value, data, field }) =>
    react("span", { className: "share-cell" },
      react("span", { className: "share-track", "aria-hidden": true },
        react("i", { style: { width: Math.min(value, 1) * 100 + "%" } })),
      react("span", { className: "num" }, data[field]));

  cells.Severity = ({ value }) =>
    value ? react("span", { className: "status severity-" + value }, react("i", { "aria-hidden": true }), value) : null;

  cells.SpanLink = ({ value, data }) =>
    react("span", { className: data.known ? "linked" : "muted" }, value);

  cells.LogBody = ({ value, data }) =>
    react("span", {
        className: data.open ? "log-body log-open" : "log-body",
        "aria-expanded": Boolean(data.open),
      }, value);
})();
