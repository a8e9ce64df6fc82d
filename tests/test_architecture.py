"""The house rules that neither the type checker nor the linter sees."""

from __future__ import annotations

import ast
import gzip
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from cast import NOW, World

from access.scope import Scope
from queries import reader, rolled
from queries.filters import EVERY_SPAN, TimeRange
from settings import Settings
from telemetry import semconv
from telemetry.schema import TABLES

ROOT = Path(__file__).parents[1]
QUESTIONS = sorted(p.stem for p in (ROOT / "queries").glob("*.sql") if p.stem != "macros")
SUBJECTS = {
    subject: import_module(f"queries.{subject}")
    for subject in sorted({question.split(".")[0] for question in QUESTIONS})
}
FRONT_DOORS = {"app", "jobs", "admin"}
NOT_OURS = {".venv", "tests", "data", "build", "node_modules", "deployed"}

VALUES: dict[str, Any] = {
    "zone": "Europe/Berlin",
    "condition": EVERY_SPAN,
    "search": None,
    "at": 0,
    "at_trace": "00" * 16,
    "at_span": "00" * 8,
    "at_twin": 0,
    "trace_id": "00" * 16,
    "span_id": "00" * 8,
    "duration": 1,
    "name": "pay",
    "service": "checkout",
    "org": "acme",
    "linked_ids": ["00" * 16],
    "prefix": "",
    "text": "pay",
    "column": "name",
    "scanned": 1,
    "rows": 1,
    "org_ids": ["acme"],
    "trace_ids": [bytes(16)],
    "span_ids": [bytes(8)],
    "attribute_keys": ["a"],
    "resource_keys": ["b"],
    "longest": 100,
    "begun_since": NOW - timedelta(days=1),
    "begun_until": NOW,
    "rootless": False,
    "runs": ["00" * 16],
    "least_runs": 1,
    "more_than": 5,
    "gauges": True,
    "origin_us": 0,
    "step_us": 1_000_000,
    "slice_since": NOW - timedelta(days=1),
    "slice_until": NOW,
    "top": 1,
    "newest_from": NOW,
    "facet": "service",
    "looking": "a",
    "named": ["a"],
    "bins": 10,
    "many": 20,
    "few": 5,
    "least": 0.02,
    "grain": "service",
    "most": 1,
    "function": "pay",
    "begin": NOW - timedelta(hours=12),
    "end": NOW,
    "file": "pay.py",
    "revision": None,
    **dict.fromkeys(("by0", "by1", "by2", "key0", "key1", "key2", "process", "data")),
    **dict.fromkeys(("ignore_from", "ignore_until", "pattern")),
    **dict.fromkeys(("timed", "tokens", "share", "agents", "everything"), True),
    "series": "",
    "tolerance": 0.0,
    "ignored": ["0"],
    "oldest": NOW - timedelta(days=2),
    "newest": NOW,
    "arrived_since": NOW - timedelta(days=1),
    "arrived_until": NOW,
    "rolled": rolled.Rolled(TimeRange(NOW - timedelta(days=1), NOW), grain="calls"),
}
"""A value for each parameter that a question may name, beside its tables and its range."""

SINKS = ("dangerously_allow_html", "dangerously_allow_code=True", "srcDoc", "srcdoc", "Iframe")
SCRIPT_SINKS = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write")
SCRIPT_CALLS = r"\beval\s*\(|new\s+Function\s*\(|set(?:Timeout|Interval)\s*\(\s*[\"'`]"

VENDORED = {
    # name: sha256
    "plotly-cartesian-4.1.1.min.js.gz": (
        "d7eb3e363b08c539569af55384352fa83cb47801e04a79aa819d5c40570ce38d"
    ),
}


