/* The history: its filters fill the URL, a click opens the incident. */
(function () {
  "use strict";
  const { put, params, changed } = window.observatory;
  const dc = window.dash_clientside;
  const isHere = () => location.pathname === "/alerts" && params().get("section") === "history";
  const filter = (name) => (value) =>
    isHere() && changed(name, value) ? put({ [name]: value || "", after: "" }) : dc.no_update;
  const shown = (name, empty) => (view) => {
    const query = params(view && view.search);
    return query.get("section") === "history" ? query.get(name) || empty : dc.no_update;
  };

  dc.alerts_history = {
    open: (cell, orgs) => {
      const [org, alert] = ((cell && cell.rowId) || "").split(":");
      const inside = orgs && orgs.length > 1 ? { org } : {};
      const rest = { section: "", rule: "", kind: "", tab: "", find: "", after: "" };
      return alert ? put({ ...rest, alert, ...inside }, { push: true }) : dc.no_update;
    },
    put_rule: filter("rule"),
    put_kind: filter("kind"),
    put_find: filter("find"),
    rule: shown("rule", null),
    kind: shown("kind", null),
    find: shown("find", ""),
  };
})();
