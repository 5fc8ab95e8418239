# SPDX-License-Identifier: BSD-3-Clause
"""Inputs to rows: which row's devices an input can best live with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ..network import Layer
from .activity import Activity
from .knowledge import KnownDie
from .layout import LayerLayout
from .reads import blocks

Floats = NDArray[np.float64]

#: Passes of (which column is believed, inputs to rows).
_PASSES = 4


def assign_rows(
    known: KnownDie,
    layer: Layer,
    layout: LayerLayout,
    activity: Activity,
    slope: Floats,
    free: NDArray[np.bool_],
    passes: int = _PASSES,
) -> LayerLayout:
    """The layout with its inputs on the rows where the expected squared error of reads is least.

    A row's squared error in a pair counts as often as the row is driven; rows are taken to err apart from each other.
    Where the repair checks sums, a pair's difference is taken from both of its columns or from one alone: whichever
    errs least for the inputs as they are placed, so that passes of (columns to believe, inputs to rows) follow each
    other until nothing changes.

    Parameters
    ----------
    known, layer, layout, activity
        What is placed where.
    slope : float64 array (neurons,)
        What a squared error of each neuron's sums costs.
    free : bool array (slices, rows)
        Rows that may be driven: at least as many as inputs, and fewer rows than inputs in all slices but one.
    passes : int

    Returns
    -------
    LayerLayout
    """
    weights = layout.signed(layer)
    errors = _errors(known, layer, layout)
    places = np.argwhere(free)
    for _ in range(passes):
        cost = _cost(known, weights, layout, activity, slope, errors)
        sources, positions = linear_sum_assignment(cost[:, places[:, 0], places[:, 1]])
        inputs = np.full_like(layout.inputs, -1)
        inputs[places[positions, 0], places[positions, 1]] = sources
        if np.array_equal(inputs, layout.inputs):
            break
        layout = layout.replace(inputs=inputs)
    return layout


def _errors(known: KnownDie, layer: Layer, layout: LayerLayout) -> NDArray[np.float32]:
    """Deviations of the devices of every neuron's lane (2 signs, neurons, copies, slices, rows, 2 columns) [weights].

    Sign 0: with a weight of +1 in the device pair; 1: with -1.
    """
    _, slices, copies = layout.kernels.shape
    rows = known.parallel.shape[1]
    found = np.zeros((2, layer.neurons, copies, slices, rows, 2), np.float32)
    for (group, index), kernels in blocks(layout):
        members = layout.neurons[group][layout.neurons[group] >= 0]
        high, low = (
            off[kernels][:, :, : len(members)].transpose(2, 0, 1, 3)
            for off in (known.off_parallel, known.off_antiparallel)
        )
        found[0, members, :, index] = np.stack([high[..., 0], low[..., 1]], axis=-1)
        found[1, members, :, index] = np.stack([low[..., 0], high[..., 1]], axis=-1)
    return found


def _cost(
    known: KnownDie,
    weights: NDArray[np.int8],
    layout: LayerLayout,
    activity: Activity,
    slope: Floats,
    errors: NDArray[np.float32],
) -> Floats:
    """Cost of each input on each row (inputs, slices, rows)."""
    plus, minus = errors[..., 0], errors[..., 1]
    choices = [plus - minus]
    if known.checks:
        choices += [-2 * minus, 2 * plus]
    sources = np.maximum(layout.inputs, 0)
    driven = np.where(layout.inputs >= 0, activity.driven[sources], 0.0)
    positive = weights[:, sources] > 0  # (neurons, slices, rows)
    held = [np.where(positive[:, np.newaxis], choice[0], choice[1]) for choice in choices]
    within = [(np.square(one) * driven).sum(axis=-1) for one in held]  # (neurons, copies, slices)
    believed = np.argmin(within, axis=0)
    chosen = np.choose(believed[np.newaxis, ..., np.newaxis], choices)  # (2, neurons, copies, slices, rows)
    squares = np.square(chosen).mean(axis=2) * slope.reshape(-1, 1, 1)  # (2, neurons, slices, rows)
    cost = np.tensordot(weights > 0, squares[0], axes=(0, 0)) + np.tensordot(weights < 0, squares[1], axes=(0, 0))
    return np.asarray(cost * activity.driven[:, np.newaxis, np.newaxis])
