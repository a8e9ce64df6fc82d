/* The rule builder: what is typed goes into the link at once, and to the server when it rests. */
(function () {
  "use strict";
  const { put, params } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const byId = (id) => document.getElementById(id);
  const LONGEST = 3500;
  /* what decides which controls there are */
  const SHAPING = ["type", "kind", "metric", "of"];
  /* what a rule of another type keeps */
  const CARRIED = ["name", "description", "severity", "cooldown", "labels", "channels"];

  const here = (search) => params(search).get("section") === "builder";
  const keyOf = (search) => ["org", "rule", "zone"].map((name) => params(search).get(name) || "").join(" ");

  let shown = ""; // which rule the form is of
  let own = ""; // the draft that the form wrote into the link
  let form = {}; // the form as it was last typed

  // a list and its text with commas say the same
  const told = (value) => (Array.isArray(value) ? value.join(", ") : String(value === undefined ? "" : value));
  const same = (one, other) => told(one) === told(other);
  const draftOf = (fields, base) => {
    const changed = Object.entries(fields).filter(([name, value]) => !same(base[name], value));
    if (!changed.length) return "";
    const text = JSON.stringify(Object.fromEntries(changed));
    return text.length > LONGEST ? own : text;
  };

  /* By itself this reaches nobody: the form is not asked for again while it is typed into. */
  function note(draft) {
    const query = params();
    if (draft) query.set("draft", draft);
    else query.delete("draft");
    history.replaceState(history.state, "", location.pathname + "?" + query.toString());
  }

  dc.alerts_builder = {
    asked: (view) => {
      const search = (view && view.search) || "";
      if (!here(search)) return stay();
      const draft = params(search).get("draft") || "";
      const held = byId("builder-form");
      const drawn = held && held.childElementCount > 0;
      if (drawn && shown === keyOf(search) && draft === own) return stay();
      shown = keyOf(search);
      own = draft;
      form = {};
      return { search, zone: view.zone };
    },
    typed: (view, values, ids, base) => {
      if (!here() || !ids.length || !base) return stay();
      const fields = {};
      ids.forEach((id, place) => {
        const value = values[place];
        fields[id.name] = value === null || value === undefined ? "" : value;
      });
      const before = form;
      form = fields;
      const reshaped = before.type !== undefined && SHAPING.some((name) => (before[name] || "") !== (fields[name] || ""));
      if (reshaped && before.type !== fields.type) {
        const kept = Object.fromEntries(CARRIED.map((name) => [name, fields[name]]));
        put({ draft: JSON.stringify({ ...kept, type: fields.type }) });
        return stay();
      }
      const draft = draftOf(fields, base.form);
      if (reshaped) {
        put({ draft });
        return stay();
      }
      if (draft !== own) {
        own = draft;
        note(draft);
      }
      return { search: location.search, zone: view.zone, fields };
    },
    problems: (found, ids) =>
      ids.map((id) => {
        const sentences = (found || []).filter((each) => each.field === id.name).map((each) => each.sentence);
        return sentences.join(" ");
      }),
    save: (clicks, typed, base) =>
      clicks && typed ? { ...typed, search: location.search, revision: (base && base.revision) || 0, at: Date.now() } : stay(),
    saved: (done) => {
      if (!done) return stay();
      own = "";
      shown = "";
      return put({ section: "rules", rule: "", draft: "" }, { push: true });
    },
    // the rule as it is saved stands beside its draft
    replay: (clicks) => {
      if (!clicks) return stay();
      const draft = params().get("draft") || "";
      const rule = params().get("rule") || "";
      return put({ section: "replay", rival: draft && rule ? rule : "", rival_draft: "" }, { push: true });
    },
  };
})();
