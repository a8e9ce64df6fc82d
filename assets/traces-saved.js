/* Saved views: opening one fills the URL; after that the URL alone says what is shown. */
(function () {
  "use strict";
  const { put, params, DEFAULTS } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const HELD = ["mode", "q", "cols", "range", "since", "until", "select"];
  const OPENED = "observatory-view";
  const byId = (id) => document.getElementById(id);

  let views = [];
  const heldIn = (search) => {
    const query = params(search);
    return Object.fromEntries(HELD.map((name) => [name, query.get(name) || DEFAULTS[name] || ""]));
  };
  const same = (one, other) => HELD.every((name) => one[name] === other[name]);

  function open(id) {
    const view = views.find((each) => each.id === id);
    if (!view) return;
    sessionStorage.setItem(OPENED, id);
    byId("saved-menu").open = false;
    put({ ...heldIn(view.search), after: "", before: "", version: "" }, { push: true, path: view.path });
    name();
  }
  function want(element, more) {
    const { verb, view } = element.dataset;
    // the address itself: columns may have moved without anything being read again
    dc.set_props("saved-wanted", { data: { verb, view: view || "", search: location.search, at: Date.now(), ...more } });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("#saved-menu button[data-verb]");
    if (!button) return;
    if (button.dataset.verb === "open") open(button.dataset.view);
    else want(button, {});
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("#saved-menu form[data-verb]");
    if (!form) return;
    event.preventDefault();
    const shared = Boolean(event.submitter && event.submitter.dataset.shared);
    want(form, { name: form.querySelector("input").value, shared });
  }, true);

  /* The view that the page shows, or the one it came from. */
  function words() {
    const now = heldIn();
    const shown = views.find((view) => same(heldIn(view.search), now));
    if (shown) {
      sessionStorage.setItem(OPENED, shown.id);
      return [shown.name, false];
    }
    const from = views.find((view) => view.id === sessionStorage.getItem(OPENED));
    return from ? [from.name, true] : ["", false];
  }
  function name() {
    const [text, changed] = words();
    const element = byId("saved-name");
    if (element) element.toggleAttribute("data-changed", changed);
    return text;
  }

  document.addEventListener("observatory:columns", name);

  dc.saved = {
    whose: (view, before) => {
      const org = params(view && view.search).get("org") || "";
      return before && before.org === org ? stay() : { org };
    },
    present: (found, view, done) => {
      views = found || [];
      if (done && done.verb === "save" && dc.callback_context.triggered_id === "saved-done") {
        sessionStorage.setItem(OPENED, done.view);
      }
      return name();
    },
  };
})();
