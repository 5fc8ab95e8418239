# SPDX-License-Identifier: BSD-3-Clause
"""What breaks off or never comes: resets, an array that is not ready, results that nobody takes, half a write."""

from __future__ import annotations

from spintile.model.golden import Record

from ..compiled import BusAccess, Interference, access_table
from ..compiled.interference import FOREVER
from ..job import CosimJob
from ..loading import RegisterWrite
from .case import Program
from .host import Host, Wrong
from .recovery import ARRAY_ERROR, BUSY, come_back, enough_cycles, only_hangs, run_again

__all__ = ["half_write", "reset", "soft_reset", "waits"]


def soft_reset(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """A soft reset in the middle: registers and memories stay."""
    host.control("enable", "clear_counters")
    only_hangs(host.stream(job, program, deadline=program.ending.cycle))
    come_back(host, job, program, record)


def reset(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """``rst`` in the middle, register accesses under way too: memories stay."""
    host.control("enable", "clear_counters")
    due = host.registers.due(program.traffic)
    accesses = Interference(accesses=access_table([each.access for each in due]))
    only_hangs(host.stream(job, program, deadline=program.ending.cycle, interference=accesses))
    host.reset()
    if program.ending.again:
        host.load(job, memories=False)
        host.run(job, program, record)


def waits(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """The array is never ready again, or nobody takes results: the chip waits, says that it is busy, and answers.

    With a limit to its wait for the array it gives up: lines rest, and it says so.
    """
    ending = program.ending
    held = (ending.cycle, FOREVER)
    array = ending.kind == "not_ready"
    most = 1 + ending.data % 300 if array and ending.place % 2 else 0
    usual = host.engine.read("READY_LIMIT")
    host.write_all([RegisterWrite("READY_LIMIT", [most])])
    interference = Interference(ready_held=held if array else (0, 0), results_held=(0, 0) if array else held)
    host.control("enable", "clear_counters")
    limit = ending.cycle + enough_cycles(job)
    outcome = host.stream(job, program, patience=limit, deadline=limit, quiet=True, interference=interference)
    only_hangs(outcome)
    if outcome.results < len(job.images):
        if not outcome.error:
            raise Wrong("the chip must wait, and did not")
        host.expect_status([BUSY | ARRAY_ERROR if most else BUSY], "while the chip waits")
        if most:
            host.expect_rest()
        if not array:
            word = host.engine.peek("result__tdata")
            host.engine.read("STATUS")
            if not host.engine.peek("result__tvalid") or host.engine.peek("result__tdata") != word:
                raise Wrong("a result must stand until it is taken, and did not")
    host.write_all([RegisterWrite("READY_LIMIT", [usual])])
    come_back(host, job, program, record)


def half_write(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """A write whose data, or address, never comes: images and reads go on; it ends with its other half, or by rst."""
    ending, engine = program.ending, host.engine
    address_first = ending.place % 2 == 0
    address = host.registers.map.address("WRITE_ROWS")
    word = ending.data & 0x3F3F
    access = BusAccess(
        True,
        address,
        word,
        cycle=ending.cycle,
        address_delay=0 if address_first else 1 << 30,
        data_delay=1 << 30 if address_first else 0,
    )
    host.control("enable", "clear_counters")
    interference = Interference(accesses=access_table([access]))
    limit = max(ending.cycle + 200, enough_cycles(job))
    outcome = host.stream(job, program, deadline=limit, quiet=True, interference=interference)
    only_hangs(outcome)
    host.compare(outcome, job, record)
    host.expect_status([0], "when all images are through")
    host.read_back()
    if ending.data % 3 == 0:
        host.reset()
        if ending.again:
            host.load(job, memories=False)
            host.run(job, program, record)
        return
    half = "w" if address_first else "aw"
    engine.poke("s_axi__wdata" if address_first else "s_axi__awaddr", word if address_first else address)
    engine.poke("s_axi__wstrb", 0xF)
    engine.poke(f"s_axi__{half}valid", 1)
    engine.idle(1)
    engine.poke(f"s_axi__{half}valid", 0)
    engine.idle(3)
    if not engine.peek("s_axi__bvalid") or engine.peek("s_axi__bresp"):
        raise Wrong("a write must be answered with OKAY when its other half has come, and was not")
    engine.poke("s_axi__bready", 1)
    engine.idle(1)
    engine.poke("s_axi__bready", 0)
    host.registers.note(address, word)
    host.control()
    host.read_back()
    run_again(host, job, program, record)
