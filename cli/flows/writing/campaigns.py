# SPDX-License-Identifier: BSD-3-Clause
"""Campaigns of ``spintile bench``: long runs that hold a model against what it claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...console import Progress

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import DefectStatistics

#: Where a code is at most this share of G_P, healthy conductances must be within the other share on average.
FINE_CODE, LARGEST_MEAN_ERROR = 0.01, 0.005


def process() -> DefectStatistics:
    """The process whose statistics are fitted back: rates that differ by class, and every spread."""
    from spintile.model.dies import DefectStatistics

    return DefectStatistics(
        spread=0.05,
        die_spread=0.03,
        tmr_spread=0.02,
        die_tmr_spread=0.01,
        short=0.005,
        open=0.003,
        stuck_p=0.002,
        stuck_ap=0.001,
    )


def error_rate_campaign(
    *, quick: bool, trajectories: int, replicates: int, confidence: float, seed: int, progress: Progress
) -> dict[str, Any]:
    """Write error rates against the macrospin; see ``model.device.macrospin.check_error_rates``."""
    from spintile.model.device.macrospin import CAMPAIGN, QUICK, check_error_rates

    name = "pulses"
    progress(name, 0.0)
    report = check_error_rates(
        QUICK if quick else CAMPAIGN,
        seed=seed,
        trajectories=min(trajectories, 512) if quick else trajectories,
        replicates=replicates,
        confidence=confidence,
        progress=lambda done, total: progress(name, done / total, f"{done} of {total} pulses"),
    )
    report["quick"] = quick
    return report


def interval_campaign(chip: Chip, *, dies: int, repetitions: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Coverage of fitted intervals; see ``model.dies.fitting.coverage_campaign``."""
    from spintile.model.dies.fitting import coverage_campaign

    return coverage_campaign(
        chip.geometry, chip.cell, process(), dies=dies, repetitions=repetitions, seed=seed, progress=progress
    )


def programming_campaign(chip: Chip, *, dies: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Program-and-verify over many dies (``model.programming.write_campaign``), and whether every defect is reported.

    Returns
    -------
    dict
        Ready for JSON; ``holds``, and in ``reason`` what does not.
    """
    from spintile.model.programming import write_campaign

    name = "random states"
    progress(name, 0.0)
    report: dict[str, Any] = write_campaign(
        chip,
        dies=dies,
        seed=seed,
        progress=lambda done, total: progress(name, done / total, f"{done} of {total} dies"),
    )
    seen = _reported(chip, dies, seed, progress)
    fidelity = report["fidelity"]
    failed = fidelity["healthy_failed_after"] + seen["healthy_reported"]
    missed = sum(entry["cells"] - entry["reported"] for entry in seen["defects"].values())
    reasons = []
    if failed:
        reasons.append(f"healthy cells that failed after verify must be 0, not {failed:,}")
    if report["healthy_in_wrong_state"]:
        reasons.append(f"healthy cells in the wrong state must be 0, not {report['healthy_in_wrong_state']:,}")
    if missed:
        reasons.append(f"shorts, opens and stuck cells that were not reported must be 0, not {missed:,}")
    verdict = {"holds": not reasons, "reason": "; ".join(reasons)}
    return {"chip": chip.geometry.name, **report, "both_states": seen, **verdict}


def _reported(chip: Chip, dies: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Every cell written to P, then to AP: which were reported in either."""
    import numpy as np
    from spintile.model.dies import sample_population
    from spintile.model.programming import make_array, program

    from .fidelity import cell_results, count_reported

    name = "all P, then all AP"
    progress(name, 0.0)
    totals: dict[str, Any] = {"healthy_cells": 0, "healthy_reported": 0, "defects": {}}
    batch = 4
    for first in range(0, dies, batch):
        numbers = list(range(first, min(first + batch, dies)))
        population = sample_population(chip.geometry, chip.cell, chip.statistics, numbers, seed)
        array = make_array(chip, population, seed)
        reported = np.zeros(population.shape, np.bool_)
        for number, op in enumerate(("all_p", "all_ap")):
            reported |= cell_results(program(array, chip, op, command=number), population.shape).outcome != 0
        found = count_reported(population, reported)
        for key in ("healthy_cells", "healthy_reported"):
            totals[key] += found[key]
        for kind, counts in found["defects"].items():
            known = totals["defects"].setdefault(kind, {"cells": 0, "reported": 0})
            for key, value in counts.items():
                known[key] += value
        progress(name, min(0.999, (numbers[-1] + 1) / dies), f"{numbers[-1] + 1} of {dies} dies")
    progress(name, 1.0, f"{dies} dies")
    return totals


def with_converters(chip: Chip, bits: int) -> Chip:
    """The chip with converters of that many bits over the same full scale."""
    sensing = chip.sensing
    lsb = None if sensing.lsb is None else sensing.lsb * 2.0 ** (sensing.adc_bits - bits)
    return chip.replace(geometry=chip.geometry.replace(adc_bits=bits), sensing=sensing.replace(adc_bits=bits, lsb=lsb))


def recovery_campaign(chip: Chip, *, dies: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Characterisation of many dies against the truth; see ``model.programming.characterise_campaign``."""
    from spintile.model.programming import characterise_campaign

    name = "characterise"
    progress(name, 0.0)
    report: dict[str, Any] = characterise_campaign(
        chip,
        dies=dies,
        seed=seed,
        progress=lambda done, total: progress(name, done / total, f"{done} of {total} dies"),
    )
    shares = {key: report["confusion"][key] for key in ("precision", "recall")}
    low = [
        f"{key} must be at least 99.9 %, not {value:.3%}"
        for key, value in shares.items()
        if value is not None and value < 0.999
    ]
    reasons = [*low, *([] if report["largest_error_lsb"] <= 1 else [_off(report)])]
    if report["lsb_over_g_p"] <= FINE_CODE and report["mean_error"] > LARGEST_MEAN_ERROR:
        reasons.append(f"healthy conductances must be within 0.5 % on average, not {report['mean_error']:.3%}")
    return {"chip": chip.geometry.name, **report, "holds": not reasons, "reason": "; ".join(reasons)}


def _off(report: dict[str, Any]) -> str:
    return f"healthy conductances must be within one code, not {report['largest_error_lsb']:.2f}"
