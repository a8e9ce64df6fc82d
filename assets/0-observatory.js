/* The browser's half of the link: controls <-> URL, live refresh, theme. No data passes here. */
(function () {
  "use strict";
  const DEFAULTS = { range: "24h", zone: "browser", live: "off", mode: "spans", chart: "rate" };
  /* what names something of one org, and nothing in another */
  const OF_ONE_ORG = { trace: "", span: "", version: "", root: "", other: "", select: "", only: "", cohort: "", zoom: "", function: "", service: "", revision: "", against: "", node: "", onto: "", rule: "", alert: "", draft: "", rival: "", rival_draft: "", variable: "", silence: "", matchers: "", channel: "" };
  const SHARED = ["org", "range", "since", "until", "zone", "live"];
  const INSIDE = { "/trace": "/traces", "/compare": "/traces", "/map": "/" };
  const LIVE_SECONDS = { "5s": 5, "30s": 30 };
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const stay = () => dc.no_update;

  const params = (search) => new URLSearchParams(search === undefined ? location.search : search);
  const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

  function searchOf(query) {
    for (const [name, value] of [...query]) {
      if (!value || value === DEFAULTS[name]) query.delete(name);
    }
    const text = query.toString();
    return text ? "?" + text : "";
  }

  /* Change parts of the URL. Navigation adds a step to the history, an adjustment replaces it. */
  function put(changes, { push = false, path = location.pathname } = {}) {
    const query = params();
    for (const [name, value] of Object.entries(changes)) query.set(name, value || "");
    const search = searchOf(query);
    if (search === location.search && path === location.pathname) return stay();
    history[push ? "pushState" : "replaceState"]({}, "", path + search);
    // what dcc.Link does: the Location component then reads the new address
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    return stay();
  }
  const firstPage = { after: "", before: "" };
  const changed = (name, value) => (params().get(name) || DEFAULTS[name] || "") !== (value || "");

  dc.observatory = {
    view: (search) => {
      const zone = params(search).get("zone") || "browser";
      setLive(params(search).get("live"));
      return { search: search || "", zone: zone === "browser" ? browserZone() : zone };
    },
    tabs: (view, path, tabs) => {
      const query = params();
      const shared = new URLSearchParams();
      for (const name of SHARED) if (query.get(name)) shared.set(name, query.get(name));
      const search = searchOf(shared);
      return tabs.map((tab) => {
        const to = tab.props.href.split("?")[0];
        const here = to === (path || "/") || (INSIDE[path] || "") === to;
        if (here) document.title = tab.props.children + " · Observatory";
        const props = { ...tab.props, href: to + search, className: here ? "room-link room-link-here" : "room-link" };
        return { ...tab, props };
      });
    },
    context: (view, orgs) => {
      const query = params(view && view.search);
      const wanted = query.get("org");
      const known = orgs.some((option) => option.value === wanted);
      const custom = query.get("since") || query.get("until");
      return [
        known ? wanted : orgs.length ? orgs[0].value : null,
        custom ? null : query.get("range") || DEFAULTS.range,
        query.get("zone") || DEFAULTS.zone,
        query.get("live") || DEFAULTS.live,
        zones(),
      ];
    },
    put_org: (value, orgs) => {
      if (!value || !orgs || orgs.length < 2) return stay();
      const wanted = value === orgs[0].value ? "" : value;
      if (!changed("org", wanted)) return stay();
      return put({ ...firstPage, ...OF_ONE_ORG, org: wanted }, { push: true });
    },
    put_range: (value) => {
      const custom = params().get("since") || params().get("until");
      if (!value || (!custom && !changed("range", value))) return stay();
      return put({ ...firstPage, since: "", until: "", range: value });
    },
    // a row's id begins with org, trace and span; from all orgs a trace is opened inside its own
    open_trace: (cell, orgs) => {
      const [org, trace, span] = ((cell && cell.rowId) || "").split(":");
      const inside = orgs && orgs.length > 1 ? { org } : {};
      return trace ? put({ trace, span, ...inside }, { push: true, path: "/trace" }) : stay();
    },
    put_custom: (ends) => (ends ? put({ ...firstPage, range: "", ...ends }) : stay()),
    put_zone: (value) => put({ zone: value }),
    put_live: (value) => put({ live: value }),
    theme: (value) => {
      if (value === undefined || value === null) return themeNow();
      setTheme(value);
      return stay();
    },
  };

  const viewNow = () => dc.observatory.view(location.search);

  /* What the parts of the page share; each part has a script of its own. */
  window.observatory = { put, params, changed, firstPage, viewNow, DEFAULTS };

  /* What keys can do: name -> functions, tried in turn until one returns true. */
  const actions = (window.observatory.actions = {});
  window.observatory.act = (name, run) => (actions[name] = actions[name] || []).push(run);

  let allZones = null;
  function zones() {
    if (allZones) return stay();
    const named = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
    allZones = [
      { label: "Browser (" + browserZone() + ")", value: "browser" },
      { label: "UTC", value: "UTC" },
      ...named.filter((zone) => zone !== "UTC").map((zone) => ({ label: zone, value: zone })),
    ];
    return allZones;
  }

  /* Live refresh: a tick only when the page can be seen and the last one was answered. */
  let timer = null;
  let unanswered = 0;
  function setLive(live) {
    if (timer) clearInterval(timer);
    const seconds = LIVE_SECONDS[live];
    timer = seconds ? setInterval(tick, seconds * 1000) : null;
  }
  function tick() {
    if (document.hidden || unanswered) return;
    dc.set_props("shell-tick", { data: Date.now() });
  }

  function themeNow() {
    const found = document.cookie.match(/(?:^|; )theme=(light|dark)/);
    return found ? found[1] : "system";
  }
  function setTheme(theme) {
    const explicit = theme === "light" || theme === "dark";
    document.cookie =
      "theme=" + (explicit ? theme : "") + ";path=/;samesite=lax;max-age=" + (explicit ? 31536000 : 0);
    if (explicit) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }

  /* A session that ended shows the sign-in page, not an error on every panel. */
  const plainFetch = window.fetch;
  window.fetch = async function (resource, options) {
    const url = String((resource && resource.url) || resource);
    const ours = url.includes("_dash-update-component");
    if (ours) unanswered += 1;
    try {
      const response = await plainFetch.call(this, resource, options);
      if (ours && response.status === 401) location.reload();
      return response;
    } finally {
      if (ours) unanswered -= 1;
    }
  };
})();
