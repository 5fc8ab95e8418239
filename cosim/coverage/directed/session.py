# SPDX-License-Identifier: BSD-3-Clause
"""A chip with a job in it for the directed runs: events count only after their answer was checked."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from spintile.rtl.registers import register_map

from ...compiled import CompiledEngine, EngineError, Library, Outcome
from ...compiled.session import load_engine, run_shape
from ...compiled.verdict import compare_batch
from ...job import CosimJob
from ...loading import program_writes
from ..coverage import coverage_bins

__all__ = ["DirectedSession"]


class DirectedSession:
    """One engine, the job that it must be able to do after everything, and the bins that were hit.

    Parameters
    ----------
    library : Library
        The periphery of the job's geometry.
    job : CosimJob
        Of one die, of images of at least two words, without pauses.
    """

    def __init__(self, library: Library, job: CosimJob) -> None:
        self.job = job
        self.map = register_map(job.geometry)
        self.engine: CompiledEngine = load_engine(library, job)
        self.engine.set_die(job.at_pins, 0)
        self.stream = job.stream(job.images)
        self.record = job.golden()
        self.hits: Counter[str] = Counter()
        self.names = {entry.name for entry in coverage_bins(job.geometry)}

    def hit(self, name: str, holds: bool, what: str) -> None:
        """Count a bin whose answer is the right one; EngineError if it is not."""
        if not holds:
            raise EngineError(f"{name}: {what}")
        self.hits[name] += 1

    def field(self, register: str, name: str) -> int:
        """Read one field of a register."""
        found = next(entry for entry in self.map.register(register).fields if entry.name == name)
        return (self.engine.read(register) & found.mask) >> found.low

    def fields(self, register: str, **values: int) -> None:
        """Write a register with these fields as given and the others 0."""
        table = {entry.name: entry for entry in self.map.register(register).fields}
        self.engine.write(register, sum(int(value) << table[name].low for name, value in values.items()))

    def reload(self) -> None:
        """Write the job's program and settings again."""
        job = self.job
        self.engine.write_all(program_writes(job.loaded, job.at_pins, job.repair, job.settle_cycles, job.geometry))

    def infer(self, **settings: Any) -> Outcome:
        """Run all images and compare every stage with the golden model; EngineError if anything differs."""
        engine = self.engine
        engine.write("IMAGE_INDEX", self.job.first_index)
        engine.control("enable", "clear_counters")
        outcome = engine.run(self.stream, run_shape(self.job), first_index=self.job.first_index, **settings)
        comparison = compare_batch(outcome, self.record, self.job, 0, self.job.first_index)
        if outcome.error or comparison.first is not None:
            raise EngineError(outcome.error or str(comparison.first))
        engine.expect_idle()
        engine.control()
        return outcome

    def send(self, count: int = 2) -> None:
        """Put images on the stream; they are taken when this returns."""
        self.engine.feed(self.stream[np.arange(count) % len(self.stream)])
