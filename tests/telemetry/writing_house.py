"""A whole writing house in a temporary folder: receiver, spool, writer and tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable
from flask import Flask
from google.protobuf.message import Message
from werkzeug.test import TestResponse

from access.errors import OrgDisabled, UnknownKey
from settings import Settings
from telemetry import compaction, receiver
from telemetry.otlp import PROTOBUF
from telemetry.spool import Spool
from telemetry.writer import Writer

ACME = {"Authorization": "Bearer acme-key"}
GLOBEX = {"Authorization": "Bearer globex-key"}
CLOSED = {"Authorization": "Bearer closed-key"}


class Keys:
    """Three keys: acme's, globex's, and one of an org that is disabled."""

    def org_of(self, authorization: str | None) -> str:
        if authorization == CLOSED["Authorization"]:
            raise OrgDisabled
        for org, header in (("acme", ACME), ("globex", GLOBEX)):
            if authorization == header["Authorization"]:
                return org
        raise UnknownKey


@dataclass
class House:
    """The writing house, and what a test wants of it."""

    settings: Settings
    spool: Spool
    writer: Writer
    server: Flask

    def post(
        self,
        path: str,
        body: Message | bytes,
        content_type: str = PROTOBUF,
        key: dict[str, str] = ACME,
        **headers: str,
    ) -> TestResponse:
        raw = body.SerializeToString() if isinstance(body, Message) else body
        extra = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.server.test_client().post(
            path, data=raw, content_type=content_type, headers=key | extra
        )

    def rows(self, table: str = "spans", order: str = "all") -> list[dict[str, Any]]:
        """All rows of a table after the spool was drained."""
        self.writer.drain_all()
        assert self.writer.status().ok, self.writer.status().reason
        files = self.files(table)
        if not files:
            return []
        with duckdb.connect() as db:
            db.execute("set timezone = 'UTC'")
            found = db.sql(
                "select * from read_parquet($files, union_by_name = true, "
                "hive_partitioning = true, hive_types_autocast = true) order by " + order,
                params={"files": files},
            )
            return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def row(self, table: str = "spans") -> dict[str, Any]:
        (only,) = self.rows(table)
        return only

    def files(self, table: str = "spans") -> list[str]:
        folder = self.settings.lake_dir / table
        if not DeltaTable.is_deltatable(str(folder)):
            return []
        return [uri.removeprefix("file://") for uri in DeltaTable(str(folder)).file_uris()]

    def compact(self, *, force: bool = True) -> compaction.Summary:
        return compaction.compact(self.settings, datetime.now(UTC), force=force)


def build(folder: Path, **chosen: Any) -> House:
    settings = Settings(_env_file=None, data_dir=folder, **chosen)
    spool = Spool(settings.spool_path)
    server = Flask("tests")
    server.register_blueprint(receiver.blueprint(spool, Keys(), settings))
    return House(settings, spool, Writer(settings, spool), server)
