# SPDX-License-Identifier: BSD-3-Clause
"""The cocotb bench without its work: the same pins are set and read every cycle, and nothing is made of them.

What is left is the price of cocotb, against which ``spintile bench cosim`` holds the bench itself. Comparators are
constant, so codes mean nothing; the number of cycles does not depend on them.
"""

from __future__ import annotations

from typing import Any

import cocotb

from .bench import Bench, run_job
from .recorder import Recorder

__all__ = ["BareBench", "BarePins", "BareRecorder"]


class BarePins:
    """Sets the comparators and reads what :class:`~spintile.cosim.array_pins.AnalogSide` reads, cycle by cycle."""

    def __init__(self, dut: Any) -> None:
        self.samples = 0
        pins = {
            name: getattr(dut, f"array__{name}")
            for name in ("comparator", "ready", "strobe", "trial", "differential", "select", "row_mode", "sample")
        }
        self._comparator, self._ready = pins.pop("comparator"), pins.pop("ready")
        self._strobe, self._sample = pins.pop("strobe"), pins.pop("sample")
        self._with_strobe = (pins["trial"], pins["differential"])
        self._every_cycle = (pins["select"], pins["row_mode"])
        self._with_sample = tuple(
            getattr(dut, f"array__{name}")
            for name in ("kernel", "col_mode", "gate", "pulse", "tag_image", "tag_ordinal")
        )
        self._struck = 0

    def start(self) -> None:
        """Levels before the first cycle."""
        self._comparator.value = 0
        self._ready.value = 1

    def drive(self) -> None:
        """A constant level after each strobe, as an answer would be set."""
        if self._struck:
            self._comparator.value = 0

    def observe(self) -> None:
        """Read the pins."""
        self._struck = int(self._strobe.value)
        if self._struck:
            for pin in self._with_strobe:
                int(pin.value)
        for pin in self._every_cycle:
            int(pin.value)
        if self._sample.value:
            for pin in self._with_sample:
                int(pin.value)
            self.samples += 1


class BareRecorder(Recorder):
    """Reads the trace ports and keeps nothing."""

    def observe(self) -> int:
        """Once a cycle has settled: read what is valid; the results seen in this cycle (0 or 1)."""
        results = 0
        for valid, name in self._watched:
            if valid.value:
                for port in self._ports[name]:
                    int(port.value)
                results += name == "result"
        return results


class BareBench(Bench):
    """The host's side, and pins that nobody looks at."""

    def make_pins(self) -> BarePins:
        """Pins that are set and read."""
        return BarePins(self.dut)

    def make_recorder(self) -> BareRecorder:
        """A recorder that keeps nothing."""
        return BareRecorder(self.dut, self.job.geometry)

    async def connect_die(self, position: int) -> None:
        """There is no die."""

    def _check_stream(self) -> None:
        """Classes mean nothing."""


@cocotb.test()
async def cosimulate(dut: Any) -> None:
    """The job's cycles; its comparison ends red, and only its times count."""
    await run_job(BareBench, dut)
