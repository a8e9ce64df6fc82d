"""The collector: reads every sensor of a site in turn and passes the readings on."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from aeos.damn.pipeline import Batch, transform
from aeos.damn.sensors import Reading, Sensor, SensorTimeout
from aeos.telemetry import traced, watch

log = logging.getLogger(__name__)


class Collector:
    """Sensors of one site and what became of the last cycle."""

    def __init__(self, sensors: Iterable[Sensor], pause: float = 5.0) -> None:
        self._sensors = list(sensors)
        self._pause = pause
        self._silent: set[str] = set()

    def run(self) -> None:
        """Collect until the process ends."""
        while True:
            started = time.monotonic()
            transform(self.cycle())
            time.sleep(max(0.0, self._pause - (time.monotonic() - started)))

    @traced
    def cycle(self) -> Batch:
        """One reading of every sensor that answers."""
        readings: list[Reading] = []
        for sensor in self._sensors:
            try:
                reading = sensor.read()
            except (SensorTimeout, ValueError) as error:
                self._silent.add(sensor.name)
                log.warning("%s: %s", sensor.name, error)
                continue
            self._silent.discard(sensor.name)
            watch(reading.name, reading.value)
            readings.append(reading)
        return Batch(readings, silent=frozenset(self._silent))
