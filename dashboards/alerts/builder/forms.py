"""Forms: the plain controls of a rule, type by type.

The one idea: a control is named after the field it fills, so whatever is typed becomes a form of
texts, and a problem finds its place by that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

from alerts import metrics
from dashboards.alerts.builder import layout
from dashboards.alerts.builder.drafts import Form
from queries.alerting import GROUPING

TYPES: Final = {
    "threshold": "Threshold: a metric beyond a limit",
    "anomaly": "Anomaly: a metric unlike its usual week",
    "staleness": "Staleness: a variable frozen, silent or late",
    "heartbeat": "Heartbeat: an agent or service not seen",
    "budget": "Budget: cost or tokens of a day or month",
    "failures": "Failures in a row of a service",
    "sql_query": "SQL: the value of a query",
}
SEVERITIES: Final = {"info": "Info", "warning": "Warning", "critical": "Critical"}
COMPARATORS: Final = {
    ">": "above",
    ">=": "at or above",
    "<": "below",
    "<=": "at or below",
}
KINDS: Final = {"frozen": "Frozen", "silent": "Silent", "lagging": "Lagging"}
NO_DATA: Final = {
    "keep": "stays as it was",
    "alert": "is an alert of its own",
    "ok": "counts as being well",
}


@dataclass(frozen=True)
class Known:
    """What is there to choose from in the org: metrics sent, services, processes, channels."""

    names: Sequence[Mapping[str, str]] = ()
    services: Sequence[str] = ()
    processes: Sequence[str] = ()
    agents: Sequence[str] = ()
    channels: Mapping[str, str] = field(default_factory=dict)


def form(values: Form, known: Known) -> list[Component]:
    """The controls of a rule of the type that `values` say."""
    type_ = str(values.get("type"))
    controls = _Controls(values, known)
    return [
        *_suggestions(known),
        _group(
            "What is watched",
            [controls.pick("type", "Kind of rule", TYPES, wide=True), *controls.condition(type_)],
        ),
        _group("How patiently", controls.patience(type_)),
        _group(
            "Whom it tells",
            [
                controls.segments("severity", "Severity", SEVERITIES),
                controls.several(
                    "channels", "Channels, beside the inbox", known.channels, "Only the inbox"
                ),
                controls.text("cooldown", "At most once in", "0s", "Per alert, such as 1h"),
            ],
        ),
        _group(
            "How it is called",
            [
                controls.text("name", "Name", "Taken from the sentence", wide=True),
                controls.area("description", "Description", rows=2),
                controls.text("labels", "Labels", "team=shop, tier=gold", wide=True),
            ],
        ),
    ]


def _group(title: str, controls: Iterable[Component]) -> Component:
    return html.Fieldset(
        [html.Legend(title), html.Div(list(controls), className="builder-fields")],
        className="builder-group",
    )


def _suggestions(known: Known) -> list[Component]:
    """Lists that text fields complete from; anything else may be typed too."""
    variables = [each["name"] for each in known.names if each["kind"] in ("variable", "gauge")]
    lists = {
        "services": known.services,
        "processes": known.processes,
        "agents": known.agents,
        "variables": variables,
    }
    return [
        html.Datalist([html.Option(value=each) for each in values], id=f"builder-list-{name}")
        for name, values in lists.items()
    ]


class _Controls:
    def __init__(self, values: Form, known: Known) -> None:
        self.values, self.known = values, known

    def condition(self, type_: str) -> list[Component]:
        match type_:
            case "threshold":
                return [
                    *self._metric(),
                    *self._where(),
                    self.pick("comparator", "Fires when it is", COMPARATORS),
                    self.text("limit", "Limit", "500ms, 5%, 100"),
                    self._by(),
                ]
            case "anomaly":
                directions = {"both": "either side", "above": "above", "below": "below"}
                return [
                    *self._metric(),
                    *self._where(),
                    self.pick("direction", "Unusual to", directions),
                    self.text("sensitivity", "Deviations", "4"),
                    self.text("minimum_weeks", "Weeks of history", "2"),
                    self._by(),
                ]
            case "staleness":
                return self._staleness()
            case "heartbeat":
                senders = {"agent": "An agent", "service": "A service"}
                suggested = "agents" if self.values.get("of") == "agent" else "services"
                return [
                    self.segments("of", "Who must be seen", senders),
                    self.text("silent_for", "Not seen for", "10m"),
                    self.text("names", "Name", "Any; * stands for anything", suggests=suggested),
                    self.text("roster", "Roster", "Names that must be seen, with commas"),
                    self._search(),
                ]
            case "budget":
                return self._budget()
            case "failures":
                return [
                    self.text("service", "Service", "* for any", suggests="services"),
                    self.text("in_a_row", "Failures in a row", "3"),
                    self._search(),
                ]
        return [
            self.area("sql", "Query: its first column is the value", rows=7),
            self.pick("comparator", "Fires when it is", COMPARATORS),
            self.text("limit", "Limit", "100"),
        ]

    def patience(self, type_: str) -> list[Component]:
        controls = [
            self.text("for_", "For at least", "0s"),
            self.text("keep_firing", "Ends after being well for", "0s"),
        ]
        if type_ not in ("budget", "heartbeat"):
            controls.insert(0, self.text("window", "Looks at the last", "5m"))
        if type_ in ("threshold", "sql_query"):
            controls.append(self.text("recovery", "Well again at", "The limit"))
        return [
            *controls,
            self.text("every", "Looks every", "1m"),
            self.pick("no_data", "No data", NO_DATA),
        ]

    def _metric(self) -> list[Component]:
        own = {each.name: f"{each.says} ({each.name})" for each in metrics.METRICS}
        sent = {
            f"metric:{each['name']}": f"{each['name']} ({each['kind']})"
            for each in self.known.names
        }
        name = str(self.values.get("metric", ""))
        options = {**own, **sent}
        chosen = options if name in options else {name: name, **options}
        together: dict[str, str] = {"": "usual", **{each: each for each in metrics.AGGREGATES}}
        controls = [self.pick("metric", "Metric or variable", chosen, wide=True)]
        if metrics.find(name).points if name else ():
            controls.append(self.pick("aggregate", "Its values taken together by", together))
        return controls

    def _where(self) -> list[Component]:
        return [
            self.text("service_name", "Service", "Any", suggests="services"),
            self.text("process_name", "Process", "Any", suggests="processes"),
            self._search(),
        ]

    def _search(self) -> Component:
        return self.text("search", "Only spans matching", "status:error model=…", wide=True)

    def _by(self) -> Component:
        chosen = self.values.get("by", "")
        keys = chosen if isinstance(chosen, list) else [k.strip() for k in chosen.split(",")]
        options = {key: key for key in [*GROUPING, *filter(None, keys)]}
        return self.several("by", "One alert for each", options, "No: one for all")

    def _staleness(self) -> list[Component]:
        kind = str(self.values.get("kind"))
        controls = [
            self.segments("kind", "What is wrong", KINDS),
            self.text("process", "Process", "Any; * stands for anything", suggests="processes"),
            self.text("data", "Variable", "Any; * stands for anything", suggests="variables"),
        ]
        if kind == "silent":
            controls.append(self.text("silent_for", "Nothing for", "10m"))
            controls.append(self.text("roster", "Roster", "Names that must report, with commas"))
        elif kind == "lagging":
            controls.append(self.text("lag", "Late by more than", "5m"))
        else:
            controls += [
                self.text("more_than", "Same value more than", "5", "times in a row"),
                self.text("lasting", "And for at least", "0s"),
                self.text("tolerance", "Counts as the same within", "0"),
                self.text("ignore", "Values that may repeat", "0, 0.0"),
                self.text("ignore_from", "These only from", "20:00"),
                self.text("ignore_until", "until", "06:00"),
                self.text("zone", "by the clocks of", "Europe/Berlin"),
            ]
        return [*controls, self._search()]

    def _budget(self) -> list[Component]:
        forecast = {"yes": "Also when it is on its way beyond"}
        return [
            self.segments("measure", "Budget of", {"cost": "Cost", "tokens": "Tokens"}),
            self.segments("period", "In a", {"day": "Day", "month": "Month"}),
            self.text("limit", "At most", "$20"),
            self.pick(
                "by",
                "Counted for",
                {"org": "the organisation", "agent": "each agent", "model": "each model"},
            ),
            self.text("warn_at", "Warns at", "50%, 80%, 100%"),
            self.text("zone", "By the calendar of", "UTC"),
            self.checks("forecast", forecast),
            self._search(),
        ]

    # the kinds of control

    def text(
        self,
        name: str,
        label: str,
        placeholder: str,
        hint: str = "",
        *,
        suggests: str = "",
        wide: bool = False,
    ) -> Component:
        more: dict[str, Any] = {"list": f"builder-list-{suggests}"} if suggests else {}
        box = dcc.Input(
            id=layout.field(name),
            type="text",
            value=self._text(name),
            placeholder=placeholder,
            debounce=0.35,
            autoComplete="off",
            maxLength=2_000,
            className="field-box",
            **more,
        )
        return self._field(name, label, box, wide, hint)

    def area(self, name: str, label: str, rows: int) -> Component:
        box = dcc.Textarea(
            id=layout.field(name),
            value=self._text(name),
            rows=rows,
            className=f"field-area{' code-box' if name == 'sql' else ''}",
        )
        return self._field(name, label, box, wide=True)

    def pick(
        self, name: str, label: str, options: Mapping[str, str], *, wide: bool = False
    ) -> Component:
        box = dcc.Dropdown(
            id=layout.field(name),
            options=[{"label": word, "value": value} for value, word in options.items()],
            value=self._text(name),
            clearable=False,
            searchable=len(options) > 8,
            className="pick field-pick",
        )
        return self._field(name, label, box, wide)

    def several(
        self, name: str, label: str, options: Mapping[str, str], placeholder: str
    ) -> Component:
        chosen = self.values.get(name, [])
        values = chosen if isinstance(chosen, list) else chosen.split(",")
        box = dcc.Dropdown(
            id=layout.field(name),
            options=[{"label": word, "value": value} for value, word in options.items()],
            value=[value.strip() for value in values if value.strip()],
            multi=True,
            placeholder=placeholder,
            className="pick field-pick",
        )
        return self._field(name, label, box, wide=True)

    def segments(self, name: str, label: str, options: Mapping[str, str]) -> Component:
        box = dcc.RadioItems(
            id=layout.field(name),
            options=[{"label": word, "value": value} for value, word in options.items()],
            value=self._text(name),
            inline=True,
            className="segments",
        )
        return self._field(name, label, box, wide=True)

    def checks(self, name: str, options: Mapping[str, str]) -> Component:
        box = dcc.Checklist(
            id=layout.field(name),
            options=[{"label": word, "value": value} for value, word in options.items()],
            value=["yes"] if self.values.get(name) in ("yes", ["yes"]) else [],
            className="check",
        )
        return self._field(name, "", box, wide=True)

    def _text(self, name: str) -> str:
        value = self.values.get(name, "")
        return ", ".join(value) if isinstance(value, list) else value

    def _field(
        self, name: str, label: str, box: Component, wide: bool, hint: str = ""
    ) -> Component:
        return html.Div(
            [
                html.Label(
                    [html.Span([label, html.I(hint) if hint else None]), box], className="field"
                ),
                html.P(id=layout.problem(name), className="field-error", role="alert"),
            ],
            className="builder-field wide" if wide else "builder-field",
        )
