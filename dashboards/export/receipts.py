"""Receipts: what an export was, as JSON that can be kept beside the file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from access.exports import Receipt, Written
from dashboards.shell.link import Link


def content(receipt: Receipt) -> dict[str, Any]:
    """The receipt, complete once the export has ended."""
    asked, link, written = receipt.asked, Link.parse(receipt.asked.search), receipt.written
    return {
        "id": asked.id,
        "state": receipt.state,
        "query": link.q,
        "org": asked.org or "all",
        "range": {"since": link.since, "until": link.until},
        "zone": asked.zone,
        "format": asked.format,
        "table": "spans",
        "table_version": asked.version,
        "order": "start_time, trace_id, span_id: newest first",
        "rows": written.rows,
        "bytes": written.bytes,
        "sha256": written.sha256,
        "started_at": _written(receipt.started_at),
        "finished_at": _written(receipt.finished_at),
        "by": {"name": receipt.person, "email": receipt.email},
        "link": link.to("/traces"),
    }


def progress(receipt: Receipt, so_far: Written | None) -> dict[str, Any]:
    """How far an export is; `so_far` is what one of this process has written by now."""
    written = so_far if so_far and receipt.state == "running" else receipt.written
    return {"state": receipt.state, "rows": written.rows, "bytes": written.bytes}


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
