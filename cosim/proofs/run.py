# SPDX-License-Identifier: BSD-3-Clause
"""Runs the proofs: every property set settled, and none of them about nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..formal import find_solver, prove, reach
from ..tools import find_yosys, require
from .catalogue import PROOFS

__all__ = ["ProofRecord", "count_properties", "prove_all", "prove_one"]

ENGINE = "k-induction (Yosys, Z3)"


@dataclass(frozen=True)
class ProofRecord:
    """What became of one property set.

    Parameters
    ----------
    name : str
        Of the proof, as in ``PROOFS``.
    block : str
        Block of ``spintile.rtl`` that it is foremost about.
    kind : str
        ``safety``, ``progress``, ``function`` or ``protocol``.
    geometry : str
        Chip on which it was proved.
    properties : tuple of str
        Claims.
    assumptions : tuple of str
        What was assumed of the surroundings.
    depth : int
        Cycles of the induction that closed; of the search, if none did.
    engine : str
        What settled it.
    proved : bool
        Every claim holds in every cycle of every run, and every cover was reached.
    covers : tuple of str
        Runs that must exist, so that the claims are not about nothing.
    reason : str
        One line; empty if proved.
    seconds : float
        Time that it took, when it was not in the cache.
    """

    name: str
    block: str
    kind: str
    geometry: str
    properties: tuple[str, ...]
    assumptions: tuple[str, ...]
    depth: int
    engine: str
    proved: bool
    covers: tuple[str, ...]
    reason: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For a report: fields by name, tuples as lists."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def prove_one(name: str, *, limit: float = 300.0, cache: Path | None = None) -> ProofRecord:
    """Prove one property set of ``PROOFS``, and look for runs that reach its covers.

    Parameters
    ----------
    name : str
        Of the proof.
    limit : float
        Time limit of each of the two [s].
    cache : Path, optional
        Where verdicts are kept, by hash of the design and of the tools' versions.

    Raises
    ------
    MissingTool
        If there is no Yosys or no Z3.
    ValueError
        If there is no such proof.
    RuntimeError
        If Yosys or the solver fails; one line.
    """
    if name not in PROOFS:
        raise ValueError(f"proof must be one of {', '.join(PROOFS)}, not {name!r}")
    proof = PROOFS[name]
    verdict = prove(proof.properties(), depth=proof.depth, limit=limit, cache=cache)
    proved, reason, seconds = verdict.status == "proved", verdict.reason, verdict.seconds
    covers: tuple[str, ...] = ()
    if proved:
        cover = reach(proof.small_properties(), depth=proof.covered, limit=limit, cache=cache)
        covers, seconds = (*cover.reached, *cover.missed), seconds + cover.seconds
        if cover.missed:
            proved, reason = False, f"no run of {proof.covered} cycles reaches {', '.join(cover.missed)}"
    return ProofRecord(
        name=name,
        block=proof.blocks[0],
        kind=proof.kind,
        geometry=proof.geometry.name,
        properties=verdict.claims,
        assumptions=verdict.assumptions,
        depth=verdict.depth,
        engine=ENGINE,
        proved=proved,
        covers=covers,
        reason=reason,
        seconds=seconds,
    )


def prove_all(
    names: Sequence[str] | None = None,
    *,
    jobs: int = 1,
    limit: float = 300.0,
    cache: Path | None = None,
    progress: Callable[[ProofRecord], None] | None = None,
) -> tuple[ProofRecord, ...]:
    """Prove every property set, or those named, in the order of ``PROOFS`` whatever the jobs.

    Parameters
    ----------
    names : sequence of str, optional
        Proofs; all of them without.
    jobs : int
        Processes, at least 1.
    limit, cache
        As for :func:`prove_one`.
    progress : callable, optional
        Called with each record as it comes.

    Raises
    ------
    MissingTool, ValueError, RuntimeError
        As :func:`prove_one`; before anything is run if a tool is missing or a name unknown.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    wanted = list(PROOFS) if names is None else list(dict.fromkeys(names))
    for unknown in set(wanted) - set(PROOFS):
        raise ValueError(f"proof must be one of {', '.join(PROOFS)}, not {unknown!r}")
    require(find_yosys())
    require(find_solver())
    records = {}
    for record in _records(wanted, jobs, limit, cache):
        records[record.name] = record
        if progress is not None:
            progress(record)
    return tuple(records[name] for name in PROOFS if name in records)


def count_properties(records: Iterable[ProofRecord]) -> dict[str, int]:
    """``proved`` and ``total`` claims of some proofs."""
    found = list(records)
    return {
        "proved": sum(len(record.properties) for record in found if record.proved),
        "total": sum(len(record.properties) for record in found),
    }


def _records(names: Sequence[str], jobs: int, limit: float, cache: Path | None) -> Iterator[ProofRecord]:
    """Records as they come, of one process or several."""
    if jobs == 1 or len(names) < 2:
        for name in names:
            yield prove_one(name, limit=limit, cache=cache)
        return
    with ProcessPoolExecutor(min(jobs, len(names)), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(prove_one, name, limit=limit, cache=cache) for name in names]
        for done in as_completed(waiting):
            yield done.result()
