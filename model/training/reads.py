# SPDX-License-Identifier: BSD-3-Clause
"""Reads of an array as torch functions: forward as the bit-exact contract says, gradients straight through rounding.

The forward pass is the integer arithmetic of ``golden.arithmetic`` in floating point, exact as long as its numbers are
(float64 always, float32 in training). The backward pass takes a code for its column's sum: rounding has slope 1, a
column beyond full scale slope 0, and a repaired pair the slopes of what its difference follows from: the other column,
and the expected sum, which grows with every driven row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..chip import Chip
from ..golden.arithmetic import RepairTable, repair_table
from .devices import Devices


@dataclass(frozen=True)
class ReadSettings:
    """Numbers of a chip that a read needs, in codes.

    Parameters
    ----------
    adc_bits : int
        B; 1: a differential sense amplifier per pair.
    low, high : float
        Rails of the amplifier.
    noise : float
        Standard deviation of read noise; only used in training.
    repair : RepairTable
        Mode, and what it compares with for each number of driven rows.
    codes_per_weight : float
        What one driven row adds to a healthy pair's difference.
    expected_per_row : float
        What one driven row adds to a healthy pair's sum.
    registers : tuple of int
        Codes that the offset registers remove from each column; empty: none.
    generator : torch.Generator or None
        Of the noise; None: torch's own.
    """

    adc_bits: int
    low: float
    high: float
    noise: float
    repair: RepairTable
    codes_per_weight: float
    expected_per_row: float
    registers: tuple[int, ...] = ()
    generator: torch.Generator | None = None

    @classmethod
    def of(cls, chip: Chip) -> ReadSettings:
        """Settings of a nominal chip."""
        geometry, cell, sensing = chip.geometry, chip.cell, chip.sensing
        repair = chip.repair
        sums = repair.pair_sums(geometry.pairs)
        mean = round(sum(sums) / len(sums))  # training knows no place of a pair along its lines
        repair = repair.replace(K=mean)
        full_scale = sensing.full_scale_current(geometry, cell) / sensing.lsb_current(geometry, cell)
        fraction = 1 << geometry.fraction_bits
        registers = sensing.registers(geometry.cols)
        return cls(
            adc_bits=chip.adc_bits,
            low=float(np.rint(sensing.rail_low * full_scale * fraction)) / fraction,
            high=float(np.rint(sensing.rail_high * full_scale * fraction)) / fraction,
            noise=sensing.noise_sigma,
            repair=repair_table(repair, geometry.rows, chip.adc_bits, geometry.fraction_bits),
            codes_per_weight=chip.codes_per_weight,
            expected_per_row=mean / fraction,
            registers=registers if any(registers) else (),
        )

    @property
    def top(self) -> int:
        """Largest code."""
        return (1 << self.adc_bits) - 1


class BitPlanes(torch.autograd.Function):
    """Bit planes (reads, planes * n, rows), lowest first, of unsigned integers (reads, n, rows).

    Backward, a step of the value moves every plane by the same share, so that the gradient of a sum of planes times
    their weights 2^p is that of the value.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, planes: int) -> Tensor:
        ctx.planes = planes
        return torch.cat([torch.remainder(torch.floor(values / (1 << plane)), 2) for plane in range(planes)], dim=1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        shape = (gradient.shape[0], ctx.planes, -1, gradient.shape[2])
        return gradient.reshape(shape).sum(1) / ((1 << ctx.planes) - 1), None


class Differences(torch.autograd.Function):
    """Repaired differences (reads, n, pairs) of bits (reads, n, rows) and weights of +-1 (reads, rows, pairs)."""

    @staticmethod
    def forward(
        ctx: Any,
        bits: Tensor,
        weights: Tensor,
        devices: Devices,
        settings: ReadSettings,
        registers: tuple[Tensor, Tensor] | None,
    ) -> Tensor:
        positive = weights > 0
        plus = _sums(bits, torch.where(positive, devices.plus_p, devices.plus_ap), devices.plus_offset, settings)
        minus = _sums(bits, torch.where(positive, devices.minus_ap, devices.minus_p), devices.minus_offset, settings)
        ctx.save_for_backward(bits, weights)
        ctx.devices, ctx.settings, ctx.slopes = devices, settings, None
        driven = bits.sum(2).long()
        if settings.adc_bits == 1:
            ctx.sums = plus - minus
            return torch.where(ctx.sums >= 0, 1.0, -1.0).to(bits.dtype) * (driven != 0).unsqueeze(2)
        ctx.clipped = [sums >= min(settings.high, settings.top + 0.5) for sums in (plus, minus)]
        plus, minus = (sums.add_(0.5).floor_().clamp_(0, settings.top) for sums in (plus, minus))
        if registers is not None:
            plus, minus = plus - registers[0], minus - registers[1]
        differences, ctx.slopes = repair(plus, minus, driven, settings.repair)
        return differences

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, None, None, None]:
        (gradient,) = gradients
        bits, weights = ctx.saved_tensors
        devices, settings = ctx.devices, ctx.settings
        if settings.adc_bits == 1:
            width = settings.codes_per_weight * bits.shape[2] ** 0.5
            plus = gradient * (ctx.sums.abs() < width) / width
            minus = -plus
        else:
            plus, minus = gradient.clone(), -gradient
            if ctx.slopes is not None:
                plus[ctx.slopes.where] = gradient[ctx.slopes.where] * ctx.slopes.plus
                minus[ctx.slopes.where] = gradient[ctx.slopes.where] * ctx.slopes.minus
            for side, clipped in zip((plus, minus), ctx.clipped, strict=True):
                side.masked_fill_(clipped, 0)
        driven = bits.transpose(1, 2)
        to_weights = torch.bmm(driven, plus) * ((devices.plus_p - devices.plus_ap) / 2)
        to_weights -= torch.bmm(driven, minus) * ((devices.minus_p - devices.minus_ap) / 2)
        to_bits = None
        if ctx.needs_input_grad[0]:
            positive = weights > 0
            to_bits = torch.bmm(plus, torch.where(positive, devices.plus_p, devices.plus_ap).transpose(1, 2))
            to_bits += torch.bmm(minus, torch.where(positive, devices.minus_ap, devices.minus_p).transpose(1, 2))
            if ctx.slopes is not None:
                to_expected = torch.zeros_like(bits[..., 0])
                to_expected.index_put_(
                    ctx.slopes.where[:2], gradient[ctx.slopes.where] * ctx.slopes.expected, accumulate=True
                )
                to_bits += settings.expected_per_row * to_expected.unsqueeze(2)
        return to_bits, to_weights, None, None, None


