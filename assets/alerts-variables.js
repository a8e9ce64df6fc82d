/* The staleness board: its cells, and what only moves state between the board and the URL. */
(function () {
  "use strict";
  const { put, params, changed } = window.observatory;
  const dc = window.dash_clientside;
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = (...args) => window.React.createElement(...args);
  const stay = () => dc.no_update;

  const chip = (kind) =>
    make("span", { className: "kind-chip kind-" + kind, key: kind }, make("i", { "aria-hidden": true }), kind);
  cells.Kinds = ({ data }) =>
    make("span", { className: "kind-chips" }, data.kinds.length ? data.kinds.map(chip) : chip("fresh"));
  cells.Watch = ({ value }) =>
    value ? make("span", { className: "watch watch-" + value.replace(" ", "-") }, value) : null;

  /* A refresh keeps every row where the reader saw it; what is new comes last. */
  let before = { place: "", order: [] };
  function inOrder(found) {
    if (found.place !== before.place) return found.rows;
    const places = new Map(before.order.map((id, place) => [id, place]));
    const place = (row) => (places.has(row.id) ? places.get(row.id) : places.size);
    return [...found.rows].sort((one, other) => place(one) - place(other));
  }
  const placeOf = (search) => {
    const query = params(search);
    query.delete("variable");
    return query.toString();
  };

  dc.alerts_variables = {
    controls: (view) => {
      const query = params(view && view.search);
      return [query.get("find") || "", !query.get("variable")];
    },
    keep: (found) => {
      if (!found) return stay();
      const rows = inOrder({ place: placeOf(found.place), rows: found.rows });
      before = { place: placeOf(found.place), order: rows.map((row) => row.id) };
      return rows;
    },
    typed: (text) => {
      if (params().get("section") !== "variables" || !changed("find", text)) return stay();
      return put({ find: text });
    },
    open: (cell, orgs) => {
      const at = cell && cell.rowId ? cell.rowId.indexOf(":") : -1;
      if (at < 0) return stay();
      const inside = orgs && orgs.length > 1 && cell.rowId.slice(0, at) ? { org: cell.rowId.slice(0, at) } : {};
      return put({ ...inside, variable: cell.rowId.slice(at + 1) }, { push: true });
    },
  };
})();
