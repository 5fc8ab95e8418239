# SPDX-License-Identifier: BSD-3-Clause
"""Picture of what the wires of a kernel take: voltage across every cell, and what is left of each column's current."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .few_vectors import solve
from .wires import Bias, Wires, check_conductance

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_ir_drop(conductance: ArrayLike, wires: Wires, voltage: float, *, title: str = "") -> Figure:
    """IR-drop map of one kernel with every row driven.

    Parameters
    ----------
    conductance : float array (rows, cols)
        Conductances of the cells [S].
    wires : Wires
        Line resistances.
    voltage : float
        On every row [V], not 0.
    title : str
        Of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Above: voltage that arrives at every cell in percent of the row's; opens are crosses, cells above three times
        the median conductance (shorts) rings. Below: every column's current over that with ideal wires.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    conductance = check_conductance(conductance)
    if conductance.ndim != 2:
        raise ValueError(f"conductance must be one kernel (rows, cols), not the shape {conductance.shape}")
    if voltage == 0:
        raise ValueError("voltage must not be 0 V: the map is in percent of it")
    rows, cols = conductance.shape
    cell, current = solve(conductance, wires, Bias.read(np.full(rows, voltage), cols))
    share = np.where(conductance > 0, 100 * cell / voltage, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = 100 * current / (voltage * conductance.sum(axis=0))

    figure = Figure(figsize=(7.2, 7.4), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    image = upper.imshow(share, cmap="viridis", aspect="auto", interpolation="nearest")
    figure.colorbar(image, ax=upper, label="voltage across the cell [% of the row's]")
    open_row, open_col = np.nonzero(conductance == 0)
    upper.plot(open_col, open_row, "x", color="0.35", label="open", linestyle="none")
    typical = np.median(conductance[conductance > 0]) if (conductance > 0).any() else 0.0
    short_row, short_col = np.nonzero(conductance > 3 * typical)
    upper.plot(short_col, short_row, "o", mfc="none", mec="tab:red", label="short", linestyle="none")
    if len(open_row) or len(short_row):
        upper.legend(loc="upper right", framealpha=0.9)
    upper.set_ylabel("row (driven from the left)")
    segments = f"{wires.row_segment:g} / {wires.col_segment:g} Ohm per segment"
    upper.set_title(title or f"{rows}x{cols}, {segments}, all rows driven")
    lower.bar(np.arange(cols), left, width=0.85, color="tab:blue")
    lower.axhline(100, color="0.6", linewidth=0.8)
    lower.set_ylim(0, 105)
    lower.set_ylabel("current left [%]")
    lower.set_xlabel("column (sensed at the bottom)")
    return figure