def summed_differences(
    bits: Tensor,
    weights: Tensor,
    devices: Devices,
    settings: ReadSettings,
    registers: tuple[Tensor, Tensor] | None,
    combine: str = "sum",
) -> Tensor:
    """Accumulators (dies, n, neurons) of driven rows (dies, n, slices * rows) and weights (slices, neurons, rows).

    Each copy of a pair holds the same weights; they are added, or the median of three is (``combine``), through which
    the gradient goes to the copy in the middle. ``accumulate.Accumulate`` is the fast form for converters of many bits.
    """
    dies, count, _ = bits.shape
    slices, neurons, rows = weights.shape
    copies = devices.on.shape[2] // neurons
    driven = bits.view(dies, count, slices, rows).transpose(1, 2).reshape(-1, count, rows)
    laid = weights.transpose(1, 2).repeat(dies, 1, copies)
    differences = Differences.apply(driven, laid, devices, settings, registers)
    of_copies = differences.view(dies, slices, count, copies, neurons)
    if combine == "median":
        return of_copies.median(dim=3).values.sum(1)
    return of_copies.sum((1, 3))


@dataclass(frozen=True)
class Slopes:
    """Where a repair changed differences, and their slopes there.

    ``where`` indexes (reads, n, pairs); ``plus``, ``minus`` and ``expected`` are the slopes against the two codes and
    the expected sum, one entry for each pair that it names.
    """

    where: tuple[Tensor, ...]
    plus: Tensor
    minus: Tensor
    expected: Tensor


