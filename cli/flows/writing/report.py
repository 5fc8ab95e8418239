# SPDX-License-Identifier: BSD-3-Clause
"""What a program command did, as checks, ``write.json`` and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...report import Check, Number, Section, Sheet
from ...report.write_figures import Curve, fidelity_figure, paired_die_figure
from ..checks import exactness_check

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import Population

    from .fidelity import CellResults


def writing_checks(found: Mapping[str, Any], comparison: Mapping[str, Any]) -> list[Check]:
    """What a program command has to show."""
    exact = exactness_check(comparison)
    sound = found["healthy_cells"]
    checks = [
        Check(
            "healthy cells that failed after verify",
            "0",
            f"{found['failed_after_verify']:,} of {sound:,}",
            found["failed_after_verify"] == 0,
        ),
        Check(
            "healthy cells left in the wrong state",
            "0",
            f"{found['wrong_state_after_verify']:,} of {sound:,}",
            found["wrong_state_after_verify"] == 0,
        ),
    ]
    return ([exact] if exact else []) + checks


def fidelity_section(found: Mapping[str, Any], chip: Chip) -> Section:
    """Write fidelity by step."""
    curves = [
        Curve(
            "healthy cells",
            "statistics",
            np.array(found["failing_after_step"]["healthy"]),
            found["healthy_cells"],
        ),
        Curve("all cells", "unaware", np.array(found["failing_after_step"]["all"]), found["cells"]),
    ]
    writing = chip.writing
    levels = ", ".join(
        f"{writing.volts(p):.2f}/{writing.volts(ap):.2f} V for {writing.width_ns(step):g} ns"
        for step, (p, ap) in enumerate(zip(writing.levels_p, writing.levels_ap, strict=True))
    )
    return Section(
        "Write fidelity, pulse by pulse",
        "Share of the cells that are not yet in the intended state after so many pulses. After each pulse the cell is "
        "read "
        "back, and a cell that reads right gets no more pulses. What stays is what no pulse can write: shorts, opens, "
        "and "
        f"devices stuck in the other state. Steps towards P / towards AP: {levels}.",
        figures=(fidelity_figure(curves),),
    )


def defect_rows(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Class, cells written, cells reported."""
    return [
        (name.replace("_", "-"), f"{entry['cells']:,}", f"{entry['reported']:,}")
        for name, entry in found["defects"].items()
    ]


def writing_sheet(
    found: Mapping[str, Any],
    comparison: Mapping[str, Any],
    checks: Sequence[Check],
    chip: Chip,
    population: Population,
    cells: CellResults,
    what: str,
    tables: Mapping[str, Mapping[str, str]],
) -> Sheet:
    """The page of ``spintile write``."""
    dies = population.dies
    worst = int(np.count_nonzero(cells.written & (cells.outcome != 0), axis=(1, 2, 3)).argmax())
    # In the colours of the defect classes: what the report says of each cell.
    classes = np.array([0, 3, 1, 2, 5], np.uint8)[cells.outcome[worst]]
    stuck_ap = (cells.outcome[worst] == 1) & cells.target[worst]
    classes[stuck_ap] = 4
    visible = np.where(cells.written[worst] & (cells.outcome[worst] != 0), population.defect[worst], 0).astype(np.uint8)
    sound = found["healthy_fidelity_after_verify"]
    who = "the golden model" if comparison["engine"] == "model" else f"the RTL on {comparison['engine']}"
    return Sheet(
        title=f"{what[:1].upper()}{what[1:]} written into {dies} {'die' if dies == 1 else 'dies'}",
        subtitle=(
            f"{found['cells']:,} cells programmed and verified by {who}: "
            f"{chip.writing.junction} junctions, {chip.writing.scheme} writing, reads of {chip.adc_bits} bits."
        ),
        question="Does every healthy cell end in the intended state, and are only defects reported?",
        answer=(
            f"Of the healthy cells, {found['failed_before_verify']:,} were wrong after their first pulse and "
            f"{found['failed_after_verify']:,} at the end; {found['reported']:,} cells were reported."
        ),
        numbers=(
            Number("fidelity before verify", f"{found['fidelity_before_verify']:.3%}"),
            Number("after verify", f"{found['fidelity_after_verify']:.3%}"),
            Number("healthy cells, after", f"{sound:.4%}"),
            Number("cells reported", f"{found['reported']:,}"),
            Number("pulses a cell", f"{found['pulses_per_cell']:.3f}"),
        ),
        sections=(
            fidelity_section(found, chip),
            Section(
                f"Die {int(population.die_ids[worst])}: reported, and why",
                "Left, the defects of the cells that the controller reported; right, what it took them for. A stuck "
                "device that was to be in that very state fails nobody and is not here. Cells "
                "taken for something else than they are ringed.",
                figures=(paired_die_figure(visible, classes, ("defect", "reported as")),),
                legend=True,
                columns=("class", "cells", "reported"),
                rows=defect_rows(found),
            ),
        ),
        checks=checks,
        tables=tables,
    )


def writing_tables(chip: Chip) -> dict[str, dict[str, str]]:
    """Settings of the write path for a page."""
    writing = chip.writing
    windows = writing.windows(chip.geometry, chip.cell, chip.sensing, chip.wires)
    return {
        "Writing": {
            "junction": writing.junction,
            "scheme": writing.scheme,
            "steps": str(writing.steps),
            "passes": str(writing.passes),
            "cells per pulse": "one" if writing.single else "a row's, of one target",
            "clock": f"{writing.clock_period:g} ns",
            "window of P": f"{windows.p_low} to {windows.p_high} codes",
            "window of AP": f"{windows.ap_low} to {windows.ap_high} codes",
        },
        "Chip": {
            "geometry": chip.geometry.name,
            "kernels": f"{chip.geometry.kernels} of {chip.geometry.rows} × {chip.geometry.cols}",
            "G_P, G_AP": f"{chip.cell.g_p * 1e6:.0f}, {chip.cell.g_ap * 1e6:.0f} µS",
            "reads": f"{chip.adc_bits} bits at {chip.sensing.v_read:g} V",
        },
    }
