"""Sensors: one number each, read from a port within a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aeos.telemetry import traced


class SensorTimeout(Exception):
    """The sensor did not answer in time."""


class Port(Protocol):
    def read(self, timeout: float) -> bytes | None: ...

    def readline(self) -> str: ...


@dataclass(frozen=True)
class Reading:
    name: str
    value: float


@dataclass
class Sensor:
    """Something that measures."""

    name: str
    _port: Port
    _timeout: float = 2.0

    @traced
    def read(self) -> Reading:
        """What it measures now."""
        reading = self._port.read(timeout=self._timeout)
        if reading is None:
            raise SensorTimeout(f"no reading within {self._timeout} s")
        return Reading(self.name, self._number())

    def _number(self) -> float:
        return float(self._port.readline())
