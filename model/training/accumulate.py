# SPDX-License-Identifier: BSD-3-Clause
"""Accumulators of a layer read through devices: what ``Differences`` gives, summed over slices and copies, and fast.

Repaired and clipped pairs are few. Which pairs can be at all follows from their devices before any input is known: the
most that driven rows can add must reach a limit. Only those pairs are looked at read by read; all others are healthy,
their gradients those of one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..golden.arithmetic import RepairTable
from .devices import Devices
from .reads import ReadSettings


@dataclass(frozen=True)
class Touched:
    """Reads of pairs that were repaired or clipped.

    Parameters
    ----------
    columns : int64 tensor (2 * suspects,)
        Pairs that may be touched: index of the G+ columns, then of the G- columns, in (dies * slices * 2 * pairs).
    weights : int64 tensor (suspects,)
        Index of their weights in (slices * neurons).
    first : int64 tensor (suspects,)
        Where each suspect's reads begin in the tensors below.
    suspect, reads, outputs : int64 tensors (touched,)
        Index of the suspect, of the driven rows in (dies * slices * n), and of the accumulator in (dies * n * neurons).
    slopes : tensor (3, touched)
        What the difference grows more with the plus code, the minus code and the expected sum than that of a healthy
        pair.
    """

    columns: Tensor
    weights: Tensor
    first: Tensor
    suspect: Tensor
    reads: Tensor
    outputs: Tensor
    slopes: Tensor


class Accumulate(torch.autograd.Function):
    """Accumulators (dies, n, neurons) of driven rows (dies, n, slices * rows), weights +-1 (slices, neurons, rows)."""

    @staticmethod
    def forward(
        ctx: Any,
        bits: Tensor,
        weights: Tensor,
        devices: Devices,
        settings: ReadSettings,
        registers: tuple[Tensor, Tensor] | None,
    ) -> Tensor:
        dies, count, _ = bits.shape
        slices, neurons, rows = weights.shape
        reads, _, pairs, _ = devices.on.shape
        positive = weights > 0
        written_p = torch.stack([positive, ~positive], 1).unsqueeze(2)  # (slices, 2, 1, neurons, rows)
        shape = (dies, slices, 2, pairs // neurons, neurons, rows)
        columns = torch.where(written_p, devices.on.view(shape), devices.off.view(shape)).view(reads, 2 * pairs, rows)
        split = bits.view(dies, count, slices, rows).transpose(1, 2).reshape(reads, count, rows)
        if devices.offset is None:
            sums = torch.bmm(columns, split.transpose(1, 2))
        else:
            sums = torch.baddbmm(devices.offset.reshape(reads, 2 * pairs, 1), columns, split.transpose(1, 2))
        removed = None if registers is None else torch.stack(registers)  # (2, pairs)
        limit = min(settings.high, settings.top + 0.5)
        if settings.noise:
            sums.clamp_(settings.low, settings.high)
            sums += settings.noise * torch.randn(sums.shape, generator=settings.generator, dtype=sums.dtype)
            # Noise knows no bounds: every pair is looked at.
            may_clip = touched = torch.ones(reads, pairs, dtype=torch.bool)
        else:
            may_clip, touched = _may_be_touched(columns.view(reads, 2, pairs, rows), devices, removed, settings, limit)
        index = np.flatnonzero(touched.numpy())
        read = index // pairs
        sides = torch.from_numpy(np.concatenate([index + read * pairs, index + (read + 1) * pairs]))
        clipped = None
        if bool(may_clip.any()):
            clipped = (sums.view(-1, count).index_select(0, sides) >= limit).view(2, len(index), count)
        codes = _codes(sums, settings).view(reads, 2, pairs, count)
        if removed is not None:
            codes -= removed.unsqueeze(2)
        differences = torch.sub(codes[:, 0], codes[:, 1])
        if settings.repair.mode != "none":
            driven = _over_rows(split).view(-1).long()
            # Entries (4, reads, n): expected, seen, high, bound.
            entries = _tables(settings.repair, codes.dtype).index_select(1, driven).view(4, reads, count)
        ctx.touched = None
        if len(index):
            of_suspects = None
            if settings.repair.mode != "none":
                of_suspects = entries.index_select(1, torch.from_numpy(read))
            values = codes.view(-1, count).index_select(0, sides).view(2, -1, count)
            mask = _seen(values, of_suspects, settings.repair)
            if clipped is not None:
                either = clipped[0] | clipped[1]
                mask = either if mask is None else mask.logical_or_(either)
            if mask is not None:
                flat_index = np.flatnonzero(mask.numpy())
                suspect = flat_index // count
                place, flat = flat_index - suspect * count, torch.from_numpy(flat_index)
                of_reads = values.view(2, -1).index_select(1, flat)
                slopes = torch.zeros(3, len(suspect), dtype=codes.dtype)
                if of_suspects is not None:
                    limits = of_suspects.view(4, -1).index_select(1, flat)
                    slopes = _slopes(of_reads, limits, settings.repair)
                    change = slopes[0] * of_reads[0] + slopes[1] * of_reads[1] + slopes[2] * limits[0]
                    differences.view(-1).index_add_(0, torch.from_numpy(index[suspect] * count + place), change)
                if clipped is not None:
                    own = clipped.view(2, -1).index_select(1, flat)
                    slopes[0].add_(1).mul_(~own[0]).sub_(1)
                    slopes[1].sub_(1).mul_(~own[1]).add_(1)
                neuron, die = index % neurons, read // slices
                weight_index, first = (
                    (read % slices) * neurons + neuron,
                    np.searchsorted(suspect, np.arange(len(index))),
                )
                reads_index = read[suspect] * count + place
                output_index = (die[suspect] * count + place) * neurons + neuron[suspect]
                ctx.touched = Touched(
                    columns=sides,
                    weights=torch.from_numpy(weight_index),
                    first=torch.from_numpy(first),
                    suspect=torch.from_numpy(suspect),
                    reads=torch.from_numpy(reads_index),
                    outputs=torch.from_numpy(output_index),
                    slopes=slopes,
                )
        if settings.repair.mode == "pair_check":
            bound = entries[3].unsqueeze(1)
            torch.minimum(differences, bound, out=differences)
            torch.maximum(differences, bound.neg_(), out=differences)
        ctx.save_for_backward(bits, split, columns)
        ctx.devices, ctx.settings, ctx.shape = devices, settings, shape
        return differences.view(dies, -1, neurons, count).sum(1).transpose(1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, None, None, None]:
        (gradient,) = gradients
        bits, split, columns = ctx.saved_tensors
        dies, slices, _, _, neurons, rows = ctx.shape
        reads, count = split.shape[:2]
        devices, touched = ctx.devices, ctx.touched
        steps = (devices.on - devices.off).mul_(0.5)  # of a G+ column per unit of weight; a G- column goes down by it
        products = torch.bmm(gradient.transpose(1, 2), bits).reshape(dies, neurons, slices, rows).transpose(1, 2)
        to_weights = (products * steps.view(ctx.shape).sum((2, 3))).sum(0)
        to_bits = None
        if ctx.needs_input_grad[0]:
            sides = columns.reshape(ctx.shape).sum(3)
            pulls = (sides[:, :, 0] - sides[:, :, 1]).transpose(1, 2).reshape(dies, neurons, slices * rows)
            to_bits = torch.bmm(gradient, pulls)
        if touched is None:
            return to_bits, to_weights, None, None, None
        beyond = touched.slopes * gradient.reshape(-1).index_select(0, touched.outputs)
        found = [
            torch.nn.functional.embedding_bag(
                touched.reads, split.reshape(-1, rows), touched.first, mode="sum", per_sample_weights=side
            )
            for side in beyond[:2]
        ]
        of_columns = steps.view(-1, rows).index_select(0, touched.columns).view(2, -1, rows)
        change = found[0] * of_columns[0] - found[1] * of_columns[1]
        to_weights = to_weights.reshape(-1, rows).index_add_(0, touched.weights, change)
        if to_bits is not None:
            plus, minus = columns.reshape(-1, rows).index_select(0, touched.columns).view(2, -1, rows)
            pulled = beyond[0].unsqueeze(1) * plus.index_select(0, touched.suspect)
            pulled.addcmul_(beyond[1].unsqueeze(1), minus.index_select(0, touched.suspect))
            pulled += ctx.settings.expected_per_row * beyond[2].unsqueeze(1)
            more = split.new_zeros(reads * count, rows).index_add_(0, touched.reads, pulled)
            to_bits += more.view(dies, slices, count, rows).transpose(1, 2).reshape(to_bits.shape)
        return to_bits, to_weights.view(slices, neurons, rows), None, None, None


def _codes(sums: Tensor, settings: ReadSettings) -> Tensor:
    """Codes in place of sums: the rails and the converter's range are one clamp after rounding."""
    sums.add_(0.5).floor_()
    if settings.noise:
        return sums.clamp_(0, settings.top)
    low, high = (min(max(np.floor(rail + 0.5), 0), settings.top) for rail in (settings.low, settings.high))
    return sums.clamp_(low, high)


