# SPDX-License-Identifier: BSD-3-Clause
"""Flags of self-test chosen by what a network reads: with its own patterns of rows, and its copies together.

``self_test_flags`` takes every row to be driven half of the time and each pair to stand alone. A host that knows the
network knows better: which rows its inputs drive, and that of three copies the median counts, so that two errors of
opposite signs do no harm and two of the same sign do. It needs no more of the die than self-test found.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..chip import Chip
from ..dies import Population
from ..golden import median_of_three
from ..golden.arithmetic import RepairTable, repair_differences, repair_table
from ..mapping import Compiled
from ..mapping.schedule import patch_indices
from ..network import Layer
from ..network.software import activate, layer_sums
from ..sensing import transmission
from .characterisation import Characterisation
from .self_test import self_test_flags

__all__ = ["PATTERNS", "chosen_flags"]

#: Patterns of driven rows that a layer's flags are chosen by; so many examples are enough.
PATTERNS = 256
#: Flags of a pair's plus and minus column; on a tie the first counts.
_CHOICES = ((False, False), (True, False), (False, True), (True, True))
#: What the copies' own errors count where the median hides them.
_OWN = 1e-3

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def chosen_flags(
    devices: Characterisation | Population,
    compiled: Compiled,
    chip: Chip,
    examples: NDArray[np.integer],
    *,
    states: Flags | None = None,
) -> Flags:
    """Flags of all columns: of every choice for a pair, or for its copies together, what errs least.

    The error is the mean square of what a read adds to an accumulator less the nominal difference, over the patterns of
    rows that the examples drive; a bit plane counts by its place. Reads are those of the golden model's repair, from
    conductances as self-test found them, with the nominal effect of wires and without noise and column errors.

    Parameters
    ----------
    devices : Characterisation or Population
        Conductances after P, and after AP, was written (dies, kernels, rows, cols) [S].
    compiled : Compiled
        The network in its place.
    chip : Chip
        Its repair must be "check", which alone looks at flags.
    examples : int array (images, ...)
        Inputs as the network takes them, such as training images.
    states : bool array (kernels, rows, cols) or (dies, kernels, rows, cols) or None
        What the dies hold: True is P; None: what the network asks for.

    Returns
    -------
    bool array (dies, kernels, cols)
        On kernels that the network does not use, and of columns without a weight, as ``self_test_flags`` has them.

    Raises
    ------
    ValueError
        If there are no examples, or they do not fit the network, or the repair looks at no flags.
    """
    if chip.repair.mode != "check":
        raise ValueError(f"flags are looked at by the repair 'check' alone, and this chip has {chip.repair.mode!r}")
    size = int(np.prod(compiled.network.input_shape))
    if len(examples) < 1 or int(np.prod(examples.shape[1:])) != size:
        raise ValueError(f"examples must be images of {size} inputs, at least one, not of shape {examples.shape}")
    held = compiled.states if states is None else states
    flags = self_test_flags(devices, held, chip)
    geometry = chip.geometry
    table = repair_table(chip.repair, geometry.rows, chip.adc_bits, geometry.fraction_bits)
    steps = chip.sensing.steps_per_siemens(geometry, chip.cell) / (1 << geometry.fraction_bits)
    shares = transmission(geometry.rows, geometry.cols, chip.cell, chip.wires) * steps
    nominal = (chip.cell.g_p - chip.cell.g_ap) * steps
    found = np.where(held, devices.g_p, devices.g_ap) * shares
    held = np.broadcast_to(held, found.shape)
    layers = zip(compiled.network.layers, compiled.placement.layers, strict=True)
    for (layer, placed), values in zip(layers, _layer_inputs(compiled.network.layers, examples), strict=True):
        patterns, counts = _patterns(layer, values)
        for (group, slice_index), neurons in _blocks(placed.groups, len(placed.slices)):
            rows = np.array(placed.rows(slice_index))
            driven = patterns[:, np.array(placed.slices[slice_index])[rows]]
            kernels = placed.kernels[group, slice_index]
            columns = slice(0, 2 * neurons)
            for die in range(len(found)):
                pairs = found[die][kernels[:, np.newaxis], rows, columns]  # (copies, rows, columns)
                weights = _weights(held[die][kernels[0]][rows, columns]) * nominal
                errors = _errors(pairs, driven, (driven @ weights).T, table, 1 << chip.adc_bits)
                chosen = _of_median(errors, counts) if layer.combine == "median" else _of_each(errors, counts)
                flags[die, kernels, 0 : columns.stop : 2] = (chosen == 1) | (chosen == 3)
                flags[die, kernels, 1 : columns.stop : 2] = (chosen == 2) | (chosen == 3)
    return flags


def _layer_inputs(layers: tuple[Layer, ...], examples: NDArray[np.integer]) -> Iterator[Floats]:
    """Inputs of every layer (images, inputs), without an array."""
    values = examples.reshape(len(examples), -1)[:PATTERNS].astype(np.float64)
    for layer in layers:
        yield values
        if not layer.is_output:
            values = activate(layer_sums(values, layer), layer).reshape(len(values), -1)


def _patterns(layer: Layer, values: Floats) -> tuple[Ints, Floats]:
    """Rows' bits (patterns, inputs of a patch), evenly from all images and positions, and how much each counts."""
    patches = values.astype(np.int64)[:, patch_indices(layer)].reshape(-1, layer.inputs)
    taken = patches[np.linspace(0, len(patches) - 1, min(PATTERNS, len(patches))).astype(np.int64)]
    planes = range(layer.input_bits)
    bits = np.concatenate([taken >> plane & 1 for plane in planes])
    return bits, np.concatenate([np.full(len(taken), 4.0**plane) for plane in planes])


