"""`python -m benchmarks`: measure the promises and print them as one Markdown table.

Timings fail nothing, because machines are noisy; a wrong answer ends the run with status 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from benchmarks import (
    alerting,
    baseline,
    exploring,
    exporting,
    ingest,
    opening,
    overviewing,
    reading,
    stage,
    table,
)
from benchmarks.answers import DifferenceError
from benchmarks.table import Line

FEWEST_SPANS = 2 * reading.FAR * reading.PAGE


def main() -> int:
    """Run what was asked for; returns the exit status."""
    options = _options()
    try:
        with _folder(options.keep) as folder:
            lines = [
                *_reading(folder, options),
                *_overviewing(folder, options),
                *_exploring(folder, options),
                *_opening(folder, options),
                *_exporting(folder, options),
                *_alerting(folder, options),
                *_ingest(options),
            ]
    except DifferenceError as error:
        print(f"benchmarks: The answers differ. {error}", file=sys.stderr)
        return 1
    if not lines:
        print(f"benchmarks: Nothing is named like {options.only!r}.", file=sys.stderr)
        return 2
    _print(lines, options)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--spans", type=_enough, default=1_000_000, help="spans to read from")
    parser.add_argument("--rounds", type=int, default=9, help="runs that a median is of")
    parser.add_argument("--only", default="", metavar="NAME", help="lines with NAME in their name")
    parser.add_argument("--alone", action="store_true", help="without SQLite, for large sizes")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep and reuse the data here")
    return parser.parse_args()


def _enough(text: str) -> int:
    spans = int(text)
    if spans < FEWEST_SPANS:
        raise argparse.ArgumentTypeError(f"at least {FEWEST_SPANS:,} are needed")
    return spans


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="observatory-bench-") as made:
        yield Path(made)


def _exploring(folder: Path, options: argparse.Namespace) -> list[Line]:
    cases = [case for case in exploring.CASES if _wanted(case.name, options)]
    if not cases:
        return []
    _say(f"Making {options.spans:,} spans…")
    raised = stage.raised(folder, options.spans)
    return [_said(line) for line in exploring.run(raised, cases, options.spans, options.rounds)]


def _reading(folder: Path, options: argparse.Namespace) -> list[Line]:
    cases = [case for case in reading.CASES if _wanted(case.name, options)]
    if not cases:
        return []
    beside = "" if options.alone else ", and the SQLite table of them"
    _say(f"Making {options.spans:,} spans{beside}…")
    raised = stage.raised(folder, options.spans)
    with nullcontext(None) if options.alone else baseline.over(raised.settings) as sqlite:
        asked = reading.sides(raised, sqlite)
        return [_said(line) for line in reading.run(raised, asked, cases, options.rounds)]


def _overviewing(folder: Path, options: argparse.Namespace) -> list[Line]:
    wanted = [name for name in overviewing.NAMES if _wanted(name, options)]
    if not wanted:
        return []
    _say(f"Rolling {options.spans:,} spans…")
    try:
        raised = overviewing.raised(folder, options.spans, _say)
    except overviewing.NoRoomError as error:
        _say(f"The Overview is skipped. {error}")
        return []
    found = overviewing.run(raised, options.spans, wanted, options.rounds)
    return [_said(line) for line in found]


def _opening(folder: Path, options: argparse.Namespace) -> list[Line]:
    if not any(_wanted(name, options) for name in opening.NAMES):
        return []
    _say("Opening large traces…")
    # a stage of its own, because the large traces are added to it
    raised = stage.raised(folder / "opening", options.spans)
    return [_said(line) for line in opening.run(raised, options.rounds)]


def _exporting(folder: Path, options: argparse.Namespace) -> list[Line]:
    names = (*exporting.NAMES, exporting.MEMORY, exporting.FELT)
    wanted = [name for name in names if _wanted(name, options)]
    if not wanted:
        return []
    _say(f"Exporting {options.spans:,} spans…")
    raised = stage.raised(folder, options.spans)
    return [_said(line) for line in exporting.run(raised, folder, wanted)]


def _alerting(folder: Path, options: argparse.Namespace) -> list[Line]:
    wanted = [name for name in alerting.NAMES if _wanted(name, options)]
    if not wanted:
        return []
    _say(f"Evaluating {alerting.RULES} rules over {options.spans:,} spans…")
    raised = stage.raised(folder, options.spans)
    return [_said(line) for line in alerting.run(raised, folder, wanted)]


def _ingest(options: argparse.Namespace) -> list[Line]:
    if not any(_wanted(name, options) for name in ingest.NAMES):
        return []
    _say("Sending spans to a server of its own…")
    with tempfile.TemporaryDirectory(prefix="observatory-bench-") as made:
        return [_said(line) for line in ingest.run(Path(made))]


def _wanted(name: str, options: argparse.Namespace) -> bool:
    return str(options.only).lower() in name.lower()


def _print(lines: list[Line], options: argparse.Namespace) -> None:
    print(table.machine())
    print(f"Load of the last 1, 5 and 15 minutes: {table.busy()}")
    print(
        f"{options.spans:,} spans of one org in 24 h; medians of {options.rounds} warm runs, in "
        "turns with SQLite's.\nFirst, cold: a new reader, its files out of the system's cache.\n"
    )
    print(table.markdown(lines))


def _said(line: Line) -> Line:
    _say(f"  {line.what}: {line.ours} {line.sqlite}")
    return line


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
