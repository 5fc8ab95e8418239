# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of the loss landscape and of the transfer matrix. Data beside each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..figures import save_with_data
from .pictures import COLOURS, WORDS
from .study import BordersRun


def draw_landscape(run: BordersRun, report: Mapping[str, Any], folder: Path) -> str:
    """Rise of the loss under flips of weights, and loss from die to die."""
    import numpy as np
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    data: dict[str, Any] = {"flips": {}, "dies": {}}
    for name, table in report["landscape"].items():
        shares = [float(share) for share in table["flips"]]
        columns = {key: [entry[key] for entry in table["flips"].values()] for key in ("mean", "low", "high")}
        left.plot(shares, columns["mean"], "-o", ms=3, color=COLOURS[name], label=WORDS[name])
        left.fill_between(shares, columns["low"], columns["high"], color=COLOURS[name], alpha=0.15, lw=0)
        data["flips"][name] = {"share": shares, **columns}
        losses = np.sort(np.concatenate([found["dies"] for found in run.landscape[name]]))
        part = (np.arange(len(losses)) + 0.5) / len(losses) * 100
        right.step(part, losses, color=COLOURS[name], lw=1.4)
        data["dies"][name] = np.round(losses, 5).tolist()
    left.set_xscale("log")
    left.set_xticks(run.settings.flips, [f"{share:g}" for share in run.settings.flips])
    left.minorticks_off()
    left.set(xlabel="flipped weights [%]", ylabel="rise of the loss [nat]")
    right.set(xlabel="dies, least loss first [%]", ylabel="loss on the die [nat]")
    for place in (left, right):
        place.grid(alpha=0.3)
    left.legend(frameon=False, fontsize=8)
    return save_with_data(figure, data, folder, "landscape")


def draw_transfer(report: Mapping[str, Any], folder: Path) -> str:
    """Every network made for one die, on every die; and on its own and on other dies, sorted."""
    import numpy as np
    from matplotlib.figure import Figure

    matrix = np.array(report["transfer"]["matrix"])
    own = np.eye(len(matrix), dtype=np.bool_)
    figure = Figure(figsize=(10.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    drawn = left.imshow(matrix, cmap="viridis")
    left.set(xlabel="die asked", ylabel="die that the network was made for")
    left.set_xticks(range(0, len(matrix), max(1, len(matrix) // 6)))
    left.set_yticks(range(0, len(matrix), max(1, len(matrix) // 6)))
    figure.colorbar(drawn, ax=left, label="accuracy [%]", shrink=0.9)
    for chosen, colour, words in ((own, COLOURS["die_aware"], "own die"), (~own, COLOURS["unaware"], "other dies")):
        values = np.sort(matrix[chosen])
        right.step((np.arange(len(values)) + 0.5) / len(values) * 100, values, color=colour, lw=1.4, label=words)
    table = report["transfer"]
    for name in ("statistics_aware", "unaware"):
        right.axhline(table[name]["mean"], color=COLOURS[name], lw=1.2, ls="--", label=f"{WORDS[name]}, mean")
    right.set(xlabel="networks on dies, worst first [%]", ylabel="accuracy [%]")
    right.grid(alpha=0.3)
    right.legend(frameon=False, fontsize=8)
    return save_with_data(figure, report["transfer"], folder, "transfer")