def _may_be_touched(
    columns: Tensor, devices: Devices, removed: Tensor | None, settings: ReadSettings, limit: float
) -> tuple[Tensor, Tensor]:
    """Which pairs (reads, pairs) some set of driven rows could clip, and which it could clip or have repaired.

    ``columns`` (reads, 2, pairs, rows) are those of the devices as written.
    """
    table, offset = settings.repair, devices.offset
    if devices.negative:
        columns = columns.clamp(min=0)
    none = torch.zeros((), dtype=columns.dtype) if offset is None else offset
    may_clip = (_over_rows(columns) + none >= limit).any(1)
    if table.mode == "none":
        return may_clip, may_clip
    # A code is at most half a step above its sum, or above the rail that holds it.
    start = none.clamp(min=max(settings.low, 0.0)) + 0.5
    if removed is not None:
        start = start - removed
    start = start.expand(columns.shape[:3])
    if table.mode == "range_guard":
        slope, lowest = _line_below(table.high)
        highest = _over_rows((columns - slope).clamp_(min=0)) + start
        return may_clip, may_clip | (highest > lowest).any(1)
    slope, lowest = _line_below(table.seen)
    highest = _over_rows((columns[:, 0] + columns[:, 1]).sub_(slope).clamp_(min=0)) + start.sum(1)
    return may_clip, may_clip | (highest > lowest)


