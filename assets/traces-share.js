/* Share: copies links, opens the dialogs, starts a download and follows it. Rows pass only as a file. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const stay = () => dc.no_update;
  const POLL_MS = 400;
  const PATIENCE_MS = 15000;
  const byId = (id) => document.getElementById(id);
  const set = (id, props) => dc.set_props(id, props);

  async function toClipboard(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      return copiedBySelection(text);
    }
  }

  /* Without TLS there is no clipboard API; the browser then copies what is selected. */
  function copiedBySelection(text) {
    const box = document.createElement("textarea");
    box.value = text;
    (document.querySelector("dialog[open]") || document.body).append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    return copied;
  }

  async function copyLink(address, said) {
    set("share-link", { value: address });
    const copied = await toClipboard(address);
    set("share-said", { children: copied ? said : "Copy it from the field: the browser did not let us." });
  }

  /* A link to the list says nothing about the page within it. */
  function relative() {
    const query = observatory.params();
    for (const name of ["after", "before"]) query.delete(name);
    const text = query.toString();
    return location.origin + location.pathname + (text ? "?" + text : "");
  }

  const want = (kind) => (clicks) => {
    if (clicks) set("share-wanted", { data: { kind, at: Date.now() } });
    return stay();
  };

  function wish(format) {
    set("share-ready", { data: null });
    set("share-start", { disabled: true });
    set("share-wish", { data: { format, at: Date.now() } });
  }

  /* One export at a time is followed; its receipt says how far it is. */
  let followed = null;

  function newId() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  function download(address) {
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    document.body.append(link);
    link.click();
    link.remove();
  }

  const number = (value) => value.toLocaleString("en-US");
  function size(bytes) {
    const [unit, by] = [["B", 1], ["kB", 1e3], ["MB", 1e6], ["GB", 1e9]].filter(([, n]) => bytes >= n || n === 1).pop();
    const value = bytes / by;
    return (value >= 10 || by === 1 ? value.toFixed(0) : value.toFixed(1)) + " " + unit;
  }

  function showRunning(running) {
    set("share-cancel", { hidden: !running });
    set("share-start", { disabled: running });
    const dialog = byId("share-export-dialog");
    if (dialog) dialog.dataset.running = running ? "yes" : "";
  }

  function showReceipt(receipt, order) {
    const so_far = number(receipt.rows) + " rows, " + size(receipt.bytes);
    const share = Math.min(99, (100 * receipt.rows) / Math.max(1, order.rows));
    const words = {
      running: "Writing: " + number(receipt.rows) + " of " + (order.exact ? "" : "at most ") + number(order.rows) + " rows, " + size(receipt.bytes),
      done: "Done: " + so_far,
      cancelled: "Cancelled after " + so_far + ". What was saved is not whole.",
      failed: "It failed after " + so_far + ". Try again, or choose a shorter range.",
    };
    set("share-progress", { value: String(receipt.state === "done" ? 100 : share) });
    set("share-state", { children: words[receipt.state] });
    set("share-progress-line", { className: "export-progress export-" + receipt.state });
  }

  async function follow(id, order) {
    const address = "/export/progress/" + id + ".json";
    const patience = Date.now() + PATIENCE_MS;
    for (;;) {
      const reply = await fetch(address, { cache: "no-store" });
      if (followed !== id) return;
      const receipt = reply.ok ? await reply.json() : { state: "waiting" };
      if (receipt.state !== "waiting") showReceipt(receipt, order);
      if (receipt.state === "done" || receipt.state === "cancelled" || receipt.state === "failed") {
        set("share-receipt", { hidden: false, href: "/export/receipt/" + id + ".json" });
        return;
      }
      if (receipt.state === "waiting" && Date.now() > patience) {
        set("share-state", { children: "It could not start. Try again." });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  dc.share = {
    notice: (view) => {
      const version = observatory.params(view && view.search).get("version");
      return [!version, version ? "Pinned to version " + version : "", (view && view.zone) || "UTC"];
    },
    copy_relative: (clicks) => {
      if (clicks) copyLink(relative(), "Copied. It shows what its range means when it is opened.");
      return stay();
    },
    want_absolute: want("absolute"),
    want_pinned: want("pinned"),
    copy_made: (made) => {
      if (!made) return stay();
      if (!made.search) set("share-said", { children: made.said });
      else {
        const query = observatory.params(made.search);
        for (const name of ["after", "before"]) query.delete(name);
        copyLink(location.origin + location.pathname + "?" + query.toString(), made.said);
      }
      return stay();
    },
    unpin: (clicks) => (clicks ? observatory.put({ ...observatory.firstPage, version: "" }, { push: true }) : stay()),
    open_export: (clicks) => {
      if (!clicks) return stay();
      byId("share-export-dialog").showModal();
      if (!followed) {
        set("share-progress-line", { hidden: true });
        const chosen = document.querySelector("#share-format input:checked");
        wish(chosen ? chosen.value : "csv");
      }
      return stay();
    },
    close_export: (clicks) => {
      if (clicks) byId("share-export-dialog").close();
      return stay();
    },
    wish: (format) => {
      if (byId("share-export-dialog").open) wish(format);
      return stay();
    },
    ready: (order) => {
      set("share-start", { disabled: !order || Boolean(followed) });
      return stay();
    },
    start: (clicks, order, bom) => {
      if (!clicks || !order || followed) return stay();
      const id = (followed = newId());
      set("share-progress-line", { hidden: false, className: "export-progress" });
      set("share-receipt", { hidden: true });
      set("share-state", { children: "Starting…" });
      set("share-progress", { value: "0" });
      showRunning(true);
      const csv = order.address.includes("/spans.csv") && bom && bom.length;
      download(order.address + "&id=" + id + (csv ? "&bom=1" : ""));
      follow(id, order).finally(() => {
        if (followed === id) followed = null;
        showRunning(false);
      });
      return stay();
    },
    cancel: (clicks) => {
      if (clicks && followed) fetch("/export/cancel/" + followed, { method: "POST" });
      return stay();
    },
    open_notebook: (clicks) => {
      if (!clicks) return stay();
      byId("share-menu").open = false;
      set("share-notebook-text", { children: "" });
      set("share-notebook-said", { children: "" });
      set("share-notebook-wish", { data: { at: Date.now() } });
      byId("share-notebook-dialog").showModal();
      return stay();
    },
    close_notebook: (clicks) => {
      if (clicks) byId("share-notebook-dialog").close();
      return stay();
    },
    copy_notebook: (clicks) => {
      if (!clicks) return stay();
      toClipboard(byId("share-notebook-text").textContent).then((copied) =>
        set("share-notebook-said", { children: copied ? "Copied." : "Select the lines and copy them." })
      );
      return stay();
    },
  };
})();
