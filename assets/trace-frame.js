/* The trace page's frame: which trace is asked for, which tab is open, numbers that lead to spans. */
(function () {
  "use strict";
  const TABS = ["", "flame", "operations", "graph", "logs", "raw", "cohort"];
  const NAMES = ["org", "trace", "version"];
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const { put, params } = window.observatory;
  const stay = () => dc.no_update;
  const tabOf = (query) => (TABS.includes(query.get("tab") || "") ? query.get("tab") || "" : "");

  dc.trace = {
    // only what the head depends on, so that a zoom or another tab asks nothing again
    asked: (view, was) => {
      const query = params(view && view.search);
      const next = { zone: view && view.zone };
      for (const name of NAMES) next[name] = query.get(name) || "";
      return was && !was.again && same(next, was) ? stay() : next;
    },
    tabs: (view) => {
      const here = tabOf(params(view && view.search));
      for (const tab of TABS) {
        const button = document.getElementById("trace-tab-" + (tab || "waterfall"));
        if (!button) continue;
        button.setAttribute("aria-selected", String(tab === here));
        button.tabIndex = tab === here ? 0 : -1;
      }
      return [
        ...TABS.map((tab) => tab !== here),
        ...TABS.map((tab) => (tab === here ? "way way-here" : "way")),
      ];
    },
    show_gained: (clicks) => {
      if (!clicks) return stay();
      const query = params();
      const again = { zone: dc.observatory.view(location.search).zone, again: Date.now() };
      for (const name of NAMES) again[name] = query.get(name) || "";
      dc.set_props("trace-asked", { data: again });
      return stay();
    },
  };

  const same = (one, other) => Object.keys(one).every((name) => one[name] === other[name]);

  function openTab(tab) {
    put({ tab }, { push: true });
    const button = document.getElementById("trace-tab-" + (tab || "waterfall"));
    if (button) button.focus();
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      // without permission the id can still be selected and copied by hand
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 1200);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".trace-room button");
    if (!button) return;
    if (button.dataset.tab !== undefined) openTab(button.dataset.tab);
    else if (button.dataset.copy && button.closest(".trace-top")) copy(button);
    else if (button.dataset.jump) {
      if (tabOf(params())) put({ tab: "" }, { push: true });
      dc.trace_waterfall.jump({ what: button.dataset.jump });
    }
  });
  document.addEventListener("keydown", (event) => {
    const button = event.target.closest && event.target.closest(".ways [data-tab]");
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!button || !move) return;
    event.preventDefault();
    const at = TABS.indexOf(button.dataset.tab) + move;
    openTab(TABS[(at + TABS.length) % TABS.length]);
  });
})();
