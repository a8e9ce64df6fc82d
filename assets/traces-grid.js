/* The list: rows and pages to links. */
(function () {
  "use strict";
  const { put, params, changed, firstPage, viewNow, DEFAULTS } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;

  dc.traces = {
    controls: (view) => {
      const query = params(view && view.search);
      return query.get("mode") || DEFAULTS.mode;
    },
    pager: (cursors) => {
      const at = cursors || {};
      const paged = params().get("after") || params().get("before");
      return [!paged, !at.newer, !at.older];
    },
    fresh: (words) => (dc.callback_context.triggered_id === "traces-cursors" ? true : !words),
    put_mode: (value) =>
      changed("mode", value) ? put({ ...firstPage, mode: value }, { push: true }) : stay(),
    // from the list of all orgs a trace is opened inside its own
    open_trace: (cell, orgs) => {
      const [org, trace, span] = ((cell && cell.rowId) || "").split(":");
      const inside = orgs && orgs.length > 1 ? { org } : {};
      return trace ? put({ trace, span, ...inside }, { push: true, path: "/trace" }) : stay();
    },
    // a button that has just been put on the page fires without a click
    go_first: (clicks) => {
      if (!clicks) return stay();
      if (!params().get("after") && !params().get("before")) {
        dc.set_props("shell-view", { data: { ...viewNow(), at: Date.now() } });
        return stay();
      }
      return put(firstPage, { push: true });
    },
    go_newer: (clicks, at) =>
      clicks && at && at.newer ? put({ after: "", before: at.newer }, { push: true }) : stay(),
    go_older: (clicks, at) =>
      clicks && at && at.older ? put({ before: "", after: at.older }, { push: true }) : stay(),
  };
})();
