# SPDX-License-Identifier: BSD-3-Clause
"""Reads of a known die, simulated: what neurons' sums are wrong by, on every lane or on every kernel.

The arithmetic of the golden model: codes, repair, flags, medians. Only what wires do to a cell is nominal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..golden.arithmetic import median_of_three, repair_differences
from ..network import Layer
from .activity import Activity
from .knowledge import KnownDie, flags_of_block, flags_of_lanes
from .layout import LayerLayout

Floats = NDArray[np.float32]


def _differences(
    known: KnownDie, plus: Floats, minus: Floats, driven: NDArray[np.intp], flags: NDArray[np.bool_] | None
) -> Floats:
    """Repaired differences, in weights, of column sums (..., lanes, reads) [codes]; flags (2, ..., lanes)."""
    most = (1 << known.adc_bits) - 1
    codes_plus, codes_minus = (
        np.clip(np.floor(sums + np.float32(0.5)), 0, most).astype(np.int32) for sums in (plus, minus)
    )
    lanes = np.arange(plus.shape[-2])[:, np.newaxis]
    looked = None if flags is None else (flags[0][..., np.newaxis], flags[1][..., np.newaxis])
    repaired = repair_differences(codes_plus, codes_minus, driven, known.table, lanes, looked)
    return np.asarray(repaired / known.weight, np.float32)


def _columns(known: KnownDie, kernels: NDArray[np.int64], rows: NDArray[np.intp], lanes: int) -> tuple[Floats, Floats]:
    """What rows of kernels add in AP, and how much more in P: (kernels, driven rows, lanes, 2)."""
    low = known.antiparallel[kernels][:, rows, :lanes]
    return low, known.parallel[kernels][:, rows, :lanes] - low


def block_differences(
    known: KnownDie, kernels: NDArray[np.int64], rows: NDArray[np.intp], weights: NDArray[np.int8], bits: Floats
) -> Floats:
    """What one block would read on each of some kernels.

    Parameters
    ----------
    known : KnownDie
    kernels : int64 array (kernels,)
    rows : int array (driven rows,)
    weights : int8 array (lanes, driven rows)
    bits : float32 array (reads, driven rows)

    Returns
    -------
    float32 array (kernels, lanes, reads)
        In weights.
    """
    low, more = _columns(known, kernels, rows, len(weights))
    held = np.stack([weights.T > 0, weights.T < 0], axis=-1)
    columns = low + more * held
    sums = np.tensordot(columns, bits, axes=(1, 1))  # (kernels, lanes, 2, reads)
    flags = flags_of_block(known, kernels, rows, weights) if known.flags else None
    driven = bits.sum(axis=1).astype(np.intp)
    return _differences(known, sums[:, :, 0], sums[:, :, 1], driven, flags)


def lane_differences(
    known: KnownDie, kernel: int, rows: NDArray[np.intp], lanes: int, weights: NDArray[np.int8], bits: Floats
) -> Floats:
    """What each of some neurons would read on each lane of a kernel, with either sign.

    Parameters
    ----------
    weights : int8 array (neurons, driven rows)
        Signs not turned.
    bits : float32 array (reads, driven rows)

    Returns
    -------
    float32 array (2, neurons, lanes, reads)
        In weights; with signs as they are, then turned (and what is read turned back).
    """
    chosen = np.array([kernel])
    low, more = _columns(known, chosen, rows, lanes)
    base = np.tensordot(low[0], bits, axes=(0, 1))  # (lanes, 2, reads)
    driven = bits.sum(axis=1).astype(np.intp)
    masked = [(bits * mask[:, np.newaxis]).transpose(0, 2, 1) for mask in (weights > 0, weights < 0)]
    # (neurons, driven rows, reads) under each mask, through each of the two columns of every lane.
    steps = more[0].transpose(2, 1, 0)  # (2, lanes, driven rows)
    sums = [[base[np.newaxis, :, side] + steps[side] @ mask for mask in masked] for side in (0, 1)]
    found = []
    for turned in (False, True):
        signed = -weights if turned else weights
        flags = flags_of_lanes(known, kernel, rows, lanes, signed) if known.flags else None
        plus, minus = sums[0][int(turned)], sums[1][1 - int(turned)]
        read = _differences(known, plus, minus, driven, flags)
        found.append(-read if turned else read)
    return np.stack(found)


def combined(copies: list[Floats], layer: Layer) -> Floats:
    """What copies give together, in weights of one copy."""
    if layer.combine == "median":
        return np.asarray(median_of_three(*copies))
    return np.mean(copies, axis=0, dtype=np.float32) if len(copies) > 1 else copies[0]


def sums_on_die(known: KnownDie, layer: Layer, layout: LayerLayout, activity: Activity) -> NDArray[np.float64]:
    """Sums of every neuron as the die gives them (neurons, samples), in weights."""
    signed = layout.signed(layer)
    total = np.zeros((layer.neurons, activity.bits.shape[1]))
    for (group, index), kernels in blocks(layout):
        members = layout.neurons[group][layout.neurons[group] >= 0]
        rows = np.flatnonzero(layout.inputs[index] >= 0)
        sources = layout.inputs[index][rows]
        for plane, bits in enumerate(activity.bits):
            read = block_differences(known, kernels, rows, signed[members][:, sources], bits[:, sources])
            total[members] += combined(list(read), layer) * layout.sign[members, np.newaxis] * (1 << plane)
    return total


def blocks(layout: LayerLayout) -> list[tuple[tuple[int, int], NDArray[np.int64]]]:
    """(group, slice) and the kernels of the copies of each block."""
    groups, slices, _ = layout.kernels.shape
    return [((group, index), layout.kernels[group, index]) for group in range(groups) for index in range(slices)]
