"""The code that the demo's services run: real files, by release, and where their functions are.

`deployed/<version>` holds what a release changed, `deployed/3.9.0` everything.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from demo import platform
from demo.shapes import Function

DEPLOYED: Final = Path(__file__).parent / "deployed"
WHOLE: Final = "3.9.0"


@cache
def files(package: str, release: int) -> dict[str, bytes]:
    """Path → content of a package's files in a release."""
    version = platform.RELEASES[release][0]
    found: dict[str, bytes] = {}
    for folder in (DEPLOYED / WHOLE, DEPLOYED / version):
        for file in sorted((folder / package).rglob("*.py")):
            found[file.relative_to(folder).as_posix()] = file.read_bytes()
    return found


def line_of(function: Function, release: int) -> int:
    """The line on which a function begins."""
    return _extent(function, release)[0]


def frame(function: Function, release: int, code: str, called: str = "") -> tuple[int, str]:
    """Line and text of a stack frame in a function: where `code` stands, else where it calls what
    is `called`, else where it waits.
    """
    first, last = _extent(function, release)
    lines = _lines(function.file, release)
    inside = [(at, lines[at - 1].strip()) for at in range(first + 1, last + 1)]
    called = called.rpartition(".")[2]
    for wanted in (lambda text: text == code, _calls(called), _calls("await "), _calls("return ")):
        for at, text in inside:
            if wanted(text):
                return at, text
    return inside[-1]


def _calls(what: str) -> Callable[[str], bool]:
    wanted = what if what.endswith(" ") else f"{what}("
    return lambda text: bool(what) and wanted in text


def line_with(file: str, release: int, code: str) -> int:
    """The first line of a file that has `code` in it."""
    lines = _lines(file, release)
    return next(at for at, text in enumerate(lines, 1) if code in text)


@cache
def _extent(function: Function, release: int) -> tuple[int, int]:
    module = function.file.removesuffix(".py").replace("/", ".")
    names = function.name.removeprefix(f"{module}.").split(".")
    node: ast.AST = ast.parse("\n".join(_lines(function.file, release)))
    for name in names:
        node = next(
            inner
            for inner in ast.iter_child_nodes(node)
            if isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and inner.name == name
        )
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - ours
    return node.lineno, node.end_lineno or node.lineno


@cache
def _lines(file: str, release: int) -> list[str]:
    package = file.partition("/")[0]
    return files(package, release)[file].decode().splitlines()
