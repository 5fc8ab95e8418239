# SPDX-License-Identifier: BSD-3-Clause
"""A mapping that knows no more of a die than its flags of self-test: one bit for each kernel and column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ..chip import Chip
from ..mapping import place
from ..network import Network
from .activity import Activity, activities
from .damage import FLOOR, prices
from .layout import LayerLayout, follow, free_layers, layouts_of, placement_of, share_kernels
from .remap import Remapping

Floats = NDArray[np.float64]

#: What flags on one column and on both of a pair cost, where repair takes the difference from the other column, and
#: where there is none.
REPAIRED, PLAIN = (0.1, 1.0), (1.0, 2.0)


def remap_by_flags(
    network: Network, chip: Chip, flags: NDArray[np.bool_], inputs: NDArray[np.integer], *, seed: int = 0
) -> Remapping:
    """Choose a mapping from flags alone.

    A flagged column costs as much as the rows of its slice are driven. Slices first gather inputs that are driven alike
    often; then blocks go to kernels, and neurons to lanes, each by the assignment solver.

    Parameters
    ----------
    network, chip
        What runs on what.
    flags : bool array (kernels, cols)
        Columns that self-test has flagged.
    inputs : int array (images, ...)
        Training images, quantised to the network's input bits.
    seed : int
        Of the choice among the images.

    Returns
    -------
    Remapping
        ``before`` and ``after`` are what flagged columns cost.

    Raises
    ------
    DoesNotFit
        If the network does not fit the chip.
    ValueError
        If the flags are not those of a die of this chip.
    """
    geometry = chip.geometry
    if flags.shape != (geometry.kernels, geometry.cols):
        raise ValueError(f"flags must be (kernels, cols) = {(geometry.kernels, geometry.cols)}, not {flags.shape}")
    single, both = REPAIRED if chip.repair_mode in ("pair_check", "check") else PLAIN
    count = flags[:, 0 : 2 * geometry.pairs : 2].astype(np.intp) + flags[:, 1 : 2 * geometry.pairs : 2]
    bad = np.array([0.0, single, both])[count]  # (kernels, pairs)
    active = activities(network, inputs, seed)
    slopes = [price.slope(np.full(len(price.margin), FLOOR)) for price in prices(network, active)]
    layouts = layouts_of(place(network, geometry), network)
    before = sum(_cost(*each, bad).sum() for each in zip(layouts, active, slopes, strict=True))
    free = free_layers(network, layouts, geometry)
    layouts = [
        layout.replace(inputs=_sorted(layout, activity)) if gathers else layout
        for layout, activity, gathers in zip(layouts, active, free, strict=True)
    ]
    if not share_kernels(layouts):
        layouts = _kernels(layouts, active, slopes, bad)
    found: list[LayerLayout] = []
    for index, (layer, layout) in enumerate(zip(network.layers, layouts, strict=True)):
        if found and not free[index]:
            layout = layout.replace(inputs=follow(layout, found[-1]))
        found.append(layout if layer.is_output else _lanes(layout, active[index], slopes[index], bad))
    after = sum(_cost(*each, bad).sum() for each in zip(found, active, slopes, strict=True))
    return Remapping(network, placement_of(found, geometry), float(before), float(after))


def _sorted(layout: LayerLayout, activity: Activity) -> NDArray[np.int64]:
    """Inputs in the order in which they are driven: the first slice holds those that are driven least."""
    inputs = np.full_like(layout.inputs, -1)
    inputs[layout.inputs >= 0] = np.argsort(activity.driven, kind="stable")
    return inputs


def _driven(layout: LayerLayout, activity: Activity) -> Floats:
    """Driven rows of a read of each slice, on average (slices,)."""
    return np.where(layout.inputs >= 0, activity.driven[np.maximum(layout.inputs, 0)], 0.0).sum(axis=1)


def _cost(layout: LayerLayout, activity: Activity, slope: Floats, bad: Floats) -> Floats:
    """What the flagged columns of each block cost (groups, slices, copies)."""
    weight = np.where(layout.neurons >= 0, slope[np.maximum(layout.neurons, 0)], 0.0)  # (groups, lanes)
    lanes = layout.neurons.shape[1]
    cost = np.einsum("gscl,gl->gsc", bad[layout.kernels][..., :lanes], weight)
    return np.asarray(cost * _driven(layout, activity)[:, np.newaxis] / layout.kernels.shape[2])


def _kernels(
    layouts: list[LayerLayout], active: list[Activity], slopes: list[Floats], bad: Floats
) -> list[LayerLayout]:
    """Blocks of all layers on kernels."""
    rows = []
    for layout, activity, slope in zip(layouts, active, slopes, strict=True):
        every = [np.full(layout.kernels.shape, kernel) for kernel in range(len(bad))]
        rows.append(
            np.stack([_cost(layout.replace(kernels=one), activity, slope, bad).ravel() for one in every], axis=1)
        )
    _, kernels = linear_sum_assignment(np.concatenate(rows))
    sizes = np.cumsum([layout.kernels.size for layout in layouts])[:-1]
    return [
        layout.replace(kernels=chosen.reshape(layout.kernels.shape))
        for layout, chosen in zip(layouts, np.split(kernels, sizes), strict=True)
    ]


def _lanes(layout: LayerLayout, activity: Activity, slope: Floats, bad: Floats) -> LayerLayout:
    """Neurons on lanes: those whose errors matter least on the lanes with most flags."""
    driven = _driven(layout, activity)
    of_lane = np.einsum("gscl,s->gl", bad[layout.kernels][..., : layout.neurons.shape[1]], driven)
    places = np.argwhere(layout.neurons >= 0)
    neurons, chosen = linear_sum_assignment(np.outer(slope, of_lane[places[:, 0], places[:, 1]]))
    found = np.full_like(layout.neurons, -1)
    found[places[chosen, 0], places[chosen, 1]] = neurons
    return layout.replace(neurons=found)
