/* The keyboard: the table in the page (data-keys) names an action for each key; scripts of the page
   say what an action does with observatory.act(name, run). The first `run` that returns true has
   done it; else the key is left to whatever has the focus. */
(function () {
  "use strict";
  const { act, actions, params, put, firstPage, viewNow, DEFAULTS } = window.observatory;
  const dc = window.dash_clientside;
  const PAUSE_MS = 1500;
  const UNITS = { m: 60e3, h: 3600e3, d: 86400e3 };
  const help = () => document.getElementById("shell-keys");
  const openMenus = () => [...document.querySelectorAll("details.drop[open]")];

  let table = null;
  let first = null; // the first of two keys, for a moment
  const known = () => (table = table || JSON.parse((help() && help().dataset.keys) || "null")) || {};

  const typing = (target) =>
    Boolean(target.closest && target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]"));

  function stroke(event) {
    const held = (event.ctrlKey ? "Control+" : "") + (event.altKey ? "Alt+" : "") + (event.metaKey ? "Meta+" : "");
    // of a letter or a sign, Shift is already part
    return held + (event.shiftKey && event.key.length > 1 ? "Shift+" : "") + (event.key === " " ? "Space" : event.key);
  }
  function wanted(event) {
    const pressed = stroke(event);
    const keys = known();
    if (first) {
      const both = first + " " + pressed;
      first = null;
      return keys[both];
    }
    if (keys[pressed]) return keys[pressed];
    if (Object.keys(keys).some((each) => each.startsWith(pressed + " "))) {
      first = pressed;
      setTimeout(() => (first = null), PAUSE_MS);
    }
    return undefined;
  }
  function run(name, event) {
    return (actions[name] || []).some((each) => each(event) === true) || clicked(name, event);
  }
  /* In a list that does nothing else with Enter, it is a click on the cell. */
  function clicked(name, event) {
    const cell = name === "row-toggle" && event.target.classList.contains("ag-cell");
    if (cell) event.target.click();
    return cell;
  }

  document.addEventListener("keydown", (event) => {
    if (!event.target.closest || event.isComposing) return;
    if (help() && help().open && event.key !== "?") return;
    if (typing(event.target) && event.key !== "Escape") return;
    const name = wanted(event);
    if (name && run(name, event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
    // a click beside the help is one on its backdrop
    if (event.target === help()) help().close();
  });

  act("help", () => {
    const panel = help();
    if (!panel) return false;
    if (panel.open) panel.close();
    else panel.showModal();
    return true;
  });
  act("search", () => {
    const search = document.querySelector(".search input, input.search");
    if (!search) return false;
    search.focus();
    search.select();
    return true;
  });
  act("close", () => {
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    return false; // what else closes on Escape shall close too
  });
  act("refresh", () => {
    dc.set_props("shell-view", { data: { ...viewNow(), at: Date.now() } });
    return true;
  });
  for (const [name, place] of [["overview", 0], ["traces", 1], ["code", 2], ["alerts", 3]]) {
    act("go-" + name, () => {
      const link = document.querySelectorAll(".room-links a")[place];
      if (link) link.click();
      return Boolean(link);
    });
  }

  /* The range as long as this one, right before or after it. */
  function ends() {
    const query = params();
    if (query.get("since") && query.get("until")) return [Date.parse(query.get("since")), Date.parse(query.get("until"))];
    const [, count, unit] = (query.get("range") || DEFAULTS.range).match(/^(\d+)([mhd])$/) || [];
    return count ? [Date.now() - count * UNITS[unit], Date.now()] : [NaN, NaN];
  }
  function shift(times) {
    const [since, until] = ends();
    if (!(until > since)) return false;
    const moved = [since, until].map((end) => new Date(end + times * (until - since)).toISOString().slice(0, 19) + "Z");
    put({ ...firstPage, range: "", since: moved[0], until: moved[1] }, { push: true });
    return true;
  }
  act("earlier", () => shift(-1));
  act("later", () => shift(1));
})();