def _line_below(entries: np.ndarray) -> tuple[float, float]:
    """Slope and start of a line that is nowhere above the entries of a table."""
    n = np.arange(len(entries))
    slope = float(entries[-1] - entries[0]) / max(1, len(entries) - 1)
    # A little lower than it needs to be: rounding in 32 bits must not hide a pair.
    return slope, float((entries - slope * n).min()) - 1e-2


def _tables(table: RepairTable, dtype: torch.dtype) -> Tensor:
    """Expected, seen, high and bound for each number of driven rows, (4, rows + 1)."""
    return torch.from_numpy(np.stack([table.expected, table.seen, table.high, table.bound])).to(dtype)


def _seen(codes: Tensor, entries: Tensor | None, table: RepairTable) -> Tensor | None:
    """Which reads (suspects, n) a repair changes; None: it changes nothing, ever."""
    if entries is None:
        return None
    if table.mode == "range_guard":
        return (codes > entries[2]).any(0)
    return codes[0] + codes[1] > entries[1]


def _slopes(codes: Tensor, entries: Tensor, table: RepairTable) -> Tensor:
    """Slopes (3, touched) as in ``Touched``, of codes (2, touched) with a repair's entries (4, touched)."""
    # So few numbers that numpy's shorter calls win.
    plus, minus = codes.numpy()
    _, most, high, _ = entries.numpy()
    plus_high, minus_high = plus > high, minus > high
    slopes = np.zeros((3, len(plus)), plus.dtype)
    # Factors of 0 and 1 instead of choices: a repaired difference is its slopes times what they are slopes of.
    if table.mode == "range_guard":
        np.logical_or(plus_high, minus_high, out=slopes[1])
        np.negative(slopes[1], out=slopes[0])
        return torch.from_numpy(slopes)
    seen = plus + minus > most
    certain = seen & ~(plus_high & minus_high)
    if table.strict:
        certain &= plus_high | minus_high
    larger = plus >= minus
    from_minus, from_plus = (certain & larger).astype(plus.dtype), (certain & ~larger).astype(plus.dtype)
    np.subtract(2 * from_plus, seen, out=slopes[0])
    np.subtract(seen, 2 * from_minus, out=slopes[1])
    np.subtract(from_minus, from_plus, out=slopes[2])
    return torch.from_numpy(slopes)


def _over_rows(values: Tensor) -> Tensor:
    """Sum over the last axis; as a product it takes a third of the time."""
    return torch.mv(values.reshape(-1, values.shape[-1]), values.new_ones(values.shape[-1])).view(values.shape[:-1])
