/* The Code Inspector: its search and its rows to links. */
(function () {
  "use strict";
  const { put, params, changed } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;

  /* A span without a function counts under its operation's name. */
  const spansOf = (name) => {
    const same = '="' + name.replace(/[\\"]/g, "\\$&") + '"';
    return "function" + same + " OR (name" + same + " -exists:function)";
  };

  dc.code = {
    controls: (view) => {
      const typing = document.activeElement && document.activeElement.id === "code-search";
      return typing ? stay() : params(view && view.search).get("function") || "";
    },
    put_function: (value) => (changed("function", value) ? put({ function: value }) : stay()),
    open_spans: (cell) => {
      const name = ((cell && cell.rowId) || "").split("\n")[1];
      return name
        ? put({ function: "", q: spansOf(name) }, { push: true, path: "/traces" })
        : stay();
    },
  };
})();
