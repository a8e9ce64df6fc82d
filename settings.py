"""Settings: every knob of Observatory in one table – name, type, default and one sentence.

Each is an environment variable `OBSERVATORY_<NAME>` or a line of `.env`; the environment wins.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "OBSERVATORY_"
MIB = 1024 * 1024


class SettingsError(Exception):
    """A setting is unknown or malformed; the message names it and says what is expected."""


class Settings(BaseSettings):
    """The table. A field's description is the sentence of the README."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file_encoding="utf-8", extra="forbid", frozen=True
    )

    host: str = Field("127.0.0.1", description="Address the web server and the receiver listen on.")
    port: int = Field(8050, ge=1, le=65535, description="Port of the web server and the receiver.")
    web_threads: int = Field(
        12, ge=2, le=256, description="Threads that answer pages and OTLP requests."
    )
    data_dir: Path = Field(
        Path("data"), description="Folder of the telemetry tables, the spool and the records."
    )
    records_url: str = Field(
        "",
        description="SQLAlchemy URL of the records database, such as "
        "`postgresql+psycopg://user:password@host/name`; empty means SQLite in the data folder.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs form tokens and seals the secrets of alert channels; empty "
        "means one is made and kept in the data folder.",
    )
    secure_cookies: bool = Field(
        False,
        description="Set cookies for TLS only; turn on wherever TLS ends in front of the server.",
    )
    session_hours: int = Field(
        12, ge=1, le=720, description="Hours after which a sign-in ends, used or not."
    )
    demo: Literal["auto", "off"] = Field(
        "auto",
        description="`auto` makes demo orgs, people and 14 days of telemetry in an empty data "
        "folder and keeps a trickle flowing; `off` starts empty.",
    )
    demo_spans: int = Field(
        300_000, ge=0, le=10_000_000, description="Spans of demo history to make, about."
    )
    otlp_max_body_bytes: int = Field(
        20 * MIB, ge=1024, description="Largest OTLP request after decompression, in bytes."
    )
    otlp_max_items: int = Field(
        50_000, ge=1, description="Most spans, log records or metric points in one OTLP request."
    )
    otlp_max_attributes: int = Field(
        128,
        ge=1,
        description="Attributes kept on a span, event, log record or point; the rest are counted "
        "as dropped.",
    )
    otlp_max_value_bytes: int = Field(
        32 * 1024,
        ge=64,
        description="Longest attribute value kept, in bytes; longer ones are cut and named.",
    )
    spool_max_bytes: int = Field(
        2048 * MIB,
        ge=MIB,
        description="Size of the spool at which the receiver answers 503, in bytes.",
    )
    drain_seconds: float = Field(
        2.0, gt=0, le=60, description="Seconds between two drains of the spool into the tables."
    )
    drain_items: int = Field(
        50_000, ge=1, description="Most spans, log records and points in one drain."
    )
    compact_seconds: float = Field(60.0, gt=0, description="Seconds between two compaction rounds.")
    roll_seconds: float = Field(
        5.0,
        gt=0,
        le=600,
        description="Seconds between two rolls: what came since is added to the sums that the "
        "Overview reads.",
    )
    pin_days: int = Field(
        14,
        ge=1,
        le=3650,
        description="Days for which a pinned link and an export's receipt find their rows again. "
        "Files that compaction replaced stay on disk that long, but only those that a pin names: "
        "per pin at most what one org had not compacted yet.",
    )
    source_roots: str = Field(
        "",
        description="Folders whose source is shown as it lies there: "
        "`organisation/service=folder` or `organisation/service@revision=folder`, separated by "
        "commas.",
    )
    source_max_bytes: int = Field(
        1024 * MIB,
        ge=MIB,
        description="Most bytes of source that one organisation may keep, each content once.",
    )
    query_seconds: float = Field(
        5.0, gt=0, le=300, description="Seconds after which a question is interrupted."
    )
    query_memory_mb: int = Field(
        2048, ge=128, description="Memory DuckDB may use for the questions of one scope, in MiB."
    )
    query_threads: int = Field(2, ge=1, le=64, description="Threads DuckDB uses for a question.")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$",
        description="Address under which people open Observatory, such as "
        "`https://observatory.example.com`; links in notifications begin with it, and without it "
        "there are none.",
    )
    smtp_host: str = Field(
        "", description="Mail server that sends alerts; empty means that no e-mail can be sent."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_encryption: Literal["starttls", "tls", "off"] = Field(
        "starttls",
        description="How the mail server is spoken to: `starttls` and `tls` send nothing "
        "unencrypted, `off` is for a server on the same machine.",
    )
    smtp_user: str = Field("", description="User at the mail server; empty means no sign-in.")
    smtp_password: SecretStr = Field(
        SecretStr(""), description="Password of that user; never shown and never logged."
    )
    smtp_from: str = Field(
        "observatory@localhost", description="Address that alerts by e-mail come from."
    )
    alert_allow_private: bool = Field(
        False,
        description="Let webhooks of alerts reach addresses inside the network, also without TLS. "
        "Off, whoever may edit a channel cannot reach machines behind the firewall through the "
        "server; "
        "link-local and metadata addresses stay closed in any case.",
    )
    alert_lag_seconds: float = Field(
        15.0,
        ge=0,
        le=3600,
        description="Seconds that alert rules look behind now, because telemetry arrives late.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line that is printed."
    )

    @property
    def lake_dir(self) -> Path:
        """Folder of the Delta tables."""
        return self.data_dir / "lake"

    @property
    def spool_path(self) -> Path:
        return self.data_dir / "spool.sqlite"

    @property
    def source_dir(self) -> Path:
        """Folder of the contents of source files."""
        return self.data_dir / "source"

    @property
    def records_database(self) -> str:
        """SQLAlchemy URL of the records, with the default filled in."""
        return self.records_url or f"sqlite:///{self.data_dir / 'records.sqlite'}"


_TYPES: dict[object, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    Path: "path",
}


def readme_table() -> str:
    """The table of settings in Markdown, as the README shows it."""
    head = ["| Variable | Type | Default | What it sets |", "|---|---|---|---|"]
    rows = [_readme_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join(head + rows)


def _readme_row(name: str, field: FieldInfo) -> str:
    default = field.default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    cells = (
        f"`{PREFIX}{name.upper()}`",
        _type(field),
        f"`{shown}`" if shown else "empty",
        field.description or "",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _type(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(field.annotation))
    return _TYPES.get(field.annotation, "text")


def load(env_file: Path | None = Path(".env")) -> Settings:
    """Settings from the environment and `env_file`.

    Raises SettingsError naming every unknown or malformed setting.
    """
    _refuse_unknown()
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise SettingsError(_sentences(error)) from error


def _refuse_unknown() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known
    )
    if unknown:
        raise SettingsError(
            f"Unknown setting: {', '.join(unknown)}. The README lists all settings."
        )


def _sentences(error: ValidationError) -> str:
    return "; ".join(_sentence(str(e["loc"][0]), e["type"], e["msg"]) for e in error.errors())


def _sentence(name: str, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"Unknown setting: {name.upper()}. The README lists all settings"
    return f"Setting {PREFIX}{name.upper()}: {message[0].lower()}{message[1:]}"