def repair(plus: Tensor, minus: Tensor, driven: Tensor, table: RepairTable) -> tuple[Tensor, Slopes | None]:
    """Repaired differences of codes (reads, n, pairs) of reads with ``driven`` rows (reads, n)."""
    differences = plus - minus
    if table.mode == "none":
        return differences, None

    def limit(entries: np.ndarray) -> Tensor:
        return torch.from_numpy(entries).to(plus.dtype)[driven].unsqueeze(2)

    if table.mode == "range_guard":
        high = limit(table.high)
        where = ((plus > high) | (minus > high)).nonzero(as_tuple=True)
        nothing = torch.zeros_like(plus[where])
        differences[where] = nothing
        return differences, Slopes(where, nothing, nothing, nothing)
    if table.mode == "check":
        return _checked(differences, plus, minus, driven, table)
    # Few pairs show a short: only they are worked on.
    where = (plus + minus > limit(table.seen)).nonzero(as_tuple=True)
    rows = driven[where[:2]]
    expected, high = (torch.from_numpy(entries).to(plus.dtype)[rows] for entries in (table.expected, table.high))
    plus, minus = plus[where], minus[where]
    plus_high, minus_high, plus_faulty = plus > high, minus > high, plus >= minus
    hopeless = plus_high & minus_high
    if table.strict:
        hopeless |= ~(plus_high | minus_high)
    other = torch.where(plus_faulty, expected - 2 * minus, 2 * plus - expected)
    differences[where] = other.masked_fill(hopeless, 0)
    bound = limit(table.bound)
    differences = torch.maximum(torch.minimum(differences, bound), -bound)
    sign = torch.where(plus_faulty, 1.0, -1.0).to(plus.dtype).masked_fill(hopeless, 0)
    from_plus, from_minus = (2 * sign).masked_fill(plus_faulty, 0), (2 * sign).masked_fill(~plus_faulty, 0)
    return differences, Slopes(where, -from_plus, -from_minus, sign)


def _checked(
    differences: Tensor, plus: Tensor, minus: Tensor, driven: Tensor, table: RepairTable
) -> tuple[Tensor, Slopes]:
    """The repair "check" of pairs without flags, as ``golden.arithmetic.repair_differences`` has it."""
    expected, margin, bound = (
        torch.from_numpy(entries).to(plus.dtype)[driven].unsqueeze(2)
        for entries in (table.expected, table.margin, table.bound)
    )
    where = ((plus + minus - expected).abs() > margin).nonzero(as_tuple=True)
    right, reach = expected[where[:2]].squeeze(1), (bound + margin)[where[:2]].squeeze(1)
    without_plus, without_minus = right - 2 * minus[where], 2 * plus[where] - right
    plus_may, minus_may = without_plus.abs() <= reach, without_minus.abs() <= reach
    plus_is, minus_is = (plus_may & ~minus_may).to(plus.dtype), (minus_may & ~plus_may).to(plus.dtype)
    differences[where] = without_plus * plus_is + without_minus * minus_is
    limited = torch.maximum(torch.minimum(differences, bound), -bound)
    return limited, Slopes(where, 2 * minus_is, -2 * plus_is, plus_is - minus_is)


def _sums(bits: Tensor, devices: Tensor, offset: Tensor | None, settings: ReadSettings) -> Tensor:
    sums = torch.bmm(bits, devices) if offset is None else torch.baddbmm(offset, bits, devices)
    sums.clamp_(settings.low, settings.high)
    if settings.noise:
        sums += settings.noise * torch.randn(sums.shape, generator=settings.generator, dtype=sums.dtype)
    return sums
