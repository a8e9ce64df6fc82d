/* Silences: the dialog opens and closes with the URL; buttons say what they want. */
(function () {
  "use strict";
  const { put, params } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const DIALOG = "alerts-silences-dialog";
  const dialog = () => document.getElementById(DIALOG);
  const leave = () => (params().get("silence") ? put({ silence: "", matchers: "" }) : stay());

  document.addEventListener("close", (event) => {
    if (event.target.id === DIALOG) leave();
  }, true);

  document.addEventListener("click", (event) => {
    const at = event.target.closest && event.target.closest("#alerts-silences-list [data-verb], #alerts-silences-labels [data-matcher]");
    if (!at) return;
    const { verb, silence, matcher } = at.dataset;
    if (verb) dc.set_props("alerts-silences-wanted", { data: { verb, silence, at: Date.now() } });
    else add(matcher);
  });

  function add(matcher) {
    const text = document.querySelector("#alerts-silences-matchers").value.trim();
    dc.set_props("alerts-silences-matchers", { value: (text ? text + " " : "") + matcher });
  }

  dc.alerts_silences = {
    dialog: (view) => {
      const query = params(view && view.search);
      const open = query.get("section") === "silences" && Boolean(query.get("silence"));
      const element = dialog();
      if (!element) return stay();
      if (open && !element.open) element.showModal();
      if (!open && element.open) element.close();
      return stay();
    },
    close: (clicks) => {
      if (clicks && dialog()) dialog().close();
      return stay();
    },
    saved: (saved) => {
      if (saved && dialog()) dialog().close();
      return stay();
    },
  };
})();
