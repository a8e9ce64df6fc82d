"""Telemetry of robots: what each one reports, pulled over its own link."""

from __future__ import annotations

import socket

from aeos.damn.sensors import Reading
from aeos.telemetry import traced, watch

FIELDS = ("motor_temperature_c", "battery_level_percent", "conveyor_speed_mps", "lidar_range_m")


@traced
def pull(address: tuple[str, int]) -> list[Reading]:
    """The present readings of one robot."""
    link = socket.create_connection(address, timeout=3)
    with link, link.makefile("rb") as lines:
        link.sendall(b"report\n")
        values = lines.readline().split(b";")
    readings = [Reading(name, float(value)) for name, value in zip(FIELDS, values, strict=True)]
    for reading in readings:
        watch(reading.name, reading.value)
    return readings
