/* Rules: cells of their list, its switches and deeds, and the dialogs that import and delete. */
(function () {
  "use strict";
  const { put } = window.observatory;
  const dc = window.dash_clientside;
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = (...args) => window.React.createElement(...args);
  const byId = (id) => document.getElementById(id);

  const want = (verb, more) =>
    dc.set_props("rules-wanted", { data: { verb, at: Date.now(), ...more } });

  /* A button in a cell; not React's onClick, which would come after the grid's own. */
  const button = (props, run, ...inside) =>
    make("button", {
      type: "button",
      ...props,
      ref: (element) => {
        if (!element) return;
        element.onclick = (event) => {
          event.stopPropagation();
          run(element);
        };
        // the grid moves its focus with these keys
        element.onkeydown = (event) => {
          if (event.key === "Enter" || event.key === " ") event.stopPropagation();
        };
      },
    }, ...inside);

  const open = (section, data) =>
    put({ section, rule: data.id, draft: "", rival: "", rival_draft: "", ...(many() ? { org: data.org } : {}) }, { push: true });
  // from all orgs, a rule is opened inside its own
  const many = () => Boolean(document.querySelector("#rules-table [col-id=org]"));

  cells.RuleState = ({ data }) =>
    make("span", { className: "alert-state alert-state-" + data.state }, make("i", { "aria-hidden": true }), data.state_text);

  cells.RuleName = ({ data }) =>
    make("span", { className: "rule-name" },
      button({ className: "rule-open", title: data.by }, () => open("builder", data), data.name),
      make("span", { className: "muted", title: data.says }, data.says));

  cells.RuleSeverity = ({ data }) =>
    make("span", { className: "severity severity-" + data.severity }, data.severity);

  cells.RuleFired = ({ data }) => {
    const top = Math.max(1, ...data.bars);
    const bars = data.bars.map((count, place) =>
      make("rect", { key: place, x: place * 3, width: 2, y: count ? 20 - Math.max(4, (20 * count) / top) : 19, height: count ? Math.max(4, (20 * count) / top) : 1, className: count ? "fired" : "" }));
    return make("span", { className: "rule-fired" },
      make("svg", { viewBox: "0 0 84 20", width: 84, height: 20, "aria-hidden": true }, ...bars),
      make("span", null, data.fired_text));
  };

  cells.RuleSwitch = ({ data }) =>
    button({
      className: "switch",
      role: "switch",
      "aria-checked": data.enabled,
      "aria-label": (data.enabled ? "Turn off " : "Turn on ") + data.name,
      title: data.edits ? (data.enabled ? "On. Click to turn it off" : "Off. Click to turn it on") : "Admins and owners turn rules on and off",
      disabled: !data.edits,
    }, () => want(data.enabled ? "disable" : "enable", { rule: data.id }), make("i", { "aria-hidden": true }));

  cells.RuleDeeds = ({ data }) =>
    make("span", { className: "rule-deeds" },
      button({ className: "deed", "aria-label": (data.edits ? "Edit " : "Look at ") + data.name }, () => open("builder", data), data.edits ? "Edit" : "Look at"),
      button({ className: "deed", title: "What it would have done", "aria-label": "Replay " + data.name }, () => open("replay", data), "Replay"),
      data.edits ? button({ className: "deed deed-bad", "aria-label": "Delete " + data.name }, () => askToDelete(data), "Delete") : null);

  /* Dialogs. The native ones keep the focus inside and close with Escape. */
  let doomed = null;
  function askToDelete(data) {
    doomed = data.id;
    byId("rules-deleted-name").textContent = data.name;
    byId("rules-deleting").showModal();
  }

  const EXAMPLE = () => byId("rules-yaml-text").placeholder;
  let timer = null;
  function read(verb) {
    clearTimeout(timer);
    const replacing = Boolean(document.querySelector("#rules-yaml-replacing input:checked"));
    dc.set_props("rules-yaml-read", { data: { verb, text: byId("rules-yaml-text").value, replacing, at: Date.now() } });
  }
  function fill(text) {
    byId("rules-yaml-text").value = text;
    read("check");
  }
  async function load(file) {
    if (file) fill(await file.text());
  }
  function choose() {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = ".yaml,.yml,text/yaml,application/yaml";
    input.onchange = () => load(input.files[0]);
    input.click();
  }
  function goTo(line) {
    const box = byId("rules-yaml-text");
    const lines = box.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    box.focus();
    box.setSelectionRange(start, start + (lines[line - 1] || "").length);
    box.scrollTop = (box.scrollHeight / lines.length) * Math.max(0, line - 4);
  }

  const DEEDS = {
    "rules-yaml": { example: () => fill(EXAMPLE()), file: choose, import: () => read("import") },
    "rules-deleting": {
      delete: (dialog) => {
        dialog.close();
        want("delete", { rule: doomed });
      },
    },
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest) return;
    const tool = event.target.closest("[data-rules]");
    if (tool && tool.dataset.rules === "open-yaml") {
      byId("rules-yaml").showModal();
      byId("rules-yaml-text").focus();
    } else if (tool) want(tool.dataset.rules);
    const line = event.target.closest("#rules-yaml [data-line]");
    if (line) goTo(Number(line.dataset.line));
    const dialog = event.target.closest("dialog.rules-dialog");
    const part = event.target.closest("dialog.rules-dialog [data-verb]");
    if (!dialog) return;
    // a click on the shade beside the dialog is one on the dialog itself
    if (event.target === dialog || (part && part.dataset.verb === "close")) dialog.close();
    else if (part && DEEDS[dialog.id] && DEEDS[dialog.id][part.dataset.verb]) DEEDS[dialog.id][part.dataset.verb](dialog);
  });
  document.addEventListener("input", (event) => {
    if (!event.target.closest || !event.target.closest("#rules-yaml")) return;
    clearTimeout(timer);
    timer = setTimeout(() => read("check"), 350);
  });
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (!event.target.closest || !event.target.closest("#rules-yaml")) return;
      event.preventDefault();
      if (kind === "drop") load(event.dataTransfer.files[0]);
    });
  }

  dc.alerts_rules = {
    loaded: (done) => {
      if (done) {
        byId("rules-yaml-text").value = "";
        byId("rules-yaml").close();
      }
      return dc.no_update;
    },
  };
})();
