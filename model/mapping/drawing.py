# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a placement: every kernel of the die with the weights that sit on it, and the same as text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..network import Layer, Network
from .compile import device_states
from .placement import Placement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: One colour per layer, told apart by colour-blind readers too.
LAYER_COLOURS = ("#2563ad", "#d9731f", "#2a8c68", "#8c4fa3", "#b8860b", "#c2405a", "#3b8fb5", "#6b6f2a")
_UNUSED = np.array([0.925, 0.93, 0.94])
_INK = "#22272e"
_FAINT = "#8a929c"
_GAP = 0.16  # between kernels, in kernels
_LABEL = 0.34  # line above a kernel and the gap over it [inch]


@dataclass(frozen=True)
class Block:
    """One group's weights for one slice, in one copy: where it sits and what it is."""

    layer: int
    group: int
    slice_index: int
    copy: int
    kernel: int
    rows: tuple[int, ...]
    lanes: int

    def label(self, copies: int) -> str:
        """Group and slice, with the copy where there are several."""
        return f"g{self.group} s{self.slice_index}" + (f" c{self.copy}" if copies > 1 else "")


def blocks(placement: Placement) -> list[Block]:
    """All blocks of a placement, layer after layer."""
    return [
        Block(index, group, slice_index, copy, int(kernel), placed.rows(slice_index), len(placed.groups[group]))
        for index, placed in enumerate(placement.layers)
        for (group, slice_index, copy), kernel in np.ndenumerate(placed.kernels)
    ]


def describe_layer(layer: Layer) -> str:
    """A layer in words: 'dense 196 -> 36', 'conv 5x5, 14x14x1 -> 5x5x24 (pool 2)'."""
    if layer.kind == "dense":
        text = f"dense {layer.inputs} \N{RIGHTWARDS ARROW} {layer.neurons}"
    else:
        shape, window = "x".join(map(str, layer.input_shape)), "x".join(map(str, layer.weights.shape[1:3]))
        text = f"conv {window}, {shape} \N{RIGHTWARDS ARROW} {'x'.join(map(str, layer.output_shape))}"
        text += f", pool {layer.pool}" if layer.pool > 1 else ""
    if layer.input_bits > 1:
        text += f", {layer.input_bits}-bit inputs"
    return text + (f", {layer.copies} copies" if layer.copies > 1 else "")


def placement_text(network: Network, placement: Placement) -> str:
    """A line for the die, one for each layer, one for each kernel in use."""
    geometry = placement.geometry
    lines = [
        f"{geometry.name}: {placement.kernels_used} of {geometry.kernels} kernels of {geometry.rows} x {geometry.cols} "
        f"in use, {share_in_use(placement):.0%} of {geometry.devices} devices"
    ]
    for index, (layer, placed) in enumerate(zip(network.layers, placement.layers, strict=True)):
        lines.append(
            f"  layer {index}: {describe_layer(layer)}: {_count(len(placed.groups), 'group')} x "
            f"{_count(len(placed.slices), 'slice')}, {_count(len(set(placed.kernels.ravel().tolist())), 'kernel')}"
        )
    by_kernel: dict[int, list[Block]] = {}
    for block in blocks(placement):
        by_kernel.setdefault(block.kernel, []).append(block)
    for kernel, held in sorted(by_kernel.items()):
        parts = [
            f"layer {block.layer} {block.label(network.layers[block.layer].copies)} "
            f"(rows {block.rows[0]}-{block.rows[-1]}, {_count(block.lanes, 'neuron')})"
            for block in sorted(held, key=lambda block: block.rows)
        ]
        lines.append(f"  kernel {kernel:2d}: {'; '.join(parts)}")
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def share_in_use(placement: Placement) -> float:
    """Share of the die's devices that carry a weight."""
    return sum(len(block.rows) * block.lanes * 2 for block in blocks(placement)) / placement.geometry.devices


def _shade(colour: str, group: int, groups: int) -> NDArray[np.float64]:
    """The layer's colour, a little lighter for each further group."""
    base = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return base + (1 - base) * 0.28 * (group / max(1, groups - 1) if groups > 1 else 0.0)