def sources() -> Iterator[Path]:
    """Our own modules, without the tests."""
    for path in sorted(ROOT.rglob("*.py")):
        if not NOT_OURS & set(path.relative_to(ROOT).parts):
            yield path


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Names of the top packages that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def calls(path: Path) -> set[str]:
    """Names that a module calls, as `name` or `something.name`."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            found.add(ast.unparse(node.func))
    return found


def public_functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    return {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


def is_question(function: Callable[..., Any]) -> bool:
    return "scope" in inspect.signature(function).parameters


def asked_by(function: Callable[..., Any]) -> set[str]:
    """The SQL files that a function names itself."""
    tree = ast.parse(inspect.getsource(function))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"\w+\.\w+", text)}


def text_of(question: str) -> str:
    return (ROOT / "queries" / f"{question}.sql").read_text(encoding="utf-8")


ASKING = [
    pytest.param(subject, name, id=f"{subject}.{name}")
    for subject, module in SUBJECTS.items()
    for name, function in public_functions(module).items()
    if is_question(function)
]


@pytest.fixture(scope="module")
def empty(new_world: Callable[..., World]) -> World:
    return new_world()


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sql_runs_against_the_schema(empty: World, question: str) -> None:
    names = {name.removeprefix("$") for name in reader.load(question).names}
    names = {"rolled" if name.startswith("rolled_") else name for name in names}
    params = {name: VALUES[name] for name in names - {*TABLES, "since", "until"}}
    answer = empty.app.reader.read(
        empty.scope("alice"), question, since=NOW - timedelta(days=1), until=NOW, **params
    )
    assert len(answer) <= 1


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sql_has_its_function(question: str) -> None:
    subject, name = question.split(".")
    function = public_functions(SUBJECTS[subject]).get(name)
    assert function, f"{question}.sql is asked by nobody: queries/{subject}.py has no {name}()"
    assert asked_by(function) == {question}


@pytest.mark.parametrize(("subject", "name"), ASKING)
def test_every_question_has_its_sql(subject: str, name: str) -> None:
    """Or is made of questions of its module that do."""
    functions = public_functions(SUBJECTS[subject])
    tree = ast.parse(inspect.getsource(functions[name]))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    parts = {part for part in called & functions.keys() if is_question(functions[part])}
    assert f"{subject}.{name}" in QUESTIONS or parts


@pytest.mark.parametrize(("subject", "name"), ASKING)
def test_every_question_takes_a_scope_first(subject: str, name: str) -> None:
    function = public_functions(SUBJECTS[subject])[name]
    assert next(iter(inspect.signature(function).parameters)) == "scope"
    assert get_type_hints(function)["scope"] is Scope


@pytest.mark.parametrize("subject", SUBJECTS)
def test_nothing_is_asked_without_a_scope(subject: str) -> None:
    for name, function in public_functions(SUBJECTS[subject]).items():
        assert is_question(function) or "reader" not in function.__code__.co_names, name


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sql_says_what_a_row_is(question: str) -> None:
    assert re.match(r"-- one row[ :]", text_of(question))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sql_is_one_select_in_lower_case(question: str) -> None:
    text = re.sub(r"--.*|'[^']*'", "", reader.load(question).text)
    assert text == text.lower()


def test_only_access_makes_a_scope() -> None:
    made_in = [place(path) for path in sources() if {"Scope", "scope.Scope"} & calls(path)]
    assert made_in == ["access/scope.py"]


def test_a_scope_is_not_copied_with_changes() -> None:
    """`dataclasses.replace` would be a second maker."""
    changed = [
        place(path)
        for path in sources()
        for call in calls(path)
        if re.search(r"Scope\.__new__|object\.__setattr__", call)
    ]
    assert changed == []
    assert [place(p) for p in sources() if re.search(r"replace\(\s*scope\b", p.read_text())] == []


def test_nobody_imports_the_front_doors() -> None:
    guests = {place(path): imports(path) & FRONT_DOORS for path in sources()}
    assert {name: found for name, found in guests.items() if found} == {"app.py": {"jobs"}}


def test_settings_import_nothing_of_ours() -> None:
    ours = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in sources()}
    assert not imports(ROOT / "settings.py") & ours


def test_settings_are_loaded_at_the_front_doors_only() -> None:
    loading = {"settings.load", "settings_module.load"}
    loaded_in = {place(path) for path in sources() if loading & calls(path)}
    assert loaded_in <= {f"{door}.py" for door in FRONT_DOORS}


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_charts_are_made_in_one_place() -> None:
    """Plotly's defaults would offer to upload a client's data; `charts.graph` turns that off."""
    made_in = [place(p) for p in sources() if {"dcc.Graph", "Graph", "dash.dcc.Graph"} & calls(p)]
    assert made_in == ["dashboards/parts/charts.py"]


@pytest.mark.parametrize("sink", SINKS)
def test_telemetry_is_never_markup(sink: str) -> None:
    places = [place(path) for path in sources() if sink in path.read_text(encoding="utf-8")]
    assert places == []


@pytest.mark.parametrize("script", sorted((ROOT / "assets").rglob("*.js")), ids=place)
def test_scripts_write_text_only(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert [sink for sink in (*SCRIPT_SINKS, *SINKS) if sink in text] == []
    assert re.findall(SCRIPT_CALLS, text) == []


def test_model_calls_are_the_same_in_sql_and_in_python() -> None:
    macros = (ROOT / "queries" / "macros.sql").read_text(encoding="utf-8")
    (names,) = re.findall(
        r"create macro is_model_call\(operation\) as\s*operation in \(([^)]*)\)", macros
    )
    assert sorted(re.findall(r"'([^']*)'", names)) == sorted(semconv.MODEL_CALLS)


def test_every_macro_is_used() -> None:
    macros = (ROOT / "queries" / "macros.sql").read_text(encoding="utf-8")
    everything = macros + "".join(text_of(question) for question in QUESTIONS)
    for name in re.findall(r"create macro (\w+)\(", macros):
        assert len(re.findall(rf"\b{name}\(", everything)) > 1, f"{name} is used by nobody"


def test_every_setting_is_used() -> None:
    everything = "".join(path.read_text(encoding="utf-8") for path in sources())
    unused = [name for name in Settings.model_fields if not re.search(rf"\.{name}\b", everything)]
    assert unused == []


def test_vendored_files_are_the_ones_that_were_checked() -> None:
    vendored = {p.name: p for p in (ROOT / "assets" / "vendor").iterdir()}
    assert {name: sha256(p.read_bytes()).hexdigest() for name, p in vendored.items()} == VENDORED
    for path in vendored.values():
        assert gzip.decompress(path.read_bytes())
