# SPDX-License-Identifier: BSD-3-Clause
"""Bins of writing and characterisation: operations, options, steps, and what became of the cells."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from spintile.model.geometry import REPORT_WORD, Geometry, Outcome, ReportKind
from spintile.model.programming.command import OPERATIONS

from .bins import Bin, make_bins

if TYPE_CHECKING:
    from ..writing.job import ProgramJob
    from ..writing.run import ProgramOutcome

__all__ = ["count_writes", "write_bins"]

_TABLE = {
    "write.single": "one cell per pulse",
    "write.together": "all cells of a row in one pulse",
    "write.gated": "cells behind access transistors",
    "write.passive": "a passive array",
    "write.floating": "lines that are not selected float",
    "write.read_first": "cells are verified before the first pulse",
    "write.passes": "several passes",
    "write.repeats": "reads of several repeats",
    "write.to_p": "a cell written to P",
    "write.to_ap": "a cell written to AP",
    "write.no_pulse": "a cell that needed no pulse",
    "write.one_pulse": "one that needed one",
    "write.several_pulses": "one that needed several",
    "write.all_pulses": "one that was given every step",
    "write.first_ok": "a cell in its window at the first read of a pass",
    "write.retried": "a pass after the first that gave pulses",
    "write.failed": "WRITE_FAILED above 0",
    "write.report_paused": "a report that was not taken at once",
    "write.stalled": "an array that was not ready in a command",
    "write.dropped": "a first attempt aborted or reset, and the command after it equal to the golden model",
}


def write_bins(geometry: Geometry) -> list[Bin]:
    """Bins of writing, the same for every chip."""
    table = {f"write.op_{name}": f"the operation {name}" for name in OPERATIONS}
    table |= {f"write.word_{kind.name.lower()}": f"a report word {kind.name}" for kind in ReportKind}
    table |= {f"write.outcome_{each.name.lower()}": f"a cell whose outcome is {each.name}" for each in Outcome}
    return make_bins(table | _TABLE)


def count_writes(job: ProgramJob, outcome: ProgramOutcome) -> dict[str, int]:
    """Hits of the bins of writing; none unless the run passed."""
    if not outcome.passed:
        return {}
    found: Counter[str] = Counter()
    writing, disturbance = job.chip.writing, job.disturbance
    for name, holds in (
        ("single", writing.single), ("together", not writing.single), ("read_first", writing.read_first),
        ("gated", writing.scheme == "gated"), ("passive", writing.scheme != "gated"),
        ("floating", writing.scheme == "floating"), ("passes", writing.passes > 1), ("repeats", writing.repeats > 1),
        ("report_paused", disturbance.result_pause > 0), ("stalled", disturbance.stall > 0),
        ("dropped", bool(disturbance.abort_after or disturbance.soft_reset_after or disturbance.reset_after)),
    ):  # fmt: skip
        found[f"write.{name}"] += int(holds)
    for command in job.commands:
        found[f"write.op_{command.op}"] += 1
    for failed in outcome.counters:
        found["write.failed"] += sum(count > 0 for count, _ in failed)
    for words in outcome.words:
        for word in words:
            _note_words(np.asarray(word, np.uint64), len(writing.widths), found)
    return {name: count for name, count in sorted(found.items()) if count}


def _note_words(words: np.ndarray, steps: int, found: Counter[str]) -> None:
    fields = {
        name: (words >> np.uint64(field.low)) & np.uint64((1 << field.width) - 1) for name, field in REPORT_WORD.items()
    }
    for kind in ReportKind:
        found[f"write.word_{kind.name.lower()}"] += int((fields["kind"] == kind).sum())
    cells = fields["kind"] == ReportKind.PROGRAM
    outcome, pulses, target = (fields[name][cells] for name in ("outcome", "pulses", "target"))
    for each in Outcome:
        found[f"write.outcome_{each.name.lower()}"] += int((outcome == each).sum())
    written = (outcome == Outcome.OK) & (pulses > 0)
    found["write.to_p"] += int((written & (target == 1)).sum())
    found["write.to_ap"] += int((written & (target == 0)).sum())
    found["write.no_pulse"] += int((pulses == 0).sum())
    found["write.one_pulse"] += int((pulses == 1).sum())
    found["write.several_pulses"] += int(((pulses > 1) & (pulses < steps)).sum())
    found["write.all_pulses"] += int((pulses >= steps).sum())
    found["write.first_ok"] += int(fields["first_ok"][cells].sum())
    found["write.retried"] += int(((pulses > 0) & (fields["stage"][cells] % 0x40 > 0)).sum())
