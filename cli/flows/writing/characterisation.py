# SPDX-License-Identifier: BSD-3-Clause
"""What characterisation made of dies, held against the truth that the model knows: numbers, checks and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...report import Check, Number, Section, Sheet
from ...report.write_figures import histogram_figure, paired_die_figure
from ..checks import exactness_check

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.programming import Characterisation

#: Least precision and recall, where codes have enough bits to tell the classes apart.
LEAST_SHARE = 0.999
ENOUGH_BITS = 8


def lsb(chip: Chip) -> float:
    """Conductance of one code of one driven row [S]."""
    return (1 << chip.geometry.fraction_bits) / chip.sensing.steps_per_siemens(chip.geometry, chip.cell)


def conductance_errors(found: Characterisation, truth: Population) -> NDArray[np.float64]:
    """Recovered less true conductance [S] of healthy cells recovered as healthy: P, then AP."""
    healthy = (truth.defect == 0) & (found.defect == 0)
    return np.concatenate([(found.g_p - truth.g_p)[healthy], (found.g_ap - truth.g_ap)[healthy]])


def summarise_characterisation(found: Characterisation, truth: Population, chip: Chip) -> dict[str, Any]:
    """Confusion with the true classes, and errors of conductances."""
    confusion = found.confusion(truth)
    errors = conductance_errors(found, truth)
    healthy = (truth.defect == 0) & (found.defect == 0)
    true = np.concatenate([truth.g_p[healthy], truth.g_ap[healthy]])
    shares = confusion.as_dict()
    return {
        "adc_bits": chip.adc_bits,
        "repeats": chip.writing.repeats,
        "cells": int(truth.defect.size),
        "defects": confusion.defects,
        "precision": shares["precision"],
        "recall": shares["recall"],
        "wrong_classes": int(np.count_nonzero(found.defect != truth.defect)),
        "per_class": shares["per_class"],
        "classes": shares["classes"],
        "confusion": shares["matrix"],
        "lsb_siemens": lsb(chip),
        "lsb_over_g_p": lsb(chip) / chip.cell.g_p,
        "largest_error_lsb": float(np.abs(errors).max(initial=0.0) / lsb(chip)),
        "mean_error": float(np.mean(np.abs(errors) / true)) if errors.size else None,
        "bias": float(np.mean(errors / true)) if errors.size else None,
    }


def characterisation_checks(summary: Mapping[str, Any], comparison: Mapping[str, Any]) -> list[Check]:
    """What a characterisation has to show; with few bits, or without defects, only that RTL and model agree."""
    exact = exactness_check(comparison)
    checks = [exact] if exact else []
    if summary["adc_bits"] >= ENOUGH_BITS:
        for name in ("precision", "recall"):
            share = summary[name]
            checks.append(
                Check(
                    f"{name} of defects",
                    f"≥ {LEAST_SHARE:.1%}",
                    "no defects" if share is None else f"{share:.3%} of {summary['defects']:,}",
                    share is None or share >= LEAST_SHARE,
                )
            )
    return checks


def class_name(name: str) -> str:
    """A class as people write it."""
    return {"none": "healthy", "stuck_p": "stuck-P", "stuck_ap": "stuck-AP"}.get(name, name)


def confusion_rows(summary: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Heading and rows of the confusion matrix, classes that never occur left out."""
    matrix = np.array(summary["confusion"])
    names = summary["classes"]
    shown = [i for i in range(len(names)) if matrix[i].any() or matrix[:, i].any()]
    heading = ["true \\ found", *(class_name(names[i]) for i in shown)]
    return heading, [[class_name(names[i]), *(f"{matrix[i, j]:,}" for j in shown)] for i in shown]


def truth_section(truth: Population, found: Characterisation, summary: Mapping[str, Any]) -> Section:
    """One die twice, true and recovered, and the confusion matrix of all."""
    wrong = np.count_nonzero(truth.defect != found.defect, axis=(1, 2, 3))
    die = int(wrong.argmax()) if wrong.any() else int(np.count_nonzero(truth.defect, axis=(1, 2, 3)).argmax())
    heading, rows = confusion_rows(summary)
    return Section(
        f"Truth and what was found: die {int(truth.die_ids[die])}",
        "Left, the defects that the die has; right, those that its codes showed, kernel by kernel. Cells of another "
        "class "
        f"than the true one are ringed. {'The die with most of them.' if wrong.any() else 'On no die is there one.'} "
        f"Below, all dies: "
        "cells by true class (row) and class found (column).",
        figures=(paired_die_figure(truth.defect[die], found.defect[die]),),
        columns=heading,
        rows=rows,
        legend=True,
    )


def error_section(truth: Population, found: Characterisation, chip: Chip) -> Section:
    """Errors of healthy conductances."""
    errors = conductance_errors(found, truth)
    figures = (histogram_figure(errors / lsb(chip), "recovered less true conductance of healthy cells [codes]"),)
    return Section(
        "Conductances",
        f"One code is {lsb(chip) * 1e6:.3g} µS, {lsb(chip) / chip.cell.g_p:.2%} of G_P: rounding alone is an error of "
        f"up to half a "
        "code. Both states of all healthy cells that were found healthy.",
        figures=figures if errors.size else (),
    )


def characterisation_sheet(
    summary: Mapping[str, Any],
    comparison: Mapping[str, Any],
    checks: Sequence[Check],
    chip: Chip,
    truth: Population,
    found: Characterisation,
    tables: Mapping[str, Mapping[str, str]],
) -> Sheet:
    """The page of ``spintile characterise``."""
    dies = truth.dies
    who = "the golden model" if comparison["engine"] == "model" else f"the RTL on {comparison['engine']}"
    mean = summary["mean_error"]
    return Sheet(
        title=f"{dies} {'die' if dies == 1 else 'dies'} characterised",
        subtitle=(
            f"Every cell written to P and to AP and read in both by {who}: {summary['cells']:,} cells, reads of "
            f"{summary['adc_bits']} bits."
        ),
        question="Do the codes show every defect, and nothing else?",
        answer=(
            f"Of {summary['defects']:,} shorts, opens and stuck devices {_percent(summary['recall'])} were found for "
            f"what "
            f"they are; {_percent(summary['precision'])} of what was called one is one. {summary['wrong_classes']:,} "
            f"cells are in "
            "another class than the true one."
        ),
        numbers=(
            Number("precision", _percent(summary["precision"])),
            Number("recall", _percent(summary["recall"])),
            Number("cells misclassified", f"{summary['wrong_classes']:,}"),
            Number("mean error of a conductance", "–" if mean is None else f"{mean:.3%}"),
            Number("largest error", f"{summary['largest_error_lsb']:.2f}", "codes"),
        ),
        sections=(truth_section(truth, found, summary), error_section(truth, found, chip)),
        checks=checks,
        tables=tables,
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.3%}"
