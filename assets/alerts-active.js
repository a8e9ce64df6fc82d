/* Active alerts: a click opens one, the box filters the list; the URL alone says what is shown. */
(function () {
  "use strict";
  const { put, params, changed } = window.observatory;
  const dc = window.dash_clientside;
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = (...args) => window.React.createElement(...args);
  const isHere = () => location.pathname === "/alerts" && !params().get("section");

  cells.AlertState = ({ value, data }) =>
    value ? make("span", { className: "alert-mark alert-mark-" + value }, make("i", { "aria-hidden": true }), data.state_text) : null;
  cells.AlertSeverity = ({ value }) =>
    value ? make("span", { className: "alert-severity alert-severity-" + value }, value) : null;
  /* Two lines: what it is, and below it what tells it from others. */
  cells.TwoLines = ({ data, above, below }) =>
    make("span", { className: "two-lines", title: data[above] + (data[below] ? "\n" + data[below] : "") },
      make("span", null, data[above]),
      make("span", { className: "muted" }, data[below]));

  window.observatory.act("close", () => {
    if (!isHere() || !params().get("alert")) return false;
    put({ alert: "" });
    return true;
  });

  dc.alerts_active = {
    // from all orgs an alert is opened inside its own
    open: (cell, orgs) => {
      const id = (cell && cell.rowId) || "";
      const at = id.indexOf(":");
      if (at < 0) return dc.no_update;
      const inside = orgs && orgs.length > 1 ? { org: id.slice(0, at) } : {};
      return put({ alert: id.slice(at + 1), ...inside }, { push: true });
    },
    closed: (view) => !params(view && view.search).get("alert"),
    find: (text) => (isHere() && changed("find", text) ? put({ find: text }) : dc.no_update),
    found: (view) => params(view && view.search).get("find") || "",
  };
})();
