# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a device: current against voltage, and write error rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .junction import REFERENCE_TEMPERATURE, Junction
from .switching import butler_error_rate, error_rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#1f4e79", "#c8553d", "#588157")


def draw_current_voltage(
    junction: Junction,
    *,
    r_access: float = 0.0,
    v_max: float = 1.0,
    temperatures: Sequence[float] = (REFERENCE_TEMPERATURE,),
    title: str = "",
) -> Figure:
    """Current of both states against voltage, with the critical voltages, and TMR against bias.

    Parameters
    ----------
    junction : Junction
        One junction.
    r_access : float
        Resistance in series [Ohm]; the voltage axis is then that of the cell.
    v_max : float
        End of the axis [V].
    temperatures : sequence of float
        One pair of curves each [K].
    title : str
        Above the figure.
    """
    figure = _figure((9.0, 3.8))
    left, right = figure.subplots(1, 2)
    volts = np.linspace(-v_max, v_max, 401)
    for number, temperature in enumerate(temperatures):
        style = ("-", "--", ":", "-.")[number % 4]
        label = f", {temperature:g} K" if len(temperatures) > 1 else ""
        for state, colour, name in ((True, _COLOURS[0], "P"), (False, _COLOURS[1], "AP")):
            across = junction.junction_voltage(state, volts, r_access, temperature)
            current, _ = junction.current(state, across, temperature)
            left.plot(volts, current * 1e6, style, color=colour, label=name + label)
        right.plot(
            volts, 100 * junction.tmr_at(volts, temperature), style, color=_COLOURS[2], label=f"{temperature:g} K"
        )
    for edge, state, name in (
        (-float(junction.v_c0_to_ap), True, "P to AP"),
        (float(junction.v_c0_to_p), False, "AP to P"),
    ):
        at_cell = edge * (1 + r_access * float(junction.conductance(state, edge)))
        if abs(at_cell) <= v_max:
            left.axvline(at_cell, color="0.6", lw=0.8)
            # The curves run from lower left to upper right: there is room at the other corners.
            height, aligned = (0.97, "top") if edge < 0 else (0.03, "bottom")
            left.annotate(
                f"$V_{{c0}}$, {name}", (at_cell, height), xycoords=("data", "axes fraction"), rotation=90, ha="right",
                va=aligned, fontsize=8, color="0.35",
            )  # fmt: skip
    left.set(xlabel="cell voltage [V]" if r_access else "voltage [V]", ylabel="current [µA]")
    right.set(xlabel="voltage across the junction [V]", ylabel="TMR [%]", ylim=(0, None))
    left.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.16, 1.0))
    for axes in (left, right):
        axes.locator_params(axis="x", nbins=6)
    if len(temperatures) > 1:
        right.legend(frameon=False)
    _finish(figure, title)
    return figure


def draw_error_rates(
    junction: Junction,
    *,
    drives: Sequence[float] = (0.7, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0),
    longest: float = 30.0,
    floor: float = 1e-8,
    state: bool = False,
    butler: bool = False,
    title: str = "",
) -> Figure:
    """Write error rate against pulse width, one curve per drive V / V_c0; dotted where it is interpolated.

    Parameters
    ----------
    junction : Junction
        One junction.
    drives : sequence of float
        V / V_c0 of the curves.
    longest : float
        End of the axis of widths [ns].
    floor : float
        Lowest rate shown.
    state : bool
        State before the pulse, True for P.
    butler : bool
        Also Butler's formula as published, thin.
    title : str
        Above the figure.
    """
    from matplotlib import colormaps

    figure = _figure((6.4, 4.4))
    axes = figure.subplots()
    widths = np.geomspace(longest / 300, longest, 400)
    v_c0, sign = (junction.v_c0_to_ap, -1.0) if state else (junction.v_c0_to_p, 1.0)
    for number, drive in enumerate(drives):
        volts = sign * drive * float(v_c0)
        colour = colormaps["viridis"](0.92 * number / max(len(drives) - 1, 1))
        style = ":" if 0.8 < drive < 1.2 else "-"
        axes.plot(widths, error_rate(junction, state, volts, widths), style, color=colour, label=f"{drive:g}")
        if butler and drive > 1:
            axes.plot(widths, butler_error_rate(junction, state, volts, widths), lw=0.7, color=colour)
    axes.set(
        xscale="log", yscale="log", xlim=(widths[0], longest), ylim=(floor, 2), xlabel="pulse width [ns]",
        ylabel="write error rate",
    )  # fmt: skip
    axes.legend(title="$V/V_{c0}$", frameon=False, loc="lower left")
    _finish(figure, title)
    return figure


def draw_error_rate_check(report: Mapping[str, Any], title: str = "") -> Figure:
    """The report of ``error_rate_check``: simulated rates with intervals, and closed form over simulation.

    Parameters
    ----------
    report : mapping
        What ``check_error_rates`` returned.
    title : str
        Above the figure.
    """
    figure = _figure((10.0, 4.6))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.2))
    markers = {"thermal": "s", "interpolation": "x", "precessional": "o"}
    for regime, marker in markers.items():
        rows = [row for row in report["points"] if row["regime"] == regime and row["simulated"] > 0]
        if not rows:
            continue
        colour = _COLOURS[list(markers).index(regime)]
        rates = np.array([row["simulated"] for row in rows])
        law = np.array([row["closed_form"] for row in rows])
        down = np.array([row["simulated"] - max(row["low"], 0) for row in rows])
        up = np.array([row["high"] - row["simulated"] for row in rows])
        left.plot(law, rates, marker, color=colour, ms=4, label=regime, fillstyle="none")
        right.errorbar(
            rates,
            law / rates,
            yerr=[down / rates, up / rates],
            fmt=marker,
            color=colour,
            ms=4,
            lw=0.8,
            fillstyle="none",
        )
        butler = [(row["simulated"], row["butler"] / row["simulated"]) for row in rows if row["butler"]]
        if butler and regime == "precessional":
            right.plot(*zip(*butler, strict=True), "^", color="0.6", ms=4, label="Butler as published")
    ends = np.array([3e-6, 0.5])
    left.plot(ends, ends, color="0.6", lw=0.8)
    right.axhline(1, color="0.6", lw=0.8)
    left.set(xscale="log", yscale="log", xlabel="closed form", ylabel="simulated rate")
    right.set(xscale="log", yscale="log", xlabel="simulated rate", ylabel="closed form / simulation")
    right.set_yticks([0.5, 0.7, 1, 1.4, 2, 5, 10, 20, 40], ["0.5", "0.7", "1", "1.4", "2", "5", "10", "20", "40"])
    right.minorticks_off()
    left.legend(frameon=False)
    right.legend(frameon=False)
    _finish(figure, title)
    return figure


def _figure(size: tuple[float, float]) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained")


def _finish(figure: Figure, title: str) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    if title:
        figure.suptitle(title)
