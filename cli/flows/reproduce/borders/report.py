# SPDX-License-Identifier: BSD-3-Clause
"""Contents of ``report.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...checks import provenance
from ..claims import Claim, MeanInterval
from . import results
from .settings import MAIN
from .study import BordersRun
from .verdicts import as_dicts, holds


def make_report(run: BordersRun, claims: list[Claim], studies: Mapping[str, Any]) -> dict[str, Any]:
    """All figures; accuracies in percent, losses and gains in points."""
    settings = run.settings
    return {
        "format_version": 1,
        "experiment": "borders",
        "holds": holds(claims),
        "effort": settings.effort,
        "best_software": results.best_software(run),
        "rates": rate_table(run, MAIN),
        "settings": {
            key_of(setting): {
                "strength": setting[0],
                "wires": setting[1],
                "rates": rate_table(run, setting),
                "gain": {f"{rate:g}": results.gain(run, rate, setting).as_dict() for rate in settings.swept},
                "largest_rate": {
                    kind: results.largest_rate(run, kind, setting)
                    for kind in ("unaware", "statistics_aware", "blind", "flagged")
                },
                "known": {f"{rate:g}": _known(run, rate, setting) for rate in settings.known_rates},
            }
            for setting in settings.combinations
        },
        "transfer": results.transfer_figures(run),
        "fitted": results.fitted_figures(run),
        "mismatch": results.mismatch_figures(run),
        "landscape": results.landscape_figures(run),
        **studies,
        "rtl": run.rtl,
        "claims": as_dicts(claims),
        "run": settings.as_dict(),
        "provenance": provenance(0, {}),
    }


def key_of(setting: tuple[float, bool]) -> str:
    """Name of a strength of shorts, with or without wires."""
    return f"{setting[0]:g}-{'wires' if setting[1] else 'ideal'}"


def rate_table(run: BordersRun, setting: tuple[float, bool]) -> dict[str, Any]:
    """By rate [%]: software, and every kind of network on the dies."""
    table: dict[str, Any] = {}
    for rate in run.settings.swept:
        entry: dict[str, Any] = {"software": results.software_figure(run)}
        for kind in results.KINDS:
            found = results.figure(results.accuracies(run, kind, rate, setting))
            training = results.question_of(kind, rate, setting, run.settings).training
            entry[kind] = {**found, "own_software": float(run.software(training).mean())}
        table[f"{rate:g}"] = entry
    return table


def _known(run: BordersRun, rate: float, setting: tuple[float, bool]) -> dict[str, Any]:
    found = results.known(run, rate, setting)
    figures: dict[str, Any] = {kind: results.figure(values) for kind, values in found.items()}
    pairs = found["die_aware"] - found["statistics_aware"]
    return {**figures, "gain_over_statistics_aware": MeanInterval.of(pairs.mean(axis=1)).as_dict()}
