# SPDX-License-Identifier: BSD-3-Clause
"""What a verification shows besides equal values: properties of the blocks, and functional coverage of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...console import Progress
from ..steps import read_record, write_record
from .campaign import Finding, verification_source

if TYPE_CHECKING:
    from spintile.cosim.coverage import Coverage
    from spintile.model.geometry import Geometry

__all__ = ["check_provers", "coverage_of", "prove_properties"]


def check_provers() -> None:
    """Look for what proofs need, before long work starts; MissingTool says what to install."""
    from spintile.cosim.formal import find_solver
    from spintile.cosim.tools import find_yosys, require

    require(find_yosys())
    require(find_solver())


def prove_properties(*, jobs: int, progress: Progress, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Prove every stated property, or those of some sets: how many there are and how many are proved, set by set.

    Parameters
    ----------
    jobs : int
        Processes.
    progress : Progress
    names : sequence of str, optional
        Sets of properties; all of them without.
    """
    from spintile.cosim.proofs import PROOFS, ProofRecord, count_properties, prove_all

    title = "properties"
    total = len(PROOFS if names is None else names)
    done: list[str] = []

    def tell(record: ProofRecord) -> None:
        done.append(record.name)
        progress(title, min(0.999, len(done) / total), f"{len(done)} of {total} sets")

    progress(title, 0.0)
    records = prove_all(names, jobs=jobs, progress=tell)
    counts = count_properties(records)
    progress(title, 1.0, f"{counts['proved']:,} of {counts['total']:,} proved")
    return {**counts, "blocks": [record.as_dict() for record in records]}


def coverage_of(
    findings: Sequence[Finding], geometry: Geometry, folder: Path, *, seed: int, close: bool, progress: Progress
) -> dict[str, Any] | None:
    """Functional coverage of all runs together, kept in ``coverage.json`` too; None where no run collects any.

    Parameters
    ----------
    findings : sequence of Finding
    geometry : Geometry
        Of the chip that names the bins.
    folder : Path
        The run folder.
    seed : int
        Of the runs that close it.
    close : bool
        Also run what reaches the bins that ordinary runs do not; then every bin must be hit or waived.
    progress : Progress
    """
    counts = [unit.coverage for finding in findings if finding.task.stage.name != "golden" for unit in finding.units]
    if not counts and not close:
        return None
    from spintile.cosim.coverage import Coverage

    coverage, error = Coverage.of(geometry, counts), ""
    if close:
        from spintile.cosim.coverage.directed import DirectedRunError

        try:
            coverage.merge(_closing_runs(geometry, folder, seed, progress))
        except DirectedRunError as failure:
            error = str(failure)
    coverage.save(folder / "coverage.json")
    return {**coverage.summary(), "required": close, "error": error}


def _closing_runs(geometry: Geometry, folder: Path, seed: int, progress: Progress) -> Coverage:
    """What directed runs reach, from an earlier run of the same code or from now."""
    from spintile.cosim.coverage import Coverage
    from spintile.cosim.coverage.directed import close_coverage

    title, path = "coverage", folder / "units" / "coverage.json"
    key = {"source": verification_source(), "geometry": geometry.as_dict(), "seed": seed}
    record = read_record(path) if path.is_file() else None
    if record is not None and record.get("key") == key:
        progress(title, 1.0, "known")
        return Coverage.of(geometry, [record["hits"]])
    progress(title, 0.0)
    found = close_coverage(
        geometry,
        seed=seed,
        progress=lambda done, total: progress(title, min(0.999, done / total), f"{done} of {total} directed runs"),
    )
    progress(title, 1.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_record(path, {"key": key, "hits": dict(found.hits)})
    return found
