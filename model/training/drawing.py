# SPDX-License-Identifier: BSD-3-Clause
"""Devices of dies drawn from the statistics, fast: only those that a network uses, and only defects one by one.

What ``sample_population`` and ``make_die_image`` do for whole dies, with the same distributions and other random
numbers. Spreads come from a pool; defects are found by the gaps between them. Clusters of defects and resistive wires
tie devices to their neighbours: such dies are drawn whole, and more than once (``whole_dies``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..chip import Chip
from ..device import Pinhole
from ..dies.sampling import draw_rates
from ..dies.statistics import RATES
from .devices import Devices
from .log_normal import LogNormalPool
from .whole_dies import WholeDies
from .wiring import Wiring

_SHORT, _OPEN, _STUCK_P, _STUCK_AP = range(4)


class DeviceSource:
    """Draws devices of every layer.

    Parameters
    ----------
    chip : Chip
        Its statistics say how dies differ.
    wirings : sequence of Wiring
        Of every layer.
    seed : int
        Of dies that are drawn whole.
    generator : torch.Generator
        Everything drawn hangs on it alone.
    """

    def __init__(self, chip: Chip, wirings: Sequence[Wiring], seed: int, generator: torch.Generator) -> None:
        self._chip, self._wirings, self._generator = chip, list(wirings), generator
        tied = bool(chip.statistics.spatial_clustering) or not chip.wires.ideal
        self._whole = WholeDies(chip, self._wirings, seed, generator) if tied else None
        geometry, sensing = chip.geometry, chip.sensing
        fraction = 1 << geometry.fraction_bits
        self._steps_per_siemens = sensing.steps_per_siemens(geometry, chip.cell)
        self._fraction = fraction
        self._largest = float((1 << (sensing.bits(geometry) + geometry.fraction_bits + 3)) - 1)
        self._sizes = [wiring.slices * 2 * wiring.copies * wiring.neurons * wiring.rows for wiring in self._wirings]
        self._rates = np.array([getattr(chip.statistics, name) for name in RATES])
        self._pools = [LogNormalPool(generator), LogNormalPool(generator)]
        self._columns = [_columns(wiring) for wiring in self._wirings]

    def draw(self, dies: int, rate: float = 1.0) -> list[Devices]:
        """Devices of every layer on ``dies`` dies drawn from the statistics.

        Parameters
        ----------
        dies : int
            How many.
        rate : float
            What the rates of shorts, opens and stuck devices are multiplied by, from 0 to 1.

        Raises
        ------
        ValueError
            If ``rate`` is out of range, or is not 1 where dies are drawn whole.
        """
        if not 0 <= rate <= 1:
            raise ValueError(f"rate must be from 0 to 1, not {rate!r}")
        if self._whole is not None:
            if rate != 1:
                raise ValueError(f"rate must be 1 where clusters or wires tie devices together, not {rate!r}")
            return self._whole.take(dies)
        states = self._healthy(dies)
        self._add_defects(states, dies, rate)
        lines = self._open_lines(dies)
        offset, gain = self._column_errors(dies)
        if gain is None:
            self._round(states)
        devices = []
        parts = torch.split(states, [dies * size for size in self._sizes], dim=1)
        for index, (wiring, part) in enumerate(zip(self._wirings, parts, strict=True)):
            shape = (dies * wiring.slices, 2, wiring.copies * wiring.neurons, wiring.rows)
            on, off = part[0].view(shape), part[1].view(shape)
            if lines is not None:
                broken = _on_lines(wiring, *lines)
                on, off = on.masked_fill(broken, 0.0), off.masked_fill(broken, 0.0)
            if gain is not None:
                of_pairs = self._of_columns(gain, index).unsqueeze(3)
                on, off = self._round(on * of_pairs), self._round(off * of_pairs)
            rounded = None if offset is None else torch.round(offset * self._fraction) / self._fraction
            of_columns = None if rounded is None else self._of_columns(rounded, index)
            devices.append(Devices(on, off, of_columns, negative=gain is not None))
        return devices

    def _healthy(self, dies: int) -> Tensor:
        """Contributions (2, devices) in P and AP before rounding [LSB/2^F], layer by layer, in each die by die."""
        statistics, cell = self._chip.statistics, self._chip.cell
        factor = self._log_normal(self._pools[0], dies, statistics.die_spread, statistics.spread)
        tmr = self._log_normal(self._pools[1], dies, statistics.die_tmr_spread, statistics.tmr_spread)
        # In units of the scale, so that nothing is left to multiply after the division.
        junction, access = cell.r_p / self._steps_per_siemens, cell.r_access / self._steps_per_siemens
        states = torch.empty(2, dies * sum(self._sizes))
        torch.mul(factor.expand(states.shape[1]), junction, out=states[0])
        torch.mul(states[0], 1 + cell.tmr * tmr, out=states[1])
        self._add_pinholes(states)
        return states.add_(access).reciprocal_()

    def _add_pinholes(self, states: Tensor) -> None:
        """Pinholes in junctions of some resistances (2, devices); other defects come over them."""
        statistics, pinhole = self._chip.statistics, Pinhole()
        if statistics.pinhole:
            # Among devices that nothing else befalls, so that the rate is the asked one.
            others = statistics.defect_rate - statistics.pinhole
            place = self._successes(statistics.pinhole / (1 - others), states.shape[1])
            r_p, r_ap = states.index_select(1, place)
            threaded = r_p * pinhole.ra
            states[0, place], states[1, place] = threaded, threaded * (1 + (r_ap / r_p - 1) * pinhole.tmr)

    def _log_normal(self, pool: LogNormalPool, dies: int, between: float, within: float) -> Tensor:
        """Factors exp(between * z_die + within * z_device) of every device; (1,) without any spread."""
        if not (between or within):
            return torch.ones(1)  # of all
        count = dies * sum(self._sizes)
        factor = pool.take(count, within) if within else torch.ones(count)
        if between:
            of_dies = torch.exp(between * torch.randn(dies, 1, generator=self._generator))
            for part, size in zip(torch.split(factor, [dies * size for size in self._sizes]), self._sizes, strict=True):
                part.view(dies, size).mul_(of_dies)
        return factor

    def _add_defects(self, states: Tensor, dies: int, rate: float) -> None:
        """Put defects among healthy devices (2, devices)."""
        statistics = self._chip.statistics
        if not (statistics.defect_rate and rate):
            return
        if any(statistics.rate_spreads):
            found, start = [], 0
            of_dies = [self._die_rates() * rate for _ in range(dies)]
            for size in self._sizes:
                for die, rates in enumerate(of_dies):
                    found.append(self._defects(rates, start + die * size, size))
                start += dies * size
            place, kind = (torch.cat(parts) for parts in zip(*found, strict=True))
        else:
            place, kind = self._defects(self._rates * rate, 0, states.shape[1])
        short = torch.full(place.shape, statistics.short_strength * self._chip.cell.g_p * self._steps_per_siemens)
        if statistics.short_spread:
            short *= torch.exp(statistics.short_spread * torch.randn(place.shape, generator=self._generator))
        was = states.index_select(1, place)
        now = torch.where(kind == _SHORT, short, torch.where(kind == _STUCK_P, was[0], was[1]))
        now = now.masked_fill_(kind == _OPEN, 0.0)
        states.index_copy_(1, place, now.expand(2, -1))

    def _die_rates(self) -> NDArray[np.float64]:
        number = int(torch.randint(1 << 62, (), generator=self._generator))
        return draw_rates(self._chip.statistics, np.random.default_rng(number))

    def _defects(self, rates: NDArray[np.float64], first: int, count: int) -> tuple[Tensor, Tensor]:
        """Places, from ``first`` on, and classes of the defective ones of ``count`` devices."""
        total = float(rates.sum())
        place = self._successes(total, count)
        lot = torch.rand(place.shape, generator=self._generator, dtype=torch.float64) * total
        bounds = torch.from_numpy(np.cumsum(rates)[:-1])
        return place + first, torch.bucketize(lot, bounds, right=True)

    def _successes(self, rate: float, count: int) -> Tensor:
        """Which of ``count`` independent trials succeed, by the geometric gaps between successes."""
        if rate <= 0:
            return torch.zeros(0, dtype=torch.int64)
        expected = count * min(rate, 1.0)
        likely = int(expected + 6 * math.sqrt(expected) + 16)
        failure = -math.log1p(-rate) if rate < 1 else math.inf
        last, parts = -1, []
        while last < count:
            gaps = torch.empty(likely, dtype=torch.float64).exponential_(generator=self._generator)
            # A gap beyond the last trial is as good as any other such.
            parts.append(torch.cumsum((gaps / failure).clamp_(max=count).long() + 1, 0) + last)
            last = int(parts[-1][-1])
        place = torch.cat(parts)
        return place[place < count]

    def _open_lines(self, dies: int) -> tuple[Tensor, Tensor] | None:
        """Broken rows (dies, kernels, rows) and columns (dies, kernels, cols); None: lines never break."""
        statistics, geometry = self._chip.statistics, self._chip.geometry
        if not (statistics.open_row or statistics.open_col):
            return None
        rows = torch.rand(dies, geometry.kernels, geometry.rows, generator=self._generator)
        cols = torch.rand(dies, geometry.kernels, geometry.cols, generator=self._generator)
        return rows < statistics.open_row, cols < statistics.open_col

    def _column_errors(self, dies: int) -> tuple[Tensor | None, Tensor | None]:
        """Offset [LSB] and gain (dies, cols) of the columns; None where there is nothing to tell columns apart."""
        sensing, cols = self._chip.sensing, self._chip.geometry.cols
        offset = gain = None
        if sensing.offset_sigma or sensing.pedestal:
            offset = sensing.offset_sigma * torch.randn(dies, cols, generator=self._generator) + sensing.pedestal
        if sensing.gain_sigma:
            gain = 1 + sensing.gain_sigma * torch.randn(dies, cols, generator=self._generator)
        return offset, gain

    def _of_columns(self, values: Tensor, index: int) -> Tensor:
        """One value for each physical column (dies, cols) as (dies * slices, 2, pairs) of a layer."""
        slices = self._wirings[index].slices
        of_pairs = values[:, self._columns[index]].view(len(values), 1, 2, -1)
        return of_pairs.expand(-1, slices, -1, -1).flatten(0, 1)

    def _round(self, contribution: Tensor) -> Tensor:
        """In place: whole LSB/2^F, saturated as in a die image, as LSB."""
        return contribution.round_().clamp_(max=self._largest).mul_(1.0 / self._fraction)


def _on_lines(wiring: Wiring, rows: Tensor, cols: Tensor) -> Tensor:
    """Devices (dies * slices, 2, pairs, rows) on some rows (dies, kernels, rows) or columns (dies, kernels, cols)."""
    kernel = torch.from_numpy(wiring.kernel).reshape(wiring.slices, 1, -1)
    column = torch.from_numpy(np.tile(wiring.column, wiring.copies)) + torch.tensor([[0], [1]])
    row = torch.from_numpy(wiring.row_index).view(wiring.slices, 1, 1, -1)
    on_rows = rows[:, kernel.unsqueeze(3), row]
    return (on_rows | cols[:, kernel, column].unsqueeze(4)).flatten(0, 1)


def _columns(wiring: Wiring) -> Tensor:
    """Physical column of every sensed one, (2 * pairs,): all G+, then all G-."""
    column: NDArray[Any] = np.tile(wiring.column, wiring.copies)
    return torch.from_numpy(np.concatenate([column, column + 1]))
