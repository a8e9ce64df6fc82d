"""The gateway's store: rows of an org by prepared statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg_pool import ConnectionPool

from aeos.telemetry import traced

STATEMENTS = {
    "runs": "select * from runs where org = %s order by started desc limit %s",
    "agents": "select * from agents where org = %s order by name limit %s",
}


@traced
def fetch(pool: ConnectionPool, what: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of a statement by its name."""
    statement = STATEMENTS[what]
    with pool.connection() as connection, connection.cursor() as cursor:
        rows = cursor.execute(statement, parameters).fetchall()
        names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows]
