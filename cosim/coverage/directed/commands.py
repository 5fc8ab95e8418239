# SPDX-License-Identifier: BSD-3-Clause
"""Directed runs of the write controller's commands: refusals, aborts, a report that nobody takes. Reads only."""

from __future__ import annotations

import numpy as np
from spintile.model.geometry import REPEATS_LIMIT, WRITE_STEPS, WriteOp

from ...compiled import BusAccess, EngineError, Interference, access_table
from ...compiled.outcome import RunShape
from .session import DirectedSession

__all__ = ["run_commands"]

_OPTIONS = {"steps": 1, "repeats": 1, "passes": 1}
_REGION = ("kernels", "rows", "cols")
_PATIENCE = 2000


def run_commands(session: DirectedSession) -> None:
    """Every start that must be refused, every way for a command to end early, and one that is done."""
    engine = session.engine
    for name in ("STEP_P", "STEP_AP"):
        engine.write(name, 1 << 12)  # level 0, one cycle: legal, and never given
    _refused(session)
    _ended_early(session)
    engine.poke("report__tready", 1)
    _start(session)
    words = _drain(session)
    wanted = _cells(session) + session.job.geometry.cols
    session.hit("command.recovery", words == wanted, f"a read must report {wanted} words, not {words}")
    session.reload()
    session.infer()


def _start(session: DirectedSession, op: int = WriteOp.READ, bits: int | None = None, **changes: int) -> None:
    """Start a command, a read of a whole kernel but for the changes: ``kernels_first``, ``steps``, ..."""
    geometry = session.job.geometry
    lines = {"kernels": 0, "rows": geometry.rows - 1, "cols": geometry.cols - 1}
    for name in _REGION:
        first, last = changes.get(f"{name}_first", 0), changes.get(f"{name}_last", lines[name])
        session.fields(f"WRITE_{name.upper()}", first=first, last=last)
    session.fields("WRITE_OPTIONS", **{name: changes.get(name, value) for name, value in _OPTIONS.items()})
    session.engine.write("ADC_BITS", geometry.adc_bits if bits is None else bits)
    session.fields("WRITE_COMMAND", start=1, op=op)


def _cells(session: DirectedSession) -> int:
    return session.job.geometry.rows * session.job.geometry.cols


def _drain(session: DirectedSession) -> int:
    """Take the report until the command is over; returns its words."""
    before = session.engine.handshakes()["report.taken"]
    for _ in range(_PATIENCE):
        if not session.field("WRITE_STATUS", "busy"):
            return session.engine.handshakes()["report.taken"] - before
        session.engine.idle(20)
    raise EngineError("command must be over, and is not")


def _refused(session: DirectedSession) -> None:
    geometry, engine = session.job.geometry, session.engine
    sizes = {"kernels": geometry.kernels, "rows": geometry.rows, "cols": geometry.cols}
    wrong: dict[str, dict[str, int]] = {"op": {"op": max(WriteOp) + 1}, "one_bit": {"bits": 1}}
    for name, size in sizes.items():
        wrong[f"{name}_order"] = {f"{name}_first": 1, f"{name}_last": 0}
        if f"command.{name}_beyond" in session.names:
            wrong[f"{name}_beyond"] = {f"{name}_last": size}
    wrong |= {"steps_zero": {"op": WriteOp.PROGRAM_P, "steps": 0}, "repeats_zero": {"repeats": 0}}
    wrong |= {"steps_beyond": {"op": WriteOp.PROGRAM_P, "steps": WRITE_STEPS + 1}}
    wrong |= {"repeats_beyond": {"repeats": REPEATS_LIMIT + 1}, "passes_zero": {"op": WriteOp.PROGRAM_P, "passes": 0}}
    wrong |= {"step_empty": {"op": WriteOp.PROGRAM_P, "steps": 2}}
    for name, changes in wrong.items():
        _start(session, **changes)
        told = session.field("WRITE_STATUS", "configuration_error"), session.field("WRITE_STATUS", "busy")
        session.hit(f"command.{name}", told == (1, 0), f"WRITE_STATUS must tell of a configuration error, not {told}")
    engine.write("ADC_BITS", session.job.image.adc_bits)
    engine.control("enable")
    session.fields("WRITE_COMMAND", start=1, op=WriteOp.READ)
    session.hit("command.refused_enabled", session.field("WRITE_STATUS", "refused") == 1, "must be refused")
    engine.control()
    engine.poke("report__tready", 0)
    _start(session)
    session.fields("WRITE_COMMAND", start=1, op=WriteOp.READ)
    session.hit("command.refused_busy", session.field("WRITE_STATUS", "refused") == 1, "must be refused")
    engine.poke("report__tready", 1)
    _drain(session)


def _ended_early(session: DirectedSession) -> None:
    engine = session.engine
    for name, ready, after in (("abort_read", 1, 40), ("abort_waiting", 0, 400)):
        engine.poke("report__tready", ready)
        _start(session)
        engine.idle(after)
        session.fields("WRITE_COMMAND", abort=1)
        engine.idle(2)
        rests = not engine.peek("array__select") and not engine.peek("array__row_mode")
        engine.poke("report__tready", 1)
        _drain(session)
        aborted = session.field("WRITE_STATUS", "aborted")
        session.hit(f"command.{name}", rests and aborted == 1, "every line must rest and WRITE_STATUS say aborted")
    limit = engine.read("READY_LIMIT")
    engine.write("READY_LIMIT", 30)
    _start(session)
    # A read of a register holds the run, which has no images, until the limit is long past.
    last = access_table([BusAccess(False, session.map.address("STATUS"), cycle=150)])
    not_ready = Interference(accesses=last, ready_held=(0, 140))
    engine.run(np.zeros((0, 1), np.uint64), RunShape((), ()), interference=not_ready)
    rests = not engine.peek("array__select") and not session.field("WRITE_STATUS", "busy")
    told = [session.field("STATUS", "array_error"), session.field("WRITE_STATUS", "aborted")]
    _start(session)
    told.append(session.field("WRITE_STATUS", "refused"))
    what = f"every line must rest, the error be told and the next command be refused, not {told}"
    session.hit("command.array_error", rests and told == [1, 1, 1], what)
    engine.control("soft_reset")
    engine.write("READY_LIMIT", limit)
    _start(session)
    engine.idle(40)
    engine.control("soft_reset")
    engine.idle(4)
    rests = not engine.peek("array__select") and not session.field("WRITE_STATUS", "busy")
    session.hit("command.soft_reset", rests, "every line must rest and no command run after a soft reset")
