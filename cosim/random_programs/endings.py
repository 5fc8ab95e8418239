# SPDX-License-Identifier: BSD-3-Clause
"""How programs end, each with what must be seen of it and the way back."""

from __future__ import annotations

from collections.abc import Callable

from spintile.model.golden import Record

from ..job import CosimJob
from .case import EndingKind, Program
from .commands import command
from .comparators import loose, stuck
from .host import Host, Wrong
from .interruptions import half_write, reset, soft_reset, waits
from .recovery import run_again
from .wrong_input import bad_program, bad_setting, misplaced_last, reckless

__all__ = ["run_to_its_end"]


def run_to_its_end(host: Host, job: CosimJob, program: Program) -> None:
    """Run a program that is loaded, to its end; raises Wrong, or EngineError, at the first thing that must not be."""
    _WAYS[program.ending.kind](host, job, program, job.golden())


def _finish(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """All images come through, whatever the host does meanwhile."""
    host.control("enable", "clear_counters")
    due = host.registers.due(program.traffic)
    started = any(each.kind == "start" for each in program.traffic) and any(
        each.access.address == host.registers.map.address("WRITE_COMMAND") and not each.response for each in due
    )
    outcome = host.stream(job, program, due=due)
    host.expect(outcome.error)
    if started and not host.engine.read("WRITE_STATUS") & 2:
        raise Wrong("a command that was started while images run must be refused, and was not")
    host.check(outcome, job, record)
    host.read_back()
    run_again(host, job, program, record)


_WAYS: dict[EndingKind, Callable[[Host, CosimJob, Program, Record], None]] = {
    "finish": _finish,
    "soft_reset": soft_reset,
    "reset": reset,
    "early_last": misplaced_last,
    "late_last": misplaced_last,
    "bad_setting": bad_setting,
    "bad_program": bad_program,
    "reckless": reckless,
    "stuck": stuck,
    "loose": loose,
    "not_ready": waits,
    "no_taker": waits,
    "half_write": half_write,
    "command": command,
}
