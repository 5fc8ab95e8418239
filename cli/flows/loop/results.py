# SPDX-License-Identifier: BSD-3-Clause
"""From what the loop's steps found to ``report.json`` and its checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...report import Check
from .. import checks as run_checks
from ..writing.characterisation import ENOUGH_BITS, LEAST_SHARE
from . import steps as loop_steps
from .plan import LoopRun

#: Counts of a program command that add up.
_COUNTS = (
    "cells",
    "healthy_cells",
    "failed_before_verify",
    "failed_after_verify",
    "reported",
    "reported_healthy",
    "pulses",
)


def trained(run: LoopRun, which: str) -> list[dict[str, Any]]:
    """What was found of every network trained on the true or the fitted statistics."""
    return [run.value(f"evaluate-{which}-{number}") for number in range(run.settings.trainings)]


def accuracy(run: LoopRun, which: str) -> dict[str, Any]:
    """Of the networks trained on the true or the fitted statistics, over all dies [%]; ``dies``: by network and die."""
    found = trained(run, which)
    values = np.array([each["accuracies"] for each in found])
    return {
        "mean": float(values.mean()),
        "min": float(values.min()),
        "max": float(values.max()),
        "std": float(values.std()),
        "software": float(np.mean([each["software"] for each in found])),
        "networks": values.mean(axis=1).tolist(),
        "dies": values.tolist(),
    }


def writing(run: LoopRun) -> dict[str, Any]:
    """Healthy cells that failed, over everything that was programmed by the engine: checkerboards and networks."""
    parts = [run.value("recover")["write"], *(step["write"] for step in on_rtl(run).values() if step["write"])]
    total = {name: sum(int(part[name]) for part in parts) for name in _COUNTS}
    cells, sound = max(total["cells"], 1), max(total["healthy_cells"], 1)
    before = sum(part["fidelity_before_verify"] * part["cells"] for part in parts) / cells
    after = sum(part["fidelity_after_verify"] * part["cells"] for part in parts) / cells
    both = run.value("recover")["both_states"]
    by_model = [each["write"] for which in ("true", "fitted") for each in trained(run, which)]
    return {
        "failed_before_verify": total.pop("failed_before_verify"),
        "failed_after_verify": total.pop("failed_after_verify"),
        "fidelity_before_verify": before,
        "fidelity_after_verify": after,
        "healthy_failed_share_before_verify": sum(int(part["failed_before_verify"]) for part in parts) / sound,
        **total,
        "both_states": both,
        "all_dies_by_model": {name: sum(int(part[name]) for part in by_model) for name in _COUNTS},
    }


def on_rtl(run: LoopRun) -> dict[int, dict[str, Any]]:
    """What was found on the dies that were programmed with the network one by one."""
    return {die: run.value(f"rtl-{die}") for die in run.settings.programmed}


def comparisons(run: LoopRun) -> dict[str, dict[str, Any]]:
    """What was compared between RTL and golden model: measuring, programming, inference."""
    measured = [run.value(f"measure-{die}") for die in range(run.settings.dies)]
    steps = on_rtl(run).values()
    found = {"measure": _merged(measured), "program": _merged(step["program"] for step in steps)}
    infer = [step["infer"] for step in steps]
    if run.engine != "model":
        found["infer"] = _merged(part for part in infer if part is not None)
        # A die that could not be programmed was not inferred on: that is no agreement.
        found["infer"]["mismatches"] += sum(part is None for part in infer)
        found["infer"]["images"] = sum(int(part["images"]) for part in infer if part is not None)
    return found


def _merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    parts = list(parts)
    first = next((part["first_difference"] for part in parts if part["mismatches"]), None)
    return {
        "engine": parts[0]["engine"] if parts else "none",
        "compared": sum(int(part["compared"]) for part in parts),
        "mismatches": sum(int(part["mismatches"]) for part in parts),
        "first_difference": first,
        "cycles": sum(int(part.get("cycles") or 0) for part in parts),
    }


def make_checks(run: LoopRun) -> tuple[Check, ...]:
    """What the loop has to show."""
    checks = [
        *(
            run_checks.exactness_check(part, f"{name}: values")
            for name, part in comparisons(run).items()
            if part["engine"] != "model"
        ),
        *_writing_checks(run),
        *_characterisation_checks(run),
        _gap(run),
    ]
    return tuple(check for check in checks if check is not None)


def _writing_checks(run: LoopRun) -> list[Check]:
    found = writing(run)
    both, model = found["both_states"], found["all_dies_by_model"]
    cells = sum(entry["cells"] for entry in both["defects"].values())
    reported = sum(entry["reported"] for entry in both["defects"].values())
    failed = found["failed_after_verify"] + model["failed_after_verify"] + both["healthy_reported"]
    all_cells = found["healthy_cells"] + model["healthy_cells"] + both["healthy_cells"]
    differ = sum(int(step.get("states_differ", 0)) for step in on_rtl(run).values())
    return [
        Check("healthy cells reported or failed after verify", "0", f"{failed:,} of {all_cells:,}", failed == 0),
        Check("defects reported, P and AP together", "all", f"{reported:,} of {cells:,}", reported == cells),
        Check("states of programmed dies other than the model's", "0", f"{differ:,}", differ == 0),
    ]


def _characterisation_checks(run: LoopRun) -> list[Check]:
    found = run.value("recover")["characterise"]
    if found["adc_bits"] < ENOUGH_BITS:
        return []
    return [
        Check(
            f"{name} of defects",
            f"≥ {LEAST_SHARE:.1%}",
            "no defects" if found[name] is None else f"{found[name]:.3%}",
            found[name] is None or found[name] >= LEAST_SHARE,
        )
        for name in ("precision", "recall")
    ]


def _gap(run: LoopRun) -> Check:
    true, fitted = (accuracy(run, which)["mean"] for which in ("true", "fitted"))
    lost, most = true - fitted, run.settings.gap
    return Check(
        "accuracy that the fit costs against the truth",
        f"≤ {most:g} points",
        f"{lost:.2f} points ({true:.2f} and {fitted:.2f} %)",
        lost <= most,
    )


def make_report(run: LoopRun, checks: Sequence[Check]) -> dict[str, Any]:
    """Contents of ``report.json``; accuracies in percent."""
    detail = {which: accuracy(run, which) for which in ("true", "fitted")}
    fit = run.value("fit")
    return {
        "format_version": 1,
        "holds": all(check.holds for check in checks),
        "accuracy": {"true_statistics": detail["true"]["mean"], "fitted_statistics": detail["fitted"]["mean"]},
        "accuracy_over_dies": {"true_statistics": detail["true"], "fitted_statistics": detail["fitted"]},
        "write": writing(run),
        "characterise": run.value("recover")["characterise"],
        "fit": {**fit, "covered": covered(fit)},
        "rtl": comparisons(run),
        "engine": run.engine,
        "trainings": run.settings.trainings,
        "dies": {
            "measured": run.settings.dies,
            "fresh": run.settings.fresh_dies,
            "programmed": list(run.settings.programmed),
        },
        "images": trained(run, "fitted")[0]["images"],
        "seconds": run.seconds,
        "checks": [check.as_dict() for check in checks],
        "steps": {
            name: {"seconds": result.seconds, "reused": result.reused} for name, result in sorted(run.results.items())
        },
        "provenance": provenance(run),
    }


def covered(fit: Mapping[str, Any]) -> dict[str, bool]:
    """Whether each interval holds the true value."""
    inside = {}
    for name, (_, low, high) in fit["intervals"].items():
        truth = fit["truth"][name]
        slack = 1e-9 * abs(truth)
        inside[name] = (low is None or low - slack <= truth) and (high is None or truth <= high + slack)
    return inside


def provenance(run: LoopRun) -> dict[str, str]:
    """Versions, and hashes of the files of the run."""
    names = (
        loop_steps.CHIP,
        loop_steps.TRUTH,
        loop_steps.RECOVERED,
        loop_steps.FIT,
        loop_steps.FITTED_CHIP,
        loop_steps.network_file("true"),
        loop_steps.network_file("fitted"),
        loop_steps.states_file("fitted"),
    )
    return run_checks.provenance(run.settings.seed, {name: run.folder / name for name in names})
