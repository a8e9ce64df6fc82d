"""Notebook: the Python lines that read the rows of a list from the lake's own files.

The one idea: the same SQL over the same files, with the same values bound; only the folder is left
for the reader to fill in.
"""

from __future__ import annotations

import re
from typing import Final

import duckdb

from dashboards.shell.link import Link
from queries import reader
from queries.filters import TraceFilters
from queries.reader import Found

SELECT: Final = """\
select * exclude (position, twin) replace (
    lower(hex(trace_id)) as trace_id,
    lower(hex(span_id)) as span_id,
    lower(hex(parent_span_id)) as parent_span_id
)
from listed($spans, $since, $until)
where {condition}
order by start_time desc, trace_id desc, span_id desc, twin desc"""

SPANS: Final = """\
create macro spans(files) as table
select * exclude (filename), regexp_extract(filename, 'org_id=([^/]+)/', 1) as org_id
from read_parquet(files, filename = true, union_by_name = true, hive_partitioning = false)"""

LINES: Final = '''\
# {what}
# pip install duckdb pandas
import datetime

import duckdb

LAKE = "…/lake"  # the folder `lake` in Observatory's data folder

MACROS = r"""
{macros}
"""

QUERY = r"""
{query}
"""

VALUES = {{
{values}
}}

FILES = """
{files}
""".split()

con = duckdb.connect()
con.execute("set timezone = 'UTC'")
con.execute(MACROS)
rows = con.execute(QUERY, {{**VALUES, "spans": [f"{{LAKE}}/spans/{{name}}" for name in FILES]}})
spans = rows.df()  # pandas; rows.to_arrow_table() and rows.pl() are there too
'''


def lines(link: Link, filters: TraceFilters, found: Found, org: str | None) -> str:
    """Lines that read the spans of `filters` from the files in `found`."""
    query = SELECT.format(condition=filters.condition.sql)
    bound = {**filters.range.params, **dict(filters.condition.params)}
    names = duckdb.extract_statements(query)[0].named_parameters
    values = [f"    {name!r}: {value!r}," for name, value in bound.items() if name in names]
    searched = f", matching {link.q!r}" if link.q else ""
    return LINES.format(
        what=f"Spans of {org or 'all orgs'}{searched}, at version {found.version} of the table.",
        files="\n".join(_relative(file.path) for file in found.files),
        macros=_macros(query),
        query=query,
        values="\n".join(values),
    )


def _relative(path: str) -> str:
    """The path inside the table's folder; where that lies is nobody's business."""
    return "org_id=" + path.rpartition("/spans/org_id=")[2]


def _macros(query: str) -> str:
    """The macros that the query needs, those first that others need."""
    known = {**reader.macros(), "spans": SPANS}
    wanted: set[str] = set()
    texts = [query]
    while texts:
        text = texts.pop()
        for name in known.keys() - wanted:
            if re.search(rf"\b{name}\(", text):
                wanted.add(name)
                texts.append(known[name])
    return "\n\n".join(f"{text};" for name, text in known.items() if name in wanted)