def _blocks(groups: tuple[tuple[int, ...], ...], slices: int) -> Iterator[tuple[tuple[int, int], int]]:
    """Every group and slice, and how many neurons it has."""
    for group, slice_index in itertools.product(range(len(groups)), range(slices)):
        yield (group, slice_index), len(groups[group])


def _weights(states: Flags) -> Ints:
    """Weights (rows, pairs) of states (rows, columns); 0 where both devices of a pair are alike."""
    plus, minus = states[:, 0::2].astype(np.int64), states[:, 1::2].astype(np.int64)
    return plus - minus


def _errors(conductances: Floats, driven: Ints, wanted: Floats, table: RepairTable, levels: int) -> Floats:
    """Errors (copies, choices, pairs, patterns) of reads with each choice of flags, in codes."""
    codes = np.minimum(np.rint(driven @ conductances), levels - 1).astype(np.int64)
    plus, minus = (codes[:, :, side::2].swapaxes(1, 2) for side in (0, 1))
    count, pair = driven.sum(axis=1), np.arange(plus.shape[1])[:, np.newaxis]
    found = []
    for plus_flag, minus_flag in _CHOICES:
        flags = (np.full((*plus.shape[:2], 1), plus_flag), np.full((*plus.shape[:2], 1), minus_flag))
        found.append(repair_differences(plus, minus, count[np.newaxis, np.newaxis], table, pair, flags))
    return np.stack(found, axis=1) - wanted


def _of_each(errors: Floats, counts: Floats) -> Ints:
    """Index into the choices (copies, pairs) of each pair on its own."""
    return np.asarray((np.square(errors) * counts).sum(axis=3).argmin(axis=1))


def _of_median(errors: Floats, counts: Floats) -> Ints:
    """The same of three copies (copies, pairs) together, whose median counts."""
    own = (np.square(errors) * counts).sum(axis=3)  # (copies, choices, pairs)
    combinations = list(itertools.product(range(len(_CHOICES)), repeat=3))
    costs = []
    for one, two, three in combinations:
        middle = np.asarray(median_of_three(errors[0, one], errors[1, two], errors[2, three]))
        costs.append((np.square(middle) * counts).sum(axis=1) + _OWN * (own[0, one] + own[1, two] + own[2, three]))
    return np.array(combinations)[np.argmin(costs, axis=0)].T
