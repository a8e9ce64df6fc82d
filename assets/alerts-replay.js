/* The time machine: which rules stand in the link, and the knobs that change their drafts. */
(function () {
  "use strict";
  const { put, params } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = (...args) => window.React.createElement(...args);

  const SIDES = { a: ["rule", "draft"], b: ["rival", "rival_draft"] };
  const ASKED = ["org", "rule", "draft", "rival", "rival_draft", "kind", "range", "since", "until"];
  const here = (search) => params(search).get("section") === "replay";
  const keyOf = (search) => JSON.stringify(ASKED.map((name) => params(search).get(name) || ""));
  const shaped = (search) => JSON.stringify(["org", "rule", "draft", "rival", "rival_draft"].map((name) => params(search).get(name) || ""));

  let drawn = "";
  let asked = { key: "", at: 0 };
  let knobs = {};

  const empty = (id) => {
    const element = document.getElementById(id);
    return !element || !element.childElementCount;
  };

  dc.alerts_replay = {
    asked: (view) => {
      const search = (view && view.search) || "";
      if (!here(search)) return stay();
      if (drawn === shaped(search) && !empty("replay-sides")) return stay();
      drawn = shaped(search);
      knobs = {};
      return { search, zone: view.zone };
    },
    // the end of the range stays while the same is asked
    wanted: (view) => {
      const search = (view && view.search) || "";
      if (!here(search)) return stay();
      if (asked.key !== keyOf(search) || empty("replay-result")) asked = { key: keyOf(search), at: Date.now() };
      return { search, zone: view.zone, at: asked.at };
    },
    whole: (view) => params(view && view.search).get("kind") || "",
    put_whole: (value) => (here() && (params().get("kind") || "") !== (value || "") ? put({ kind: value }) : stay()),
    turned: (values, ids) => {
      if (!here() || !ids.length) return stay();
      const changes = {};
      for (const [place, id] of ids.entries()) {
        const key = id.side + id.name;
        const value = values[place] === null || values[place] === undefined ? "" : values[place];
        const before = knobs[key];
        knobs[key] = value;
        if (before === undefined || before === value) continue;
        if (id.name === "rule") Object.assign(changes, choose(id.side, value));
        else turn(changes, id.side, id.name, value);
      }
      return Object.keys(changes).length ? put(changes) : stay();
    },
  };

  function choose(side, value) {
    const [rule, draft] = SIDES[side];
    if (value === "none") return { [rule]: "", [draft]: "" };
    if (value === "variant") return { rival: params().get("rule") || "", rival_draft: params().get("draft") || "{}" };
    return { [rule]: value, [draft]: "" };
  }
  function turn(changes, side, name, value) {
    const key = SIDES[side][1];
    const held = changes[key] === undefined ? params().get(key) || "{}" : changes[key];
    let fields = {};
    try {
      fields = JSON.parse(held);
    } catch {
      fields = {}; // a link that was cut begins anew
    }
    changes[key] = JSON.stringify({ ...fields, [name]: value });
  }

  cells.ReplaySide = ({ value }) => make("span", { className: "letter letter-" + value.toLowerCase() }, value);
  cells.ReplayWhat = ({ data }) =>
    make("span", { className: "replay-what replay-" + data.kind + (data.told ? " replay-told" : "") }, make("i", { "aria-hidden": true }), data.what);
})();
