"""Source: the code that ran, as it was sent or as it lies in a registered folder.

The one idea: a span names a file, a manifest has the files; only what a manifest of one's own orgs
names is ever opened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import or_, select

from access.scope import Scope
from records import models
from records.store import Records
from telemetry.source import places, roots
from telemetry.source.contents import Contents
from telemetry.source.roots import Root, Roots

_GIT: Final = re.compile(r"[0-9a-f]{7,64}")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")

Row = models.SourceRevision


@dataclass(frozen=True)
class Revision:
    """A revision whose source is here. `uploaded_at` is None for a registered folder."""

    org: str
    service: str
    revision: str
    uploaded_at: datetime | None
    id: str = ""
    root: Root | None = None


@dataclass(frozen=True)
class Source:
    """A file of a revision, as it was."""

    id: str
    org: str
    service: str
    revision: str
    path: str
    sha256: str
    text: str
    uploaded_at: datetime | None

    @property
    def lines(self) -> list[str]:
        """Its lines as compilers count them."""
        lines = _LINE_END.split(self.text)
        return lines[:-1] if lines[-1] == "" else lines


@dataclass(frozen=True)
class Found:
    """The source that a span means, or why there is none; and the revisions to choose from."""

    source: Source | None
    note: str = ""
    revisions: tuple[Revision, ...] = ()
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Library:
    """Where source is kept: manifests, contents and registered folders."""

    records: Records
    contents: Contents
    roots: Roots


_in_use: ContextVar[Library | None] = ContextVar("library", default=None)


def use(library: Library) -> None:
    """Let the present context, such as one request, read from `library`."""
    _in_use.set(library)


def the_library() -> Library:
    library = _in_use.get()
    if library is None:
        raise RuntimeError("queries.source.use was not called")
    return library


def source_of(scope: Scope, service: str, revisions: Sequence[str], file: str) -> Found:
    """The file that a span names, as it was in the first of `revisions` that is here.

    A span may name its revision twice, as a commit and as a version. When neither is here, the
    newest source stands in and the note says so.
    """
    have = revisions_of(scope, service)
    if not have:
        return Found(None, "No source of this service is here.")
    if len({revision.org for revision in have}) > 1:
        return Found(None, "Several organisations sent source of this service. Choose one of them.")
    wanted = [name for name in revisions if name]
    chosen = _chosen(have, wanted)
    shown = chosen or have[0]
    return _opened(scope, shown, file, have, _note(shown, chosen, wanted))


def revisions_of(scope: Scope, service: str) -> tuple[Revision, ...]:
    """Revisions of a service whose source is here, registered folders first, then the newest."""
    library = the_library()
    live = [
        Revision(root.org, service, root.revision, None, root=root)
        for org in sorted(scope.orgs)
        for root in library.roots.of(org, service)
    ]
    with library.records.reading() as session:
        rows = session.scalars(
            select(Row)
            .where(Row.org.in_(scope.orgs), Row.service == service, Row.complete)
            .order_by(Row.uploaded_at.desc(), Row.revision)
        ).all()
    sent = [Revision(r.org, r.service, r.revision, r.uploaded_at, r.id) for r in rows]
    return (*live, *sent)


def opened(scope: Scope, file_id: str) -> Source | None:
    """The file with that id; None for one that is not there and for one of another org."""
    if file_id.startswith(roots.PREFIX):
        return _opened_live(scope, file_id)
    library = the_library()
    with library.records.reading() as session:
        found = session.execute(
            select(models.SourceFile, Row)
            .join(Row, Row.id == models.SourceFile.revision_id)
            .where(
                models.SourceFile.id == file_id,
                models.SourceFile.org.in_(scope.orgs),
                Row.org.in_(scope.orgs),
                Row.complete,
            )
        ).one_or_none()
    if found is None:
        return None
    file, row = found
    content = library.contents.get(file.org, file.sha256)
    if content is None:
        return None
    return Source(
        id=file.id,
        org=file.org,
        service=row.service,
        revision=row.revision,
        path=file.path,
        sha256=file.sha256,
        text=content.decode(),
        uploaded_at=row.uploaded_at,
    )


def _opened_live(scope: Scope, file_id: str) -> Source | None:
    found = the_library().roots.find(file_id)
    if found is None or found[0].org not in scope.orgs:
        return None
    root, path = found
    content = roots.read(root, path)
    if content is None:
        return None
    return Source(
        id=file_id,
        org=root.org,
        service=root.service,
        revision=root.revision,
        path=path,
        sha256=sha256(content).hexdigest(),
        text=content.decode(),
        uploaded_at=None,
    )


def _chosen(have: Sequence[Revision], wanted: Sequence[str]) -> Revision | None:
    """The first that is here under one of its names; commits may be shortened on either side."""
    for name in wanted:
        for revision in have:
            if revision.revision == name:
                return revision
        shortened = [revision for revision in have if _same_commit(revision.revision, name)]
        if len({revision.revision for revision in shortened}) == 1:
            return shortened[0]
    return None


def _same_commit(one: str, other: str) -> bool:
    if not (_GIT.fullmatch(one) and _GIT.fullmatch(other)):
        return False
    return one.startswith(other) or other.startswith(one)


def _note(shown: Revision, chosen: Revision | None, wanted: Sequence[str]) -> str:
    if chosen is not None:
        return ""
    if shown.root is not None and not shown.revision:
        return "This is the folder as it lies there now; which revision it holds is not known."
    if not wanted:
        return (
            f"The spans name no revision. This is the newest source that is here, {_name(shown)}."
        )
    return (
        f"The source of {' or '.join(wanted)} is not here. This is {_name(shown)}, the newest "
        "that is; lines may have moved."
    )


def _name(revision: Revision) -> str:
    return revision.revision or "the registered folder"


def _opened(
    scope: Scope, revision: Revision, file: str, have: tuple[Revision, ...], note: str
) -> Found:
    paths = _paths(revision, file)
    match = places.match(file, paths)
    if match.path is None:
        return Found(None, _unmatched(file, revision, match.candidates), have, match.candidates)
    source = opened(scope, paths[match.path])
    if source is None:
        return Found(None, f"{match.path} of {_name(revision)} cannot be read any more.", have)
    return Found(source, note, have)


def _unmatched(file: str, revision: Revision, candidates: Sequence[str]) -> str:
    if candidates:
        return f"{file} may be any of {len(candidates)} files of {_name(revision)}."
    return f"{file} is not among the files of {_name(revision)}."


def _paths(revision: Revision, file: str) -> dict[str, str]:
    """Path → id of those files of a revision that have the name at the end of `file`."""
    name = file.replace("\\", "/").rstrip("/").rpartition("/")[2]
    library = the_library()
    if revision.root is not None:
        root = revision.root
        listed = library.roots.paths(root)
        return {p: roots.id_of(root, p) for p in listed if p.rpartition("/")[2] == name}
    row = models.SourceFile
    with library.records.reading() as session:
        found = session.execute(
            select(row.path, row.id).where(
                row.revision_id == revision.id,
                row.org == revision.org,
                or_(row.path == name, row.path.endswith(f"/{name}", autoescape=True)),
            )
        )
        return dict(found.all())


def digests(scope: Scope, source: Source) -> dict[str, str]:
    """Revision → SHA-256 of the same file in every revision of the service that was sent."""
    row = models.SourceFile
    with the_library().records.reading() as session:
        found = session.execute(
            select(Row.revision, row.sha256)
            .join(Row, Row.id == row.revision_id)
            .where(
                Row.org.in_(scope.orgs & {source.org}),
                Row.service == source.service,
                Row.complete,
                row.path == source.path,
            )
        )
        return dict(found.all())
