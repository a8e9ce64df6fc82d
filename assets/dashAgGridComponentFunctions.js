/* Cells that are more than text. All of them make elements and text nodes, never markup. */
(function () {
  "use strict";
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const make = (...args) => window.React.createElement(...args);

  cells.Process = ({ data }) =>
    make("span", { className: "process", title: data.process },
      make("span", { className: "process-name" }, data.process),
      make("span", { className: "muted" }, data.service));

  cells.Status = ({ value }) =>
    value ? make("span", { className: "status status-" + value }, make("i", { "aria-hidden": true }), value) : null;

  cells.Words = ({ data, field }) => data[field];
})();
