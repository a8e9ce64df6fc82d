/* The source pane in the browser: lines are drawn as text nodes, with badges that lead to spans. */
(function () {
  "use strict";
  const { put, params } = window.observatory;
  const dc = window.dash_clientside;
  const stay = () => dc.no_update;
  const STEP = 400;
  let drawn = null;
  let marks = [];
  let place = 0;

  dc.code_source = {
    draw: (shown, badges) => {
      const sheet = document.getElementById("code-source-sheet");
      if (!sheet) return stay();
      marks = badges || [];
      if (!same(shown)) paint(sheet, shown);
      if (shown) badge(sheet, shown);
      return stay();
    },
    put_revision: (value, shown) =>
      value && shown && value !== shown.revision ? put({ revision: value }, { push: true }) : stay(),
    put_against: (value, shown) =>
      shown && (value || "") !== shown.against ? put({ against: value || "" }, { push: true }) : stay(),
  };

  const same = (shown) =>
    Boolean(shown && drawn && drawn.key === shown.key && drawn.first === shown.first && drawn.last === shown.last &&
      String(drawn.marked) === String(shown.marked) && document.querySelector("#code-source-sheet .source-row"));

  function element(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* Everything is made anew; where the reader stood is found again by the number of the row. */
  function paint(sheet, shown) {
    const before = drawn;
    const anchor = before && shown && before.key === shown.key ? standing(sheet) : null;
    if (!before || !shown || before.key && before.key !== shown.key) place = 0;
    drawn = shown;
    sheet.replaceChildren();
    if (!shown) return;
    sheet.className = "source-sheet" + (shown.beside ? " source-beside" : "");
    sheet.style.setProperty("--digits", String(String(shown.total).length));
    sheet.append(shown.beside ? heads(shown.beside) : legend());
    if (shown.first > 1) sheet.append(more("Show lines above", shown.first - STEP, shown.last, shown.first - 1));
    const rows = document.createDocumentFragment();
    shown.rows.forEach((row, at) => rows.append(line(shown, row, shown.first + at)));
    sheet.append(rows);
    if (shown.last < shown.total)
      sheet.append(more("Show lines below", shown.first, shown.last + STEP, shown.total - shown.last));
    if (anchor) stand(sheet, anchor);
    else reveal(sheet, shown);
  }

  function heads(names) {
    const row = element("div", "source-heads");
    names.forEach((name) => row.append(element("div", "", name)));
    return row;
  }

  function legend() {
    const row = element("div", "source-legend");
    const names = element("div", "");
    for (const name of ["calls", "p95", "errors", "memory"]) names.append(element("span", "", name));
    row.append(names);
    return row;
  }

  function more(text, first, last, left) {
    const button = element("button", "source-more", text + " (" + left.toLocaleString("en") + " more)");
    button.type = "button";
    button.addEventListener("click", () => ask(first, last));
    return button;
  }
  function ask(first, last) {
    dc.set_props("code-source-window", { data: { key: drawn.key, first, last } });
  }

  function line(shown, [kind, before, after, was, is], number) {
    const inside = shown.marked && after && after >= shown.marked[0] && after <= shown.marked[1];
    const row = element("div", "source-row" + (kind ? " source-" + kind : "") + (inside ? " source-here" : ""));
    row.dataset.row = number;
    if (after) row.dataset.line = after;
    if (shown.beside) row.append(element("span", "source-number", before || ""), text(was, before), sign(kind));
    row.append(element("span", "source-margin"), element("span", "source-number", after || ""), text(is, after));
    return row;
  }
  const sign = (kind) => element("span", "source-sign", { changed: "≠", added: "+", removed: "−" }[kind] || "");

  function text(pieces, there) {
    const code = element("code", there ? "source-text" : "source-text source-none");
    for (const [name, piece] of pieces || []) {
      if (name) code.append(element("span", "tok-" + name, piece));
      else code.append(document.createTextNode(piece));
    }
    return code;
  }

  /* Badges come and go with each refresh; the lines stay. */
  function badge(sheet, shown) {
    for (const old of sheet.querySelectorAll(".source-margin > *")) old.remove();
    sheet.classList.toggle("source-badged", marks.length > 0);
    for (const mark of marks) {
      const row = sheet.querySelector('.source-row[data-line="' + Number(mark.line) + '"]');
      if (!row) continue;
      const link = element("a", "source-badge" + (mark.errors ? " source-failing" : ""));
      link.href = mark.href;
      link.title = mark.said;
      link.setAttribute("aria-label", mark.said);
      link.style.setProperty("--share", String(mark.share));
      link.append(
        element("b", "", mark.calls),
        element("span", "", mark.p95),
        element("span", "source-errors", mark.errors),
        element("span", "source-memory", mark.memory),
      );
      row.querySelector(".source-margin").append(link);
      row.classList.add("source-ran");
    }
  }

  /* The row at the top, and how far it is from the edge. */
  function standing(sheet) {
    const edge = sheet.getBoundingClientRect().top;
    for (const row of sheet.querySelectorAll(".source-row")) {
      const box = row.getBoundingClientRect();
      if (box.bottom > edge) return { row: row.dataset.row, gap: box.top - edge };
    }
    return null;
  }
  function stand(sheet, anchor) {
    const row = sheet.querySelector('.source-row[data-row="' + anchor.row + '"]');
    if (row) sheet.scrollTop += row.getBoundingClientRect().top - sheet.getBoundingClientRect().top - anchor.gap;
  }
  function reveal(sheet, shown) {
    const wanted = place && shown.beside && sheet.querySelector('.source-row[data-row="' + place + '"]');
    const row = wanted || sheet.querySelector(".source-here") || sheet.querySelector(".source-row");
    if (row) sheet.scrollTop += row.getBoundingClientRect().top - sheet.getBoundingClientRect().top - 3 * 20;
  }

  /* From difference to difference, also to those that are not on the page yet. */
  function jump(step) {
    if (!drawn || !drawn.jumps.length) return;
    const sheet = document.getElementById("code-source-sheet");
    const here = place || (standing(sheet) || { row: 1 }).row;
    const ahead = step === "on" ? drawn.jumps.filter((at) => at > here) : drawn.jumps.filter((at) => at < here);
    place = step === "on" ? (ahead[0] || drawn.jumps[0]) : (ahead.pop() || drawn.jumps[drawn.jumps.length - 1]);
    if (place < drawn.first || place > drawn.last) {
      const asked = { key: drawn.key, first: place - STEP, last: place + STEP };
      drawn = { ...drawn, key: "" };
      dc.set_props("code-source-window", { data: asked });
    } else reveal(sheet, drawn);
  }

  async function copy(button, what) {
    const shown = drawn;
    try {
      await navigator.clipboard.writeText(await wanted(what, shown));
      say(button, "Copied");
    } catch {
      say(button, "Not allowed");
    }
  }
  async function wanted(what, shown) {
    if (what === "command") return document.querySelector(".source-command").textContent;
    const query = new URLSearchParams({ id: shown.id });
    const org = params().get("org");
    if (org) query.set("org", org);
    const answer = await fetch("/source?" + query);
    if (!answer.ok) throw new Error("no file");
    const whole = await answer.text();
    if (what === "file") return whole;
    return whole.split(/\r\n|\r|\n/).slice(shown.marked[0] - 1, shown.marked[1]).join("\n") + "\n";
  }
  function say(button, word) {
    const own = button.dataset.own || (button.dataset.own = button.textContent);
    button.textContent = word;
    setTimeout(() => (button.textContent = own), 1200);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("#code-source button");
    if (button && button.dataset.sourceCopy) copy(button, button.dataset.sourceCopy);
    if (button && button.dataset.sourceJump) jump(button.dataset.sourceJump);
    const badge = event.target.closest && event.target.closest("#code-source .source-ran");
    if (badge && !event.target.closest("a") && String(getSelection())) return;
    const link = badge && badge.querySelector(".source-badge");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const to = new URL(link.href);
    history.pushState({}, "", to.pathname + to.search);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  });
})();
