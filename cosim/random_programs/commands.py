# SPDX-License-Identifier: BSD-3-Clause
"""A command that reads cells, ended in the middle; the array may never be ready for it. No pulses: dies stay."""

from __future__ import annotations

import numpy as np
from spintile.model.geometry import LEVEL_BITS, WriteOp
from spintile.model.golden import Record

from ..compiled import BusAccess, Interference, access_table
from ..compiled.interference import FOREVER
from ..compiled.outcome import RunShape
from ..job import CosimJob
from ..loading import RegisterWrite
from .case import Program
from .host import Host, Wrong
from .recovery import run_again

__all__ = ["command"]

_START, _ABORT = 1, 2
#: Fields of WRITE_STATUS; an earlier refusal stays until a command is accepted.
_BUSY, _REFUSED, _CONFIGURATION, _ABORTED = 1, 2, 4, 8


def command(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """Started with the program loaded; ended by abort, soft reset or ``rst``; lines rest, and images are right."""
    ending, geometry = program.ending, job.geometry
    never = bool(ending.data & 1)
    address = host.registers.map.address("WRITE_COMMAND")
    host.write_all([RegisterWrite("WRITE_OPTIONS", [1 | (1 + ending.data % 3) << 8 | 1 << 16])])
    # A step of no width is illegal, whether it is used or not.
    host.write_all(RegisterWrite(name, [1 << LEVEL_BITS]) for name in ("STEP_P", "STEP_AP"))
    regions = (("KERNELS", geometry.kernels), ("ROWS", geometry.rows), ("COLS", geometry.cols))
    host.write_all(RegisterWrite(f"WRITE_{name}", [size - 1 << 8]) for name, size in regions)
    word = _START | WriteOp.READ << 4
    accesses = access_table([BusAccess(True, address, word), BusAccess(True, address, _ABORT, cycle=ending.cycle + 8)])
    aborted = ending.place % 3 == 0
    outcome = host.engine.run(
        np.zeros((0, 1), np.uint64),
        RunShape((), ()),
        deadline=ending.cycle + 100,
        interference=Interference(
            accesses=accesses if aborted else accesses[:1], ready_held=(0, FOREVER) if never else (0, 0)
        ),
    )
    host.expect(outcome.error)
    host.registers.note(address, _ABORT if aborted else word)
    illegal = job.image.adc_bits < 2
    if not aborted:
        host.engine.idle(ending.cycle)
    allowed = _allowed(illegal, aborted, never)
    host.engine.idle(4)
    found = host.engine.read("WRITE_STATUS")
    if found not in allowed:
        raise Wrong(f"WRITE_STATUS must be {' or '.join(map(str, allowed))} after a command, not {found}")
    if aborted or illegal:
        host.expect_rest()
        host.expect_status([0], "after an aborted command")
    elif ending.place % 3 == 1:
        host.soft_reset()
    else:
        host.reset()
        host.load(job, memories=False)
    run_again(host, job, program, record)


def _allowed(illegal: bool, aborted: bool, never: bool) -> list[int]:
    """What WRITE_STATUS may say of the command."""
    if illegal:
        return [_CONFIGURATION, _CONFIGURATION | _REFUSED]
    if aborted:
        return [_ABORTED] if never else [0, _ABORTED]
    return [_BUSY] if never else [0, _BUSY]
