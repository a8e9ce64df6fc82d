/* The sections of the Alerts tab: the one that the URL names is shown, its tab is marked. */
(function () {
  "use strict";
  const { params } = window.observatory;
  const dc = window.dash_clientside;
  const SECTIONS = ["active", "rules", "builder", "replay", "history", "variables", "silences", "channels", "inbox"];
  const INSIDE = { builder: "rules", replay: "rules" };
  const SHARED = ["org", "range", "since", "until", "zone", "live"];

  function open(view) {
    const section = params(view && view.search).get("section") || "active";
    return SECTIONS.includes(section) ? section : "active";
  }
  const hides = (section) => [`hides_${section}`, (view) => open(view) !== section];

  function address(section, view) {
    const now = params(view && view.search);
    const kept = new URLSearchParams();
    for (const name of SHARED) if (now.get(name)) kept.set(name, now.get(name));
    if (section !== "active") kept.set("section", section);
    const text = kept.toString();
    return "/alerts" + (text ? "?" + text : "");
  }

  dc.alerts_frame = {
    ...Object.fromEntries(SECTIONS.map(hides)),
    tabs: (view, tabs) => {
      const here = INSIDE[open(view)] || open(view);
      return tabs.map((tab) => {
        const section = tab.props.id.replace("alerts-tab-", "");
        const className = "alerts-tab" + (section === here ? " alerts-tab-here" : "");
        return { ...tab, props: { ...tab.props, href: address(section, view), className } };
      });
    },
  };
})();
