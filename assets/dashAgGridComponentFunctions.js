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

  cells.Branch = ({ data }) =>
    make("span", {
        className: "branch" + (data.chosen ? " branch-chosen" : ""),
        style: { paddingLeft: Math.min(data.depth, 40) * 14 + "px" },
        title: data.process,
        "aria-level": data.depth + 1,
      },
      make("i", { className: data.depth ? "elbow" : "elbow elbow-root", "aria-hidden": true }),
      make("span", { className: "process-name" }, data.process),
      make("span", { className: "muted" }, data.service),
      data.mark ? make("span", { className: "mark-odd", title: data.mark }, data.mark.split(":")[0]) : null);

  cells.Bar = ({ data }) =>
    make("span", { className: "bar-track", title: data.duration },
      make("span", {
        className: "bar" + (data.status === "error" ? " bar-bad" : ""),
        style: { left: data.bar[0] + "%", width: "max(2px, " + data.bar[1] + "%)" },
      }));
})();
