"""The child process that runs the SQL of a rule: it is given files, and gives rows.

It runs as a script of its own, knows nothing of the application, opens no socket, starts no
program, writes no file, and whoever started it ends it after its time. Input and output are JSON.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import platform
import resource
import struct
import sys
from decimal import Decimal
from typing import Any

MIB = 1024 * 1024
ADDRESS_SPACE = 1536 * MIB
MEMORY = "256MiB"
LONGEST_TEXT = 200
MOST_FILES_OPEN = 512

# Numbers of the system calls that leave the process: socket, socketpair, connect, execve, execveat.
_REFUSED_CALLS = {
    "x86_64": (0xC000003E, (41, 53, 42, 59, 322)),
    "aarch64": (0xC00000B7, (198, 199, 203, 221, 281)),
}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _NOT_PERMITTED = 0x7FFF0000, 0x00050001


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def confine(seconds: int) -> None:
    """Take from this process what it does not need. It cannot be taken back."""
    limits = {
        resource.RLIMIT_AS: ADDRESS_SPACE,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: MOST_FILES_OPEN,
    }
    for limit, most in limits.items():
        resource.setrlimit(limit, (most, most))
    os.nice(10)
    _refuse_calls()


def _refuse_calls() -> None:
    """Let the kernel refuse network and other programs, on the machines whose calls we know."""
    known = _REFUSED_CALLS.get(platform.machine())
    if known is None:
        return
    architecture, calls = known
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 0, len(calls) + 1, architecture), (_LOAD, 0, 0, 0)]
    # each hit jumps to the refusal behind the last comparison and the permission
    steps += [(_EQUAL, len(calls) - n, 0, call) for n, call in enumerate(calls)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOT_PERMITTED)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)
    refused = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0
    )
    if refused:
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Rows of `asked["sql"]` over views of `asked["views"]`, or a word for what went wrong."""
    import duckdb

    try:
        engine = duckdb.connect(":memory:")
        engine.execute("set threads = 1")
        engine.execute(f"set memory_limit = '{MEMORY}'")
        engine.execute("set temp_directory = ''")
        engine.execute("set timezone = 'UTC'")
        engine.execute("set python_enable_replacements = false")
        engine.execute("set validate_external_file_cache = 'NO_VALIDATION'")
        files = sorted({path for view in asked["views"] for path in view["files"]})
        engine.execute(f"set allowed_paths = {_list(files)}")
        engine.execute("set enable_external_access = false")
        for view in asked["views"]:
            engine.execute(view["macro"])
            engine.execute(
                f"create view {view['name']} as from {view['made_by']}({_list(view['files'])}) "
                f"where {view['time']} >= {_text(asked['since'])}::timestamptz "
                f"and {view['time']} < {_text(asked['until'])}::timestamptz"
            )
        engine.execute("set lock_configuration = true")
        (statement,) = duckdb.extract_statements(asked["sql"])
        if statement.type != duckdb.StatementType.SELECT:
            return {"wrong": "This is not one SELECT."}
        found = engine.execute(statement)
        names = [column[0] for column in found.description or ()]
        rows = found.fetchmany(asked["max_rows"] + 1)
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"too_big": True}
    except duckdb.Error as error:
        return {"wrong": str(error).splitlines()[0][:LONGEST_TEXT]}
    kept = rows[: asked["max_rows"]]
    return {
        "columns": [name[:LONGEST_TEXT] for name in names],
        "rows": [[_plain(value) for value in row] for row in kept],
        "truncated": len(rows) > len(kept),
    }


def _plain(value: Any) -> float | int | bool | str | None:
    """A value as JSON can carry it: numbers as they are, all else as text that is cut."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else float(value)
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, bytes):
        return value[: LONGEST_TEXT // 2].hex()
    return str(value)[:LONGEST_TEXT]


def _list(paths: list[str]) -> str:
    return f"[{', '.join(_text(path) for path in paths)}]"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def main() -> None:
    asked = json.load(sys.stdin)
    confine(asked["seconds"])
    json.dump(answer(asked), sys.stdout)


if __name__ == "__main__":
    main()
