# SPDX-License-Identifier: BSD-3-Clause
"""Pictures: where transfers put the boundary, and the share of every training. Data beside each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.files import write_atomically

from ..figures import save_with_data
from . import cases
from .plan import DroletRun
from .results import SHARE

#: Transfers behind a contour at most; shares of 1,000 are within two points.
_TRANSFERS = 1000
_MARGIN = 0.12
_LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_ZERO, _ONE, _WRONG = "#0b7a75", "#d9730d", "#c02434"


def draw_contours(run: DroletRun, folder: Path) -> str:
    """Share of transfers that put each place of the plane into class 1: the typical network of three trainings."""
    from matplotlib.figure import Figure
    from spintile.model.training.moons import Transfers, load_points, predicted_shares
    from spintile.model.training.moons.evaluation import clean_logits

    settings = run.settings
    axis = np.linspace(-_MARGIN, 1 + _MARGIN, settings.grid).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    plane = np.stack([x.ravel(), y.ravel()], axis=1)
    _, fresh = load_points(settings.points)
    shown = min(len(fresh.x), 400)
    transfers = Transfers(cases.writing_errors(settings.disturbance), min(settings.transfers, _TRANSFERS), 0)
    figure = Figure(figsize=(12.6, 4.4), layout="constrained")
    data: dict[str, Any] = {"axis": axis.tolist(), "points": fresh.x[:shown].tolist(), "networks": {}}
    data["labels"] = fresh.label[:shown].astype(int).tolist()
    axes = figure.subplots(1, 3, sharey=True)
    columns: dict[str, NDArray[Any]] = {"x": plane[:, 0], "y": plane[:, 1]}
    for place, method in zip(axes, _methods(run, ("regular", "hardware_aware", "wider")), strict=True):
        written, seed = run.written(method.key), run.typical(method.key)
        share = predicted_shares(written, plane, transfers).reshape(x.shape)
        clean = clean_logits(written, plane, transfers.wires).reshape(x.shape)
        result = run.results[method.key][seed]
        holds = result["right"][:shown] >= 0.95
        filled = place.contourf(x, y, share, levels=_LEVELS, cmap="BrBG_r", alpha=0.85)
        place.contour(x, y, clean, levels=[0.0], colors="black", linewidths=1.4)
        for label, colour in ((False, _ZERO), (True, _ONE)):
            chosen = (fresh.label[:shown] == label) & holds
            place.scatter(*fresh.x[:shown][chosen].T, s=9, color=colour, edgecolors="white", linewidths=0.4)
        place.scatter(*fresh.x[:shown][~holds].T, s=16, marker="x", color=_WRONG, linewidths=1)
        place.set(title=f"{method.title}: {result['ideal']['share']:.1f} %", xlabel="input 1", aspect="equal")
        data["networks"][method.key] = {
            "seed": seed,
            "share_of_class_1": np.round(share, 4).tolist(),
            "clean_logit": np.round(clean, 4).tolist(),
            "points_right_in": np.round(result["right"][:shown], 4).tolist(),
        }
        columns[f"{method.key}_share"], columns[f"{method.key}_clean"] = share.ravel(), clean.ravel()
    axes[0].set_ylabel("input 2")
    figure.colorbar(filled, ax=axes, label="share of transfers that say class 1", shrink=0.9)
    rows = [
        ",".join(columns),
        *(",".join(f"{value:.4g}" for value in row) for row in zip(*columns.values(), strict=True)),
    ]
    write_atomically(folder / "contours.csv", ("\n".join(rows) + "\n").encode())
    return save_with_data(figure, data, folder, "contours")


def draw_shares(run: DroletRun, folder: Path) -> str:
    """Share of points right in 95 % of transfers: a dot for each seed, a line at the median."""
    from matplotlib.figure import Figure

    found = _methods(run)
    figure = Figure(figsize=(10.5, 0.5 * len(found) + 1.3), layout="constrained")
    place = figure.subplots()
    data = {}
    for row, method in enumerate(reversed(found)):
        shares = {where: [r[where]["share"] for r in run.results[method.key]] for where in ("ideal", "wires")}
        for where, shift, colour in (("ideal", 0.14, _ZERO), ("wires", -0.14, _ONE)):
            place.scatter(shares[where], np.full(len(shares[where]), row + shift), s=22, color=colour, zorder=3)
            place.plot(2 * [np.median(shares[where])], [row + shift - 0.12, row + shift + 0.12], color="black", lw=1.6)
        data[method.key] = shares
    place.axvline(SHARE, color="#888888", lw=1, ls="--")
    place.set(xlim=(0, 100), xlabel="share of fresh points right in at least 95 % of transfers [%]")
    place.set_yticks(range(len(found)), [method.title for method in reversed(found)])
    place.scatter([], [], s=22, color=_ZERO, label="ideal wires")
    place.scatter([], [], s=22, color=_ONE, label=f"{cases.SEGMENT:g} Ω a segment")
    place.legend(loc="upper right", frameon=False)
    place.grid(axis="x", alpha=0.3)
    return save_with_data(figure, data, folder, "shares")


def _methods(run: DroletRun, keys: tuple[str, ...] = ()) -> list[cases.Method]:
    found = cases.methods(run.settings)
    return [method for method in found if not keys or method.key in keys]
