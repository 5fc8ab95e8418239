# SPDX-License-Identifier: BSD-3-Clause
"""Mutants of the RTL as a part of ``spintile verify``: the campaign, its lines in the report, what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import Progress

if TYPE_CHECKING:
    from spintile.model.geometry import Geometry

#: Least share of the mutants not proved equivalent that must be killed.
LEAST_KILLED = 0.95
#: The same of those in the data path.
LEAST_IN_DATA_PATH = 0.98


def run_mutants(
    geometry: Geometry, count: int, *, folder: Path, seed: int, jobs: int, progress: Progress
) -> dict[str, Any]:
    """Run a campaign; what ``mutation.json`` of the folder holds, and ``holds``.

    Parameters
    ----------
    geometry : Geometry
        The chip's.
    count : int
        Mutants.
    folder : Path
        A campaign that was ended there goes on.
    seed, jobs, progress
        As everywhere.
    """
    from spintile.cosim.mutation import run_campaign

    progress("mutants", 0.0, "building")
    campaign = run_campaign(
        geometry,
        count,
        seed=seed,
        out=folder,
        jobs=jobs,
        progress=lambda done, total: progress("mutants", done / total, f"{done:,} of {total:,}"),
    )
    holds = campaign.score >= LEAST_KILLED and campaign.data_path_score >= LEAST_IN_DATA_PATH
    return {**campaign.as_dict(), "holds": holds}


def mutant_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Rows of a table: each block's mutants killed, equivalent, survived."""
    return [
        (block, *(f"{counts.get(outcome, 0):,}" for outcome in ("killed", "equivalent", "survived")))
        for block, counts in report["blocks"].items()
    ]


def mutant_failure(report: Mapping[str, Any]) -> str:
    """One line: what does not hold, and the first survivor."""
    first = report["survivors"][0]["text"] if report["survivors"] else "none"
    where, least, score = "", LEAST_KILLED, report["score"]
    if score >= least:
        where, least, score = " in the data path", LEAST_IN_DATA_PATH, report["data_path_score"]
    return f"mutants killed{where} must be at least {least:.0%}, not {score:.1%}; the first survivor: {first}"
