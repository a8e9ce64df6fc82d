/* The span panel in the browser: which span is wanted, the filter over its attributes, copying,
   folding and closing. Texts of a span are read from the page, never put into it. */
(function () {
  "use strict";
  const PANEL = "trace-panel";
  const MORE = "trace-panel-more";
  const KEPT = ["org", "range", "since", "until", "zone", "trace", "span", "version"];
  const FOLDS = "trace-panel-folds";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const { put, params } = window.observatory;
  const stay = () => dc.no_update;
  const panel = () => document.getElementById(PANEL);
  const nameOf = (query) => (query.get("trace") || "") + "/" + (query.get("span") || "");

  let more = {};
  /* What of the open span was expanded or chosen; another span begins anew. */
  function expand(changes) {
    const name = nameOf(params());
    more = { all: [], ...(more.span === name ? more : {}), ...changes, span: name };
    dc.set_props(MORE, { data: more });
  }

  dc.trace_panel = {
    // only what the panel depends on, so that a zoom or another tab asks nothing again
    want: (view, expanded, was) => {
      const query = params(view && view.search);
      if (!query.get("trace") || !query.get("span")) return [stay(), true];
      const kept = new URLSearchParams();
      for (const name of KEPT) if (query.get(name)) kept.set(name, query.get(name));
      const mine = expanded && expanded.span === nameOf(query) ? expanded : {};
      const next = {
        search: "?" + kept.toString(),
        zone: view.zone,
        twin: mine.twin || "",
        all: mine.all || [],
        text: mine.text || "",
        // set when everything is to be read again
        at: Math.max(view.at || 0, (was && was.at) || 0),
      };
      if (JSON.stringify(next) === JSON.stringify(was)) return [stay(), false];
      const other = !was || nameOf(params(was.search)) !== nameOf(query);
      if (other && panel()) panel().scrollTop = 0;
      return [next, false];
    },
    find: (text) =>
      // the rows are drawn after this runs
      new Promise((resolve) => setTimeout(() => resolve(filter(text || "")), 30)),
    close: (clicks) => (clicks ? close() : stay()),
  };

  /* Show the rows that hold the text; of a span with more rows than are drawn the server knows. */
  function filter(text) {
    unfold();
    const list = document.querySelector("#trace-panel-attributes [data-total]");
    if (!list) return "";
    const wanted = text.trim().toLowerCase();
    const total = Number(list.dataset.total);
    const asked = more.span === nameOf(params()) ? more.text || "" : "";
    const partial = Number(list.dataset.shown) < total || asked;
    if (partial && wanted !== asked) expand({ text: wanted });
    let shown = 0;
    for (const row of list.querySelectorAll("[data-row]")) {
      const texts = [...row.querySelectorAll(".attr-key, .whole, .value")];
      const holds = texts.some((part) => part.textContent.toLowerCase().includes(wanted));
      row.hidden = !holds && !partial;
      if (!row.hidden) shown += 1;
    }
    return wanted ? shown + " of " + total.toLocaleString("en") : total.toLocaleString("en");
  }

  /* Close, and go on where the keyboard was before. */
  function close() {
    const inside = panel() && panel().contains(document.activeElement);
    const before = document.querySelector(".trace-slot:not([hidden]) .ag-cell-focus");
    if (inside && before) before.focus();
    return put({ span: "" }, { push: true });
  }

  async function copy(button) {
    const row = button.closest("[data-row]");
    const source = row && row.querySelector(".whole");
    const raw = source && source.getAttribute("data-raw");
    const done = source && (await write(raw === null ? source.textContent : raw));
    button.textContent = done ? "Copied" : source ? "Not allowed" : "Too long";
    setTimeout(() => (button.textContent = "Copy"), 1200);
  }
  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  }

  const folds = () => {
    try {
      return JSON.parse(localStorage.getItem(FOLDS)) || {};
    } catch {
      return {};
    }
  };
  function unfold() {
    const kept = folds();
    for (const section of document.querySelectorAll("#trace-panel [data-section]")) {
      const open = kept[section.dataset.section];
      if (typeof open === "boolean") section.open = open;
    }
  }
  // a section that was drawn open or closed by itself fires this too; only people's choices count
  let pressed = null;
  function remember(section) {
    if (pressed !== section) return;
    pressed = null;
    try {
      localStorage.setItem(FOLDS, JSON.stringify({ ...folds(), [section.dataset.section]: section.open }));
    } catch {
      // a browser that keeps nothing shows every section as it was made
    }
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest && event.target.closest("#trace-panel " + selector);
    const section = at("[data-section] > summary");
    if (section) pressed = section.parentElement;
    const button = at("button");
    if (!button) return;
    const data = button.dataset;
    if ("copy" in data) copy(button);
    else if (data.twin) expand({ twin: data.twin });
    else if (data.all) expand({ all: [...(more.span === nameOf(params()) ? more.all : []), data.all] });
    else if (data.span) put({ span: data.span }, { push: true });
    else if (data.tab) put({ tab: data.tab }, { push: true });
  });
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches && event.target.matches("#trace-panel [data-section]")) remember(event.target);
    },
    true,
  );
  // what is open when the key goes down closes first; by the time it bubbles it may be gone
  let covered = false;
  window.addEventListener(
    "keydown",
    () => (covered = Boolean(document.querySelector("details.drop[open], dialog[open]"))),
    true,
  );
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || covered) return;
    if (!panel() || panel().hidden) return;
    const field = event.target.closest && event.target.closest("input, textarea, [role=combobox]");
    if (field && (field.value || !panel().contains(field))) return;
    close();
  });
})();
