/* The search box: completions while typing, and the text between the box and the URL's q. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const { put, params, firstPage } = window.observatory;
  const stay = () => dc.no_update;
  const COMPLETE_MS = 150;
  const APPLY_MS = 300;
  const INSIDE_TRACE = ["trace", "span", "tab", "root", "short", "only", "zoom", "other", "cohort"];

  const box = () => document.getElementById("traces-search");
  const list = () => document.getElementById("traces-search-offers");
  const options = () => [...(list() ? list().querySelectorAll("[role=option]") : [])];
  const isBox = (node) => node && node.id === "traces-search";
  const queryNow = () => params().get("q") || "";

  let known = null; // the box that was last filled: a room that is opened again has a new one
  let seen = null; // the q that the page showed last
  let own = null; // the q that typing put into the URL
  let dirty = false; // typed, and not in the URL yet
  let entered = false; // Enter asked, so the caret may go to the mistake
  let fresh = true; // the next change is a step in the history; more typing only adjusts it
  let asked = null; // the text that completions were asked for
  let active = -1;
  let timers = [];

  /* Completions: a listbox that the box controls; focus never leaves the box. */
  function open(shown) {
    const field = box();
    if (!field) return;
    field.parentElement.closest(".query").toggleAttribute("data-open", shown);
    field.setAttribute("aria-expanded", String(shown));
    if (!shown) mark(-1);
  }
  const isOpen = () => Boolean(box() && box().closest("[data-open]"));
  function mark(index) {
    active = index;
    options().forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) option.scrollIntoView({ block: "nearest" });
    });
    const field = box();
    if (!field) return;
    if (index < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", options()[index].id);
  }
  // the server counts whole characters, the box counts halves of those beyond 16 bits
  const before = (text, at) => [...text].slice(0, at).join("");
  function askWhileTyping() {
    const field = box();
    if (!field) return;
    const head = field.value.slice(0, field.selectionStart);
    // between two terms every key would do: a list of them would only be in the way
    if (/\s$/.test(head)) open(false);
    else ask();
  }
  function ask() {
    const field = box();
    if (!field) return;
    asked = field.value;
    const caret = [...field.value.slice(0, field.selectionStart)].length;
    dc.set_props("traces-search-typed", { data: { text: field.value, caret, at: Date.now() } });
  }
  function accept(option) {
    const field = box();
    // the text moved on while the completions were on their way
    if (!option || field.value !== asked) return;
    const { insert, start, end, what } = option.dataset;
    const head = before(field.value, Number(start));
    let after = field.value.slice(before(field.value, Number(end)).length);
    let written = insert;
    if (what === "key") {
      if (/^(:|=|!=|!~|~|<|>)/.test(after)) written = insert.slice(0, -1);
    } else if (!/^[\s,)}]/.test(after)) {
      after = " " + after;
    }
    const caret = head.length + written.length + (what === "value" && after[0] === " " ? 1 : 0);
    write(head + written + after);
    field.setSelectionRange(caret, caret);
    open(false);
    timers.forEach(clearTimeout);
    if (what === "key") ask();
    else settle(false);
  }
  /* As if it had been typed, so that the box and its component agree at once. */
  const nativeValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  function write(text) {
    nativeValue.set.call(box(), text);
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  /* Typing: completions after a short pause, the URL after a longer one or on Enter. */
  function changed() {
    dirty = true;
    timers.forEach(clearTimeout);
    timers = [setTimeout(askWhileTyping, COMPLETE_MS), setTimeout(() => settle(false), APPLY_MS)];
  }
  function settle(byEnter) {
    timers.forEach(clearTimeout);
    const field = box();
    if (!field) return;
    entered = byEnter;
    dc.set_props("traces-search-settled", { data: { text: field.value, at: Date.now() } });
  }

  function setQuery(text) {
    const away = location.pathname !== "/traces";
    const left = away ? Object.fromEntries(INSIDE_TRACE.map((name) => [name, ""])) : {};
    const field = box();
    if (field && field.value !== text) dc.set_props("traces-search", { value: text });
    dirty = false;
    own = null;
    timers.forEach(clearTimeout);
    if (field) dc.set_props("traces-search-settled", { data: { text, at: Date.now() } });
    put({ ...firstPage, ...left, q: text }, { push: true, path: "/traces" });
  }
  function addTerm(term) {
    const text = queryNow();
    if (box()) {
      dc.set_props("traces-search-added", { data: { text, term, at: Date.now() } });
    } else {
      const whole = /\bOR\b/.test(text) ? "(" + text + ")" : text;
      setQuery((whole + " " + term).trim());
    }
  }
  Object.assign(window.observatory, { addTerm, setQuery });

  dc.search = {
    /* URL -> box; what somebody is typing stays, unless they went elsewhere */
    fill: (view) => {
      const field = box();
      const query = params(view && view.search).get("q") || "";
      if (field !== known) {
        known = field;
        dirty = false;
        combobox(field);
      }
      const mine = dirty && (query === seen || query === own);
      seen = query;
      if (mine || (field && field === document.activeElement && field.value.trim() === query.trim())) {
        return stay();
      }
      dirty = false;
      return query;
    },
    offered: (children) => {
      const some = Boolean(children && children.length);
      setTimeout(() => {
        mark(-1);
        open(some && isBox(document.activeElement) && box().value === asked);
      }, 0);
      return stay();
    },
    apply: (answer) => {
      const field = box();
      if (!answer || !field || field.value !== answer.text) return stay();
      if (answer.at !== null) {
        const at = before(answer.text, answer.at).length;
        if (entered && isBox(document.activeElement)) field.setSelectionRange(at, at + 1);
        return stay();
      }
      dirty = false;
      if (answer.trace) {
        write(queryNow());
        timers.forEach(clearTimeout);
        dirty = false;
        return put({ ...firstPage, trace: answer.trace, span: "" }, { push: true, path: "/trace" });
      }
      own = answer.text.trim();
      if (own === queryNow()) return stay();
      const push = fresh;
      fresh = entered;
      return put({ ...firstPage, q: own }, { push });
    },
    joined: (text) => {
      if (typeof text === "string") setQuery(text);
      return stay();
    },
  };

  function combobox(field) {
    if (!field) return;
    const roles = {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": "traces-search-offers",
      "aria-expanded": "false",
      "aria-label": "Search spans",
      "aria-describedby": "traces-search-error",
    };
    for (const [name, value] of Object.entries(roles)) field.setAttribute(name, value);
  }

  function key(event) {
    const count = options().length;
    const shown = isOpen();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!shown) return ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      return mark((active + step + count + (active < 0 && step < 0 ? 1 : 0)) % count);
    }
    if (event.key === "Enter") {
      event.preventDefault();
      if (shown && active >= 0) return accept(options()[active]);
      open(false);
      return settle(true);
    }
    if (event.key === "Tab" && shown && !event.shiftKey && count) {
      event.preventDefault();
      return accept(options()[Math.max(active, 0)]);
    }
    if (event.key === "Escape") {
      event.stopPropagation();
      if (shown) open(false);
      else box().blur();
    }
  }

  document.addEventListener("input", (event) => isBox(event.target) && changed());
  document.addEventListener("keydown", (event) => isBox(event.target) && key(event), true);
  document.addEventListener("focusin", (event) => {
    if (!isBox(event.target)) return;
    fresh = true;
    if (!event.target.value) ask();
  });
  document.addEventListener("focusout", (event) => {
    if (!isBox(event.target)) return;
    open(false);
    if (dirty) settle(false);
  });
  // a press on a completion must not take the focus out of the box
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest && event.target.closest("#traces-search-offers")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const at = event.target.closest ? event.target : null;
    if (!at || !at.closest(".querying")) return;
    const option = at.closest("#traces-search-offers > [role=option]");
    const query = at.closest("[data-query]");
    const example = at.closest("[data-example]");
    if (option) accept(option);
    else if (query) setQuery(query.dataset.query);
    else if (example) {
      example.closest("details").open = false;
      addTerm(example.dataset.example);
    }
  });
  window.addEventListener("popstate", () => {
    dirty = false;
    own = null;
    timers.forEach(clearTimeout);
  });
})();
