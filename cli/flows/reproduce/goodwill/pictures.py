# SPDX-License-Identifier: BSD-3-Clause
"""Pictures: accuracy over the scale, over solutions, against write fidelity; what predicts it. Data beside each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..figures import save_with_data
from .plan import Outcome
from .results import CORRELATED, PUBLISHED, accuracies, held_fidelity

_COLOURS = {"mtj-50nm": "#0b7a75", "mtj-40nm": "#d9730d", "mtj-11nm": "#6b4fa0"}
_LINES = {"verified": "-", "one-pulse": "--", "first-pulse": ":", "defects": "-."}
_MARKS = {"verified": "o", "one-pulse": "^", "first-pulse": "s", "defects": "x"}
_GREY = "#888888"
#: More marks than these are pixels within a vector picture, which would be of megabytes.
_MOST_VECTOR_MARKS = 5000


def draw_scale(scales: Mapping[str, Any], folder: Path) -> str:
    """Median over solutions against the tuned scale, a band between the quartiles for single pulses."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.6), layout="constrained")
    place = figure.subplots()
    data: dict[str, Any] = {}
    for device, writes in scales.items():
        for write, entry in writes.items():
            x = [float(scale) for scale in entry["scales"]]
            columns = {
                name: [part[name] for part in entry["scales"].values()]
                for name in ("median", "low", "high", "lower_quartile", "upper_quartile")
            }
            place.plot(x, columns["median"], _LINES[write], color=_COLOURS[device], lw=1.6, label=_label(device, write))
            if write == "one-pulse":
                place.fill_between(
                    x, columns["lower_quartile"], columns["upper_quartile"], color=_COLOURS[device], alpha=0.1, lw=0
                )
            data[f"{device} {write}"] = {"scale": x, **columns}
    place.axhline(PUBLISHED, color=_GREY, lw=1, ls="--")
    place.annotate(f"published median {PUBLISHED} %", (0.5, PUBLISHED), (0, 4), textcoords="offset points", fontsize=8)
    place.set(xlabel="G_norm / (G_on - G_off)", ylabel="median accuracy over solutions [%]")
    place.grid(alpha=0.3)
    place.legend(frameon=False, fontsize=8, ncols=2)
    return save_with_data(figure, data, folder, "scale")


def draw_solutions(outcome: Outcome, scales: Mapping[str, Any], folder: Path) -> str:
    """Accuracy of every solution at the tuned scale, lowest first."""
    from matplotlib.figure import Figure
    from spintile.model.training.wine import SCALES

    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    place = figure.subplots()
    data = {}
    for device, write in outcome.arrays:
        at = SCALES.index(scales[device][write]["tuned"])
        values = np.sort(accuracies(outcome, (device, write))[at])
        share = (np.arange(len(values)) + 0.5) / len(values) * 100
        place.step(share, values, _LINES[write], color=_COLOURS[device], lw=1.4, label=_label(device, write))
        data[f"{device} {write}"] = np.round(values, 4).tolist()
    place.axhline(PUBLISHED, color=_GREY, lw=1, ls="--")
    place.axvline(50, color=_GREY, lw=1, ls=":")
    place.set(xlabel="solutions, worst first [%]", ylabel="accuracy at the tuned scale [%]", xlim=(0, 100))
    place.grid(alpha=0.3)
    place.legend(frameon=False, fontsize=8)
    return save_with_data(figure, data, folder, "solutions")


def draw_fidelity(outcome: Outcome, folder: Path) -> str:
    """Accuracy against write fidelity, a mark for each solution."""
    from matplotlib.figure import Figure
    from spintile.model.training.wine import SCALES

    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    place = figure.subplots()
    data = {}
    at = SCALES.index(outcome.tuned)
    marks = sum(len(accuracies(outcome, key)[at]) for key in outcome.arrays)
    for key, results in outcome.arrays.items():
        held, accuracy = held_fidelity(results), accuracies(outcome, key)[at]
        # Both take few values: shifts of up to a third of their steps keep marks apart, the same in every run.
        shift = np.random.default_rng(0).uniform(-0.17, 0.17, (2, len(held)))
        place.scatter(
            held + shift[0],
            accuracy + shift[1],
            s=9,
            marker=_MARKS[key[1]],
            color=_COLOURS[key[0]],
            alpha=0.45,
            linewidths=0.6,
            label=_label(*key),
            rasterized=marks > _MOST_VECTOR_MARKS,
        )
        data[" ".join(key)] = {"fidelity": np.round(held, 4).tolist(), "accuracy": np.round(accuracy, 4).tolist()}
    place.axhline(PUBLISHED, color=_GREY, lw=1, ls="--")
    place.set(xlabel="cells that hold their state after writing [%]", ylabel="accuracy [%]")
    place.grid(alpha=0.3)
    place.legend(frameon=False, fontsize=8, markerscale=1.6)
    return save_with_data(figure, data, folder, "fidelity")


def draw_predictors(related: Mapping[str, Any], folder: Path) -> str:
    """Rank correlation of each metric with accuracy on the largest device, with its interval."""
    from matplotlib.figure import Figure

    device = "mtj-50nm"
    shown = [write for write in CORRELATED if write in related[device]]
    names = list(related[device][shown[0]])
    figure = Figure(figsize=(10.5, 0.45 * len(names) + 1.4), layout="constrained")
    place = figure.subplots()
    step = 0.7 / len(shown)
    for index, write in enumerate(shown):
        table = related[device][write]
        rows = [(row, table[name]) for row, name in enumerate(reversed(names)) if table[name]["rho"] is not None]
        y = np.array([row for row, _ in rows]) + 0.35 - step * (index + 0.5)
        rho = np.array([entry["rho"] for _, entry in rows])
        low, high = (np.array([entry[end] for _, entry in rows]) for end in ("low", "high"))
        place.errorbar(
            rho,
            y,
            xerr=np.maximum(0, [rho - low, high - rho]),
            fmt=_MARKS[write],
            ms=4,
            lw=1.2,
            label=write.replace("-", " "),
        )
    place.axvline(0, color=_GREY, lw=1)
    place.set_yticks(range(len(names)), [name.replace("-", " ") for name in reversed(names)])
    place.set(xlim=(-1, 1), xlabel=f"Spearman's rank correlation with accuracy, {device}")
    place.grid(axis="x", alpha=0.3)
    place.legend(frameon=False, fontsize=8)
    return save_with_data(figure, related, folder, "predictors")


def _label(device: str, write: str) -> str:
    return f"{device.removeprefix('mtj-').removesuffix('nm')} nm, {write.replace('-', ' ')}"
