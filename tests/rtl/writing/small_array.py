# SPDX-License-Identifier: BSD-3-Clause
"""A small array whose cells switch by simple rules, and the pins in front of it, watched in every cycle."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.pins import LineMode

REFERENCE, READ, WRITE_P, WRITE_N, FLOAT = (mode.value for mode in LineMode)


class Pulse(NamedTuple):
    """What the array saw of one pulse."""

    kernel: int
    row: int
    cols: tuple[int, ...]
    toward_p: bool
    level: int
    width: int
    passive: bool
    floating: bool


@dataclass
class SmallArray:
    """Cells with a level that they need, some stuck, shorted or open; one level of code noise by tags.

    A cell follows a pulse whose level, plus one for every pulse that it has seen, reaches what it needs. In a passive
    array a pulse also disturbs another cell of its row now and then.
    """

    geometry: Geometry
    seed: int = 0
    noise: int = 2
    state: dict[tuple[int, int, int], bool] = field(default_factory=dict)
    seen: dict[tuple[int, int, int], int] = field(default_factory=dict)
    defects: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        geometry = self.geometry
        self.cells = [
            (kernel, row, col)
            for kernel in range(geometry.kernels)
            for row in range(geometry.rows)
            for col in range(geometry.cols)
        ]
        self.state = {cell: chance.random() < 0.5 for cell in self.cells}
        self.seen = dict.fromkeys(self.cells, 0)
        self.needs = {cell: chance.randrange(96, 108) for cell in self.cells}
        kinds = ["healthy"] * 8 + ["short", "open", "stuck P", "stuck AP", "pinhole"]
        self.defects = {cell: chance.choice(kinds) for cell in self.cells}

    def copy(self) -> SmallArray:
        """Another array in the same state."""
        return copy.deepcopy(self)

    def pulse(self, pulse: Pulse) -> None:
        """Switches what the pulse switches."""
        for col in range(self.geometry.cols):
            cell = (pulse.kernel, pulse.row, col)
            if col in pulse.cols:
                self.seen[cell] += 1
                if pulse.level + pulse.width + self.seen[cell] >= self.needs[cell]:
                    self.state[cell] = pulse.toward_p
            elif pulse.passive and (self.seen[cell] + pulse.row + 3 * col + len(pulse.cols)) % 11 == 0:
                self.state[cell] = pulse.toward_p

    def codes_of(self, cell: tuple[int, int, int]) -> int:
        """What a cell adds to its column, in codes."""
        fixed = {"short": 44, "open": 0, "stuck P": 20, "stuck AP": 10, "pinhole": 15}
        return fixed.get(self.defects[cell], 20 if self.state[cell] else 10)

    def sums(self, kernel: int, rows: list[int], image: int, ordinal: int) -> list[int]:
        """Column sums of a read [LSB/2^F]: an offset, the driven cells, and noise of the read's tags."""
        scale = 1 << self.geometry.fraction_bits
        sums = []
        for col in range(self.geometry.cols):
            signal = 3 + col % 2 + sum(self.codes_of((kernel, row, col)) for row in rows)
            noise = random.Random(f"{image} {ordinal} {col}").randrange(-self.noise, self.noise + 1)
            sums.append(signal * scale + noise * scale // 2)
        return sums


class WatchedPins:
    """The array behind its pins: answers trials, gathers pulses, and refuses whatever the protocol forbids.

    Parameters
    ----------
    pins : interface
        An ``ArrayPins`` interface.
    array : SmallArray
        What is written and read.
    setup : int
        Cycles that a pulse must be prepared and followed by.
    pause : float
        Probability per cycle that ``ready`` is low.
    """

    def __init__(self, pins: Any, array: SmallArray, setup: int, pause: float = 0.0) -> None:
        self.pins = pins
        self.array = array
        self.setup = setup
        self.pulses: list[Pulse] = []
        self.reads: list[tuple[int, int, int, tuple[int, ...]]] = []  # image, ordinal, kernel, rows
        self.cycle = 0
        self.pulse_cycles = 0
        self._pause = pause
        self._chance = random.Random(11)
        self._before: dict[str, Any] = {}
        self._stood = 0  # cycles that select, gate and level have stood as they are, this one included
        self._width = 0
        self._since = 0  # cycles since the pulse
        self._open: Pulse | None = None
        self._aborted = False

    def expect_abort(self) -> None:
        """From here on a pulse and its recovery may be cut off."""
        self._aborted = True

    async def testbench(self, ctx: SimulatorContext) -> None:
        """For ever: run it in the background."""
        pins, geometry = self.pins, self.array.geometry
        names = ("kernel", "select", "gate", "sample", "strobe", "pulse", "level", "tag_image", "tag_ordinal", "phase")
        signals = [getattr(pins, name) for name in names]
        signals += [getattr(pins, name).as_value() for name in ("row_mode", "col_mode", "trial")]
        latched = [0] * geometry.cols
        half = 1 << (geometry.fraction_bits - 1)
        ready = True
        ctx.set(pins.ready, 1)
        while True:
            _, _, *values = await ctx.tick().sample(*signals)
            now = dict(zip((*names, "row_mode", "col_mode", "trial"), map(int, values), strict=True))
            now["rows"] = [now["row_mode"] >> (3 * row) & 7 for row in range(geometry.rows)]
            now["cols"] = [now["col_mode"] >> (3 * col) & 7 for col in range(geometry.cols)]
            self.cycle += 1
            self._watch(now)
            answer = self._chance.getrandbits(geometry.cols)
            if now["strobe"]:
                width = geometry.adc_bits
                answer = 0
                for col in range(geometry.cols):
                    trial = now["trial"] >> (width * col) & ((1 << width) - 1)
                    answer |= (latched[col] + half >= trial << geometry.fraction_bits) << col
            if now["sample"]:
                assert ready, "a sample must wait for ready"
                latched = self._read(now)
            ready = self._chance.random() >= self._pause
            ctx.set(pins.comparator, answer)
            ctx.set(pins.ready, ready)

    def _read(self, now: dict[str, Any]) -> list[int]:
        """Sums of a sampled read."""
        geometry = self.array.geometry
        rows = [row for row in range(geometry.rows) if now["rows"][row] == READ]
        assert now["select"] == 1 << now["kernel"], "a kernel must be driven at a sample"
        assert not any(now["cols"]), "columns must be at the reference at a sample"
        assert now["gate"] == (1 << geometry.cols) - 1, "all gates must be on at a sample"
        self.reads.append((now["tag_image"], now["tag_ordinal"], now["kernel"], tuple(rows)))
        return self.array.sums(now["kernel"], rows, now["tag_image"], now["tag_ordinal"])

    def _watch(self, now: dict[str, Any]) -> None:
        """The rules of the pins, and the pulses."""
        before = self._before
        select, pulse = now["select"], now["pulse"]
        modes = [*now["rows"], *now["cols"]]
        assert select.bit_count() <= 1, "never may two kernels be selected"
        assert all(mode <= FLOAT for mode in modes)
        writes = any(mode in (WRITE_P, WRITE_N, FLOAT) for mode in modes)
        assert writes == bool(pulse), "write modes must be there in exactly the pulse's cycles"
        assert not (pulse and now["sample"]), "a pulse and a sample must not meet"
        assert not (writes and READ in modes)
        if not select:
            assert not any(modes), "lines must rest while no kernel is selected"
            assert not now["gate"]
            assert not now["level"]
        stands = bool(before) and all(before[name] == now[name] for name in ("select", "gate", "level"))
        self._stood = self._stood + 1 if stands else 0
        if pulse:
            self.pulse_cycles += 1
            seen = self._pulse(now)
            if self._open is None:
                assert self._stood >= self.setup, f"a pulse must be prepared for {self.setup} cycles"
                self._width = 0
            else:
                assert seen == self._open, "a pulse must not change"
            self._open, self._width, self._since = seen, self._width + 1, 0
        elif self._open is not None:
            # The pulse is over; what prepared it must stand on for as long as it was set up.
            self._since += 1
            if not self._aborted:
                assert stands or self._since > self.setup, "a pulse must recover before its lines change"
            if self._since == 1:
                done = self._open._replace(width=self._width)
                self.pulses.append(done)
                self.array.pulse(done)
            if self._since > self.setup or not stands:
                self._open = None
        self._before = now

    def _pulse(self, now: dict[str, Any]) -> Pulse:
        """The lines of one cycle of a pulse."""
        geometry = self.array.geometry
        every = (1 << geometry.cols) - 1
        assert now["select"] == 1 << now["kernel"], "a pulse must have its kernel"
        (row,) = (row for row, mode in enumerate(now["rows"]) if mode in (WRITE_P, WRITE_N))
        toward_p = now["rows"][row] == WRITE_P
        others = {mode for number, mode in enumerate(now["rows"]) if number != row}
        assert others <= {FLOAT} or others <= {REFERENCE}
        opposite = WRITE_N if toward_p else WRITE_P
        driven = tuple(col for col, mode in enumerate(now["cols"]) if mode == opposite)
        assert (WRITE_P if toward_p else WRITE_N) not in now["cols"], "columns must not be driven as their row"
        passive = bool(driven)
        if passive:
            assert now["gate"] == every
        cols = driven if passive else tuple(col for col in range(geometry.cols) if now["gate"] >> col & 1)
        assert cols, "a pulse must be for some cell"
        unselected = {mode for col, mode in enumerate(now["cols"]) if col not in cols}
        assert unselected <= {FLOAT} or unselected <= {REFERENCE}
        assert passive or all(now["cols"][col] == REFERENCE for col in cols)
        if others and unselected:
            assert others == unselected
        floating = FLOAT in others | unselected
        return Pulse(now["kernel"], row, cols, toward_p, now["level"], 0, passive, floating)