def _die_picture(placement: Placement, states: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Colours of all devices (kernels, rows, cols, 3): P devices full, AP devices light."""
    geometry = placement.geometry
    picture = np.broadcast_to(_UNUSED, (geometry.kernels, geometry.rows, geometry.cols, 3)).copy()
    for block in blocks(placement):
        groups = len(placement.layers[block.layer].groups)
        colour = _shade(LAYER_COLOURS[block.layer % len(LAYER_COLOURS)], block.group, groups)
        rows = np.asarray(block.rows)
        tile = np.broadcast_to(colour, (rows.size, 2 * block.lanes, 3))
        if states is not None:
            parallel = states[block.kernel][rows, : 2 * block.lanes, None]
            tile = np.where(parallel, tile, tile + (1 - tile) * 0.62)
        picture[block.kernel, rows, : 2 * block.lanes] = tile
    return picture


def draw_placement(network: Network, placement: Placement, *, title: str | None = None, weights: bool = True) -> Figure:
    """All kernels of the die, coloured by layer and shaded by group, one square per device.

    Parameters
    ----------
    network, placement
        What sits where.
    title : str, optional
        Heading; a summary unless given.
    weights : bool
        Show each device's state: P full colour, AP light. Otherwise blocks are plain.

    Returns
    -------
    matplotlib.figure.Figure
        Free-standing: it belongs to no window and to no global list.
    """
    from matplotlib.figure import Figure

    geometry = placement.geometry
    picture = _die_picture(placement, device_states(network, placement) if weights else None)
    across = _across(placement)
    down = -(-geometry.kernels // across)
    width, margin = 11.0, 0.2
    tile = min(2.0, (width - 2 * margin) / (across * (1 + _GAP) - _GAP))  # inches across one kernel
    tall = tile * geometry.rows / geometry.cols
    legend = 0.30 * len(network.layers) + 0.55
    height = legend + down * (tall + _LABEL) + 0.6
    figure = Figure(figsize=(width, height), facecolor="white")
    held: dict[int, list[Block]] = {}
    for block in blocks(placement):
        held.setdefault(block.kernel, []).append(block)
    for kernel in range(geometry.kernels):
        left = margin + kernel % across * tile * (1 + _GAP)
        top = height - 0.6 - kernel // across * (tall + _LABEL)
        box = (left / width, (top - _LABEL - tall + 0.12) / height, tile / width, tall / height)
        axes = figure.add_axes(box)
        axes.set_axis_off()
        axes.imshow(picture[kernel], interpolation="nearest", aspect="auto")
        _label(axes, network, kernel, held.get(kernel, []), min(8.5, tile * 6.5))
    share = f"{share_in_use(placement):.0%} of {geometry.devices:,} devices"
    summary = f"{placement.kernels_used} of {geometry.kernels} kernels, {share}"
    figure.text(0.018, 1 - 0.32 / height, title or "Placement", fontsize=13, fontweight="bold", color=_INK, va="center")
    figure.text(0.982, 1 - 0.32 / height, summary, fontsize=9.5, color=_FAINT, va="center", ha="right")
    _legend(figure, network, placement, height, weights=weights)
    return figure


def _across(placement: Placement) -> int:
    """Kernels in a row of the picture: about twice as wide as high, few places left empty."""
    geometry = placement.geometry

    def badness(across: int) -> float:
        down = -(-geometry.kernels // across)
        aspect = across * geometry.cols * (1 + _GAP) / (down * geometry.rows * (1 + 2 * _GAP))
        return abs(math.log(aspect / 2)) + 2 * (across * down / geometry.kernels - 1)

    return min(range(1, geometry.kernels + 1), key=badness)


def _label(axes: Axes, network: Network, kernel: int, held: list[Block], size: float) -> None:
    """Number of the kernel on the left of the line above it, what it holds on the right."""
    number = _INK if held else _FAINT
    axes.text(0, 1.02, str(kernel), transform=axes.transAxes, fontsize=size, color=number, va="bottom")
    text, colour = "free", _FAINT
    if held:
        first = min(held, key=lambda block: block.rows)
        text = first.label(network.layers[first.layer].copies) + (f" +{len(held) - 1}" if len(held) > 1 else "")
        colour = LAYER_COLOURS[first.layer % len(LAYER_COLOURS)]
    axes.text(1, 1.02, text, transform=axes.transAxes, fontsize=size, color=colour, va="bottom", ha="right")


def _legend(figure: Figure, network: Network, placement: Placement, height: float, *, weights: bool) -> None:
    from matplotlib.patches import Rectangle

    for index, (layer, placed) in enumerate(zip(network.layers, placement.layers, strict=True)):
        y = (0.30 * (len(network.layers) - index) + 0.22) / height
        colour = LAYER_COLOURS[index % len(LAYER_COLOURS)]
        figure.add_artist(Rectangle((0.018, y - 0.07 / height), 0.016, 0.14 / height, color=colour))
        text = (
            f"layer {index}: {describe_layer(layer)}   "
            f"({_count(len(placed.groups), 'group')} of neurons g, {_count(len(placed.slices), 'slice')} of inputs s, "
            f"{_count(len(set(placed.kernels.ravel().tolist())), 'kernel')})"
        )
        figure.text(0.042, y, text, fontsize=9, color=_INK, va="center")
    note = "One square per device; rows are inputs, pairs of columns are neurons."
    if weights:
        note += " Full colour: parallel (P); light: antiparallel (AP); grey: carries no weight."
    figure.text(0.018, 0.2 / height, note, fontsize=8.5, color=_FAINT, va="center")
