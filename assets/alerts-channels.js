/* Channels: dialogs open and close with the URL, buttons say what they want, tests are followed. */
(function () {
  "use strict";
  const { put, params } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const POLL_MS = 700;
  const MOST_TURNS = 60;
  const byId = (id) => document.getElementById(id);
  const set = (id, props) => dc.set_props(id, props);
  const isOpen = (query) => query.get("section") === "channels" && ["new", "edit"].includes(query.get("tab"));

  document.addEventListener("close", (event) => {
    if (event.target.id === "alerts-channels-dialog" && isOpen(params())) {
      put({ tab: "", ...(params().get("tab") === "edit" ? { channel: "" } : {}) });
    }
    // a secret that was read stays nowhere in the page
    if (event.target.id === "alerts-channels-secret-dialog") {
      set("alerts-channels-secret", { children: "" });
      set("alerts-channels-secret-said", { children: "" });
    }
  }, true);

  document.addEventListener("click", (event) => {
    const at = event.target.closest && event.target.closest("#alerts-channels-list [data-verb], #alerts-channels-left [data-verb]");
    if (!at) return;
    const { verb, channel, ids } = at.dataset;
    const menu = at.closest("details.drop");
    if (menu) menu.open = false;
    set("alerts-channels-wanted", { data: { verb, channel: channel || "", ids: ids || "", at: Date.now() } });
  });

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return "Copied.";
    } catch (error) {
      getSelection().selectAllChildren(byId("alerts-channels-secret"));
      return "It is selected: copy it by hand.";
    }
  }

  dc.alerts_channels = {
    dialog: (view) => {
      const element = byId("alerts-channels-dialog");
      if (!element) return stay();
      const query = params(view && view.search);
      if (isOpen(query) && !element.open) element.showModal();
      if (!isOpen(query) && element.open) element.close();
      element.dataset.tab = query.get("tab") || "";
      return stay();
    },
    close: (clicks) => {
      if (clicks) byId("alerts-channels-dialog").close();
      return stay();
    },
    saved: (saved) => {
      if (saved) byId("alerts-channels-dialog").close();
      return stay();
    },
    done: (done) => {
      if (done && done.notification) set("alerts-channels-watch", { data: { notification: done.notification, turn: 0 } });
      return stay();
    },
    watched: (found) => {
      if (!found || found.done || !(found.turn < MOST_TURNS)) return stay();
      const data = { notification: found.notification, turn: found.turn + 1 };
      setTimeout(() => byId("alerts-channels-tried") && set("alerts-channels-watch", { data }), POLL_MS);
      return stay();
    },
    show_secret: (secret) => {
      const element = byId("alerts-channels-secret-dialog");
      if (secret && !element.open) element.showModal();
      return stay();
    },
    copy_secret: (clicks) => {
      if (clicks) copy(byId("alerts-channels-secret").textContent).then((said) => set("alerts-channels-secret-said", { children: said }));
      return stay();
    },
    close_secret: (clicks) => {
      if (clicks) byId("alerts-channels-secret-dialog").close();
      return stay();
    },
  };
})();
