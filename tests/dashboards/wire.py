"""The wire: callbacks asked as the browser asks them, by POST to /_dash-update-component.

The one idea: the callbacks come from /_dash-dependencies and their values from `page_with`, so a
new callback is asked like all others, and one whose inputs nobody taught fails by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dash._utils import split_callback_id
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboards.shell.link import Link
from queries.explore import FACETS

Wires = dict[tuple[str, str], Any]
"""(component, property) → its value on the page."""


@dataclass(frozen=True)
class Callback:
    """A callback that runs on the server, as /_dash-dependencies describes it."""

    output: str
    inputs: list[dict[str, str]]
    state: list[dict[str, str]]

    @property
    def outputs(self) -> Any:
        """Its outputs the way the browser lists them: one, or a list of several."""
        found = split_callback_id(self.output)
        several = found if isinstance(found, list) else [found]
        cleaned = [{**each, "property": each["property"].split("@")[0]} for each in several]
        return cleaned if isinstance(found, list) else cleaned[0]

    def body(self, page: Wires) -> dict[str, Any]:
        """What the browser would post. A KeyError names the wire that `page` has no value for."""
        return {
            "output": self.output,
            "outputs": self.outputs,
            "inputs": [_filled(wire, page) for wire in self.inputs],
            "state": [_filled(wire, page) for wire in self.state],
            "changedPropIds": [f"{wire['id']}.{wire['property']}" for wire in self.inputs],
        }


def _filled(wire: dict[str, str], page: Wires) -> dict[str, Any]:
    return {**wire, "value": page[wire["id"], wire["property"]]}


def callbacks(client: FlaskClient) -> list[Callback]:
    """Every callback of every room that runs on the server."""
    return [
        Callback(each["output"], each["inputs"], each["state"])
        for each in client.get("/_dash-dependencies").get_json()
        if not each.get("clientside_function")
    ]


OPENED = [f"{org}:{0xFACADE:032x}:{1:016x}:0" for org in ("acme", "globex")]
"""Rows that the reader opened, of one trace in two orgs; each org has at most one of them."""


def part(search: str) -> dict[str, Any]:
    """The node of the service map that the address names, as the browser holds it."""
    kind, _, name = (Link.parse(search).node or "service:checkout").partition(":")
    return {"kind": kind, "name": name, "spans": 1, "errors": 0, "p95_ns": 1.0, "minutes": 60}


SILENCE: dict[str, Any] = {
    "matchers": "service=zq",
    "since": "",
    "lasts": "1h",
    "until": "",
    "repeats": "once",
    "days": [],
    "from": "",
    "to": "",
    "zone": "UTC",
    "comment": "",
}
CHANNEL = {
    "kind": "webhook",
    "name": "zq",
    "url": "https://192.0.2.1/zq",
    "to": "",
    "hook": "",
    "key": "",
    "region": "us",
}
"""What somebody typed into the dialogs of silences and channels."""


def page_with(search: str = "", path: str = "/traces", zone: str = "UTC", **state: Any) -> Wires:
    """What the page holds at an address; `state` replaces single wires, `__` for their dot."""
    page: Wires = {
        ("shell-url", "pathname"): path,
        ("shell-view", "data"): {"search": search, "zone": zone},
        ("shell-tick", "data"): 1,
        ("shell-apply", "n_clicks"): 1,
        ("shell-since", "value"): "2026-01-01 00:00",
        ("shell-until", "value"): "2026-01-02 00:00",
        ("trace-asked", "data"): {"trace": Link.parse(search).trace},
        ("trace-opened", "data"): {"trace": Link.parse(search).trace, "spans": 1, "version": None},
        ("trace-waterfall-asked", "data"): {"key": search, "opened": None},
        ("trace-waterfall-tree", "data"): None,
        ("overview-map-asked", "data"): {"search": search},
        ("overview-map-chosen", "data"): {"search": search, "path": "/map", "part": part(search)},
        ("trace-waterfall-jump", "data"): {"what": "errors", "n": 1},
        ("trace-waterfall-grid", "getRowsRequest"): {"startRow": 0, "endRow": 150},
        ("trace-panel-want", "data"): {
            "search": search,
            "zone": zone,
            "twin": "",
            "all": [],
            "text": "",
        },
        ("traces-search-typed", "data"): {"text": "service:", "caret": 8},
        ("traces-search-settled", "data"): {"text": "service:zq status:error"},
        ("traces-search-added", "data"): {"text": "service:zq", "term": "status=error"},
        ("share-wanted", "data"): {"kind": "pinned"},
        ("share-wish", "data"): {"format": "csv"},
        ("share-notebook-wish", "data"): {"at": 1},
        ("traces-cursors", "data"): {"newer": None, "older": None, "top": None},
        ("traces-asked", "data"): {"search": search, "zone": zone, "opened": OPENED},
        ("traces-unknown", "data"): {"ids": OPENED},
        ("traces-wanted", "data"): {"ids": OPENED},
        ("traces-cell", "data"): {"key": "status", "value": "error"},
        ("traces-jump", "data"): {"text": "00:00"},
        ("traces-columns-typed", "data"): {"text": ""},
        ("traces-columns-chosen", "data"): {"mode": "none", "cols": ""},
        ("traces-chart-kind", "value"): "histogram",
        ("traces-chart-open", "data"): True,
        ("traces-chart-brush", "data"): {
            "since": "2026-01-01T00:00:00Z",
            "until": "2026-01-02T00:00:00Z",
            "levels": [10, 12],
            "drag": "zoom",
        },
        ("overview-heat-brush", "data"): {
            "since": "2026-01-01T00:00:00Z",
            "until": "2026-01-02T00:00:00Z",
            "levels": [10, 12],
        },
        ("traces-sidebar-open", "data"): True,
        ("bell-tick", "n_intervals"): 1,
        ("bell-read", "data"): None,
        ("bell-read-all", "n_clicks"): 1,
        ("alerts-inbox-read-all", "n_clicks"): 1,
        ("alerts-detail-done", "data"): None,
        ("alerts-acknowledge", "n_clicks"): 1,
        ("alerts-acknowledge-note", "value"): "zq",
        ("alerts-take-back", "n_clicks"): 1,
        ("alerts-snooze", "n_clicks"): 1,
        ("alerts-snooze-for", "value"): "1",
        ("alerts-wake", "n_clicks"): 1,
        ("alerts-add-note", "n_clicks"): 1,
        ("alerts-note", "value"): "zq",
        **{(f"traces-facet-{key}-find", "value"): None for key in FACETS},
        **{(f"traces-facet-{key}-rest", "n_clicks"): 1 for key in FACETS},
        ("traces-difference-slowest", "n_clicks"): 1,
        ("code-source-window", "data"): None,
        ("compare-pair", "data"): search,
        ("compare-table", "getRowsRequest"): {"startRow": 0, "endRow": 100},
        ("saved-whose", "data"): {"org": Link.parse(search).org},
        ("saved-done", "data"): None,
        ("code-typed", "data"): {"text": "zq"},
        ("builder-asked", "data"): {"search": search, "zone": zone},
        ("builder-typed", "data"): {"search": search, "zone": zone, "fields": {}},
        ("builder-wanted", "data"): {"search": f"?rule={'0' * 32}", "zone": zone, "fields": {}},
        ("replay-asked", "data"): {"search": search, "zone": zone},
        ("replay-wanted", "data"): {"search": search, "zone": zone, "at": 0},
        ("replay-poll", "n_intervals"): 1,
        ("rules-wanted", "data"): {"verb": "delete", "rule": "0" * 32},
        ("rules-done", "data"): None,
        ("rules-yaml-loaded", "data"): None,
        ("rules-yaml-read", "data"): {"verb": "check", "text": "rules: [{}]"},
        ("saved-wanted", "data"): {"verb": "delete", "view": "0" * 32},
        ("alerts-silences-wanted", "data"): {"verb": "end", "silence": "0" * 32},
        ("alerts-channels-wanted", "data"): {"verb": "delete", "channel": "0" * 32},
        ("alerts-channels-watch", "data"): {"notification": "0" * 36, "turn": 0},
        **{
            (f"alerts-{section}-{store}", "data"): None
            for section in ("silences", "channels")
            for store in ("saved", "done", "watched")
        },
        **{(f"alerts-{section}-save", "n_clicks"): 1 for section in ("silences", "channels")},
        **{(f"alerts-silences-{name}", "value"): text for name, text in SILENCE.items()},
        **{(f"alerts-channels-{name}", "value"): text for name, text in CHANNEL.items()},
    }
    for name, value in state.items():
        component, prop = name.split("__")
        page[component.replace("_", "-"), prop] = value
    return page


def ask(client: FlaskClient, callback: Callback, page: Wires) -> TestResponse:
    """The server's answer to `callback` on `page`."""
    return client.post("/_dash-update-component", json=callback.body(page))


def answer(client: FlaskClient, output: str, page: Wires) -> dict[str, Any]:
    """What the callback that writes `output` ("id.property") puts on the page: id → properties."""
    (asked,) = [c for c in callbacks(client) if output in _writes(c)]
    reply = ask(client, asked, page)
    if reply.status_code == 204:
        return {}
    assert reply.status_code == 200, reply.get_data(as_text=True)
    written: dict[str, Any] = reply.get_json()["response"]
    return written


def _writes(callback: Callback) -> list[str]:
    outputs = callback.outputs if isinstance(callback.outputs, list) else [callback.outputs]
    return [f"{each['id']}.{each['property']}" for each in outputs]


def words(component: Any) -> str:
    """All text of a component as it came over the wire, piece after piece."""
    return " ".join(_texts(component))


def _texts(component: Any) -> Iterator[str]:
    if isinstance(component, str):
        yield component
    elif isinstance(component, list):
        for part in component:
            yield from _texts(part)
    elif isinstance(component, dict):
        yield from _texts(component.get("props", {}).get("children"))
