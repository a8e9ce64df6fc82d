"""Limits of size: too many attributes are counted as dropped, too long values cut and named.

The one idea: an item is never refused for its size, and never shortened in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from telemetry import semconv
from telemetry.otlp import Group

MOST_DROPPED: Final = 2**32 - 1

Cuts = dict[str, int]
"""What was cut → how many bytes it had."""

TEXTS: Final = ("name", "version", "trace_state", "severity_text", "event_name")
METRIC_TEXTS: Final = ("name", "description", "unit")
PARTS: Final = ("events", "links")


@dataclass
class Limits:
    """The limits of size, and what they did to the request so far."""

    attributes: int
    value_bytes: int
    cut: int = 0
    dropped: int = 0

    def apply_shared(self, holder: Any) -> None:
        """Hold a resource or a scope to the limits."""
        self._shorten(holder, {})

    def apply(self, group: Group, longest: int) -> None:
        """Hold the items of a group to the limits; `longest` is the request's longest item."""
        metric_cuts = self._cut_texts(group.metric, METRIC_TEXTS) if group.metric else {}
        roomy = longest <= self.value_bytes and not metric_cuts
        for item in group.items:
            if roomy or (not metric_cuts and item.ByteSize() <= self.value_bytes):
                self._drop_all(item)
            else:
                self._shorten(item, dict(metric_cuts))

    def sentence(self) -> str:
        """What was done, for the sender; empty when nothing was."""
        parts = []
        if self.cut:
            parts.append(
                f"{self.cut} values longer than {self.value_bytes} bytes were cut; the attribute "
                f"{semconv.TRUNCATED} names them."
            )
        if self.dropped:
            parts.append(
                f"{self.dropped} attributes beyond the first {self.attributes} were left out."
            )
        return " ".join(parts)

    def _drop_all(self, item: Any) -> None:
        """The quick way for an item too small to hold a long value."""
        self._drop(item)
        for part in PARTS:
            for inner in getattr(item, part, ()):
                self._drop(inner)

    def _drop(self, holder: Any) -> None:
        extra = len(holder.attributes) - self.attributes
        if extra <= 0:
            return
        del holder.attributes[self.attributes :]
        self.dropped += extra
        if hasattr(holder, "dropped_attributes_count"):
            count = holder.dropped_attributes_count + extra
            holder.dropped_attributes_count = min(count, MOST_DROPPED)
        else:
            holder.attributes.add(key=semconv.DROPPED).value.int_value = extra

    def _shorten(self, holder: Any, cuts: Cuts) -> None:
        self._drop_all(holder)
        cuts |= self._cut_texts(holder, TEXTS) | self._cut_attributes(holder, "")
        cuts |= self._cut_singles(holder)
        for part in PARTS:
            for place, inner in enumerate(getattr(holder, part, ())):
                path = f"{part}.{place}."
                cuts |= self._cut_texts(inner, TEXTS, path) | self._cut_attributes(inner, path)
        if cuts:
            _name(holder, cuts)

    def _cut_singles(self, holder: Any) -> Cuts:
        """The body of a log record and the message of a status, where there is one."""
        cuts: Cuts = {}
        if hasattr(holder, "body"):
            self._cut(holder.body, "body", cuts)
        if hasattr(holder, "status"):
            cuts |= self._cut_texts(holder.status, ("message",), "status.")
        return cuts

    def _cut_texts(self, holder: Any, names: tuple[str, ...], path: str = "") -> Cuts:
        cuts = {}
        for name in names:
            text = getattr(holder, name, "")
            short = shortened(text, self.value_bytes)
            if short is not text:
                setattr(holder, name, short)
                cuts[path + name] = len(text.encode())
        self.cut += len(cuts)
        return cuts

    def _cut_attributes(self, holder: Any, path: str) -> Cuts:
        cuts: Cuts = {}
        for pair in holder.attributes:
            key = pair.key
            short = shortened(key, self.value_bytes)
            if short is not key:
                pair.key = short
                self.cut += 1
            self._cut(pair.value, path + short, cuts)
        return cuts

    def _cut(self, value: Any, name: str, cuts: Cuts) -> None:
        length = cut_value(value, self.value_bytes)
        if length:
            cuts[name] = length
            self.cut += 1


def shortened(text: str, most: int) -> str:
    """The first `most` bytes of `text`, whole characters only; `text` itself when it fits."""
    if len(text) * 4 <= most or len(encoded := text.encode()) <= most:
        return text
    return encoded[:most].decode(errors="ignore")


def cut_value(value: Any, most: int) -> int:
    """Cut an AnyValue to `most` bytes and return how many it had; 0 when it fits."""
    kind = value.WhichOneof("value")
    if kind in ("array_value", "kvlist_value"):
        return _cut_list(value, getattr(value, kind).values, most)
    if kind == "string_value":
        text = value.string_value
        short = shortened(text, most)
        if short is text:
            return 0
        value.string_value = short
        return len(text.encode())
    if kind == "bytes_value" and (length := len(value.bytes_value)) > most:
        value.bytes_value = value.bytes_value[:most]
        return length
    return 0


def _cut_list(value: Any, items: Any, most: int) -> int:
    """Keep the first items that fit, and the beginning of the one that does not."""
    length = int(value.ByteSize())
    if length <= most:
        return 0
    room = most
    for place, item in enumerate(items):
        # Even an empty item has a tag and a length.
        size = item.ByteSize() + 2
        if size > room:
            kept = place + _cut_item(item, room)
            del items[kept:]
            break
        room -= size
    return length


def _cut_item(item: Any, room: int) -> int:
    """Cut an item of a list to the room that is left; 1 when something of it is worth keeping."""
    if hasattr(item, "key"):
        room -= len(item.key.encode())
        item = item.value
    return 1 if room > 0 and cut_value(item, room) else 0


def _name(holder: Any, cuts: Cuts) -> None:
    named = holder.attributes.add(key=semconv.TRUNCATED).value.kvlist_value.values
    for name, length in cuts.items():
        named.add(key=name).value.int_value = length
