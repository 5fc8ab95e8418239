# SPDX-License-Identifier: BSD-3-Clause
"""Write controller: goes over kernels, passes and rows, pulses, verifies, and reports every cell."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.hdl import ValueLike
from amaranth.lib import stream
from amaranth.lib.enum import Enum
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import (
    MAINTENANCE_IMAGE,
    MAINTENANCE_ORDINAL,
    REFERENCE_ATTEMPT,
    Geometry,
    ReportKind,
    WriteOp,
)

from ..tokens import codes_token, kernel_shape, rows_token
from .column_scan import ColumnScan
from .tokens import ATTEMPT, ROW, pulse_token, report_token, write_settings, write_step

__all__ = ["State", "WriteController"]


class State(Enum, shape=4):  # type: ignore[call-arg]  # amaranth's Enum takes a shape
    """Where the controller is; the paths between are drawn at :class:`WriteController`."""

    IDLE = 0
    BEGIN = 1
    ISSUE = 2
    CONVERT = 3
    SCAN = 4
    DECIDE = 5
    REPORT = 6
    TAKE = 7
    ROW = 8
    TARGET = 9
    AIM = 10
    PULSE = 11
    NEXT = 12


class WriteController(Component):
    """Programs, reads or characterises a region: one pulse or one read at a time, each begun when the last is over.

    A command is one to four *parts* per kernel, numbered by the upper two bits of the stage: 0 PROGRAM, 1 READ, and for
    a characterisation 2 PROGRAM and 3 READ again with the other state. A part, with its states in capitals::

        BEGIN -> ISSUE -> CONVERT -> SCAN -> TAKE ---------------> ISSUE    reference reads, as many as repeats
                                              |
                    +-------------------------+
                    v
        next row: ROW -> TARGET -+-> ISSUE ... SCAN -> TAKE -----> ISSUE    READ: as many reads as repeats
                    ^            |                      +-> NEXT
                    |            +-> AIM <-> PULSE -> ISSUE ... SCAN -> DECIDE    PROGRAM: towards P, towards
                    |                 ^                                  |        AP, verify
                    |                 +--- cells pending, steps left ----+
                    |                                                    v
                    +------ NEXT <------------------------- TAKE <--- REPORT    words of the row

    ``NEXT`` leads to the next row, to ``BEGIN`` of the next pass, part or kernel, or to ``IDLE``. The codes of a read
    stay in the read path until ``TAKE``: a row's words are made from its last verify read without storing it.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    begin : In(1)
        A command begins; only while ``idle``.
    number : In(16)
        Its number, valid with ``begin``.
    settings : In(write_settings)
        What it does; stable until ``idle``.
    row_targets : In(cols)
        The word of the target memory for ``kernel`` and ``row`` of the cycle before.
    step : In(write_step)
        The entry of the step table for ``toward_p`` and ``attempt`` of the cycle before.
    kernel, row : Out
        Where the controller is.
    toward_p, attempt : Out(1), Out(5)
        Direction and number of the step that is next or under way.
    rows : Out(stream of rows_token)
        Reads: one row, or none for a reference.
    codes : In(stream of codes_token)
        Their codes; taken when they are not needed any more.
    pulse : Out(stream of pulse_token)
        Pulses. ``ready`` must mean that none is under way.
    words : Out(stream of report_token)
        The report. While it is not taken, the controller stands; never during a pulse.
    failed, pulses : Out(32), Out(32)
        The registers ``WRITE_FAILED`` and ``WRITE_PULSES``.
    idle : Out(1)
        No command is under way.
    abort : In(1)
        Drops the command: idle in the next cycle.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "begin": In(1),
                "number": In(16),
                "settings": In(write_settings()),
                "row_targets": In(geometry.cols),
                "step": In(write_step()),
                "kernel": Out(kernel_shape(geometry)),
                "row": Out(ROW),
                "toward_p": Out(1),
                "attempt": Out(ATTEMPT),
                "rows": Out(stream.Signature(rows_token(geometry))),
                "codes": In(stream.Signature(codes_token(geometry))),
                "pulse": Out(stream.Signature(pulse_token(geometry))),
                "words": Out(stream.Signature(report_token())),
                "failed": Out(32),
                "pulses": Out(32),
                "idle": Out(1),
                "abort": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """State machine, the counters of its loops, and one bit of each kind for every cell of the row."""
        m = Module()
        settings, cols = self.settings, self.geometry.cols
        m.submodules.scan = scan = ColumnScan(self.geometry)
        result = scan.results.payload

        state = Signal(State)
        command = Signal(16)
        part = Signal(2)  # upper bits of the stage; bit 0 says READ
        pass_number = Signal(6)
        repeat = Signal(5)
        attempt = self.attempt  # steps of the schedule that this row has seen
        reference = Signal()  # no row is driven
        first_read = Signal()  # the verify read is the first of its row
        pulsed = Signal()  # in this pass
        pass_failed = Signal(range(self.geometry.rows * cols + 1))
        target = Signal(cols)
        pending = Signal(cols)
        first_ok = Signal(cols)
        to_pulse = Signal(cols)  # cells that this step has yet to pulse in its direction
        toward_p = self.toward_p

        reading = part[0]
        all_p = Signal()
        repeat_last = Signal()
        pass_last = Signal()
        row_last = Signal()
        kernel_last = Signal()
        part_last = Signal()
        region = Signal(cols)
        cells = Signal(cols)
        first_part = Signal(2)
        m.d.comb += [
            all_p.eq((settings.op == WriteOp.PROGRAM_P) | ((settings.op == WriteOp.CHARACTERISE) & ~part[1])),
            repeat_last.eq(~reading | (repeat + 1 >= settings.repeats)),
            pass_last.eq(~pulsed | (pass_number + 1 >= settings.passes)),
            row_last.eq(self.row >= settings.rows.last),
            kernel_last.eq(self.kernel >= settings.kernels.last),
            part_last.eq((settings.op != WriteOp.CHARACTERISE) | (part == 3)),
            region.eq(
                Cat(settings.cols.first <= col for col in range(cols))
                & Cat(1, (settings.cols.last >= col for col in range(1, cols)))
            ),
            cells.eq(Mux(settings.single, to_pulse & -to_pulse, to_pulse)),
            first_part.eq(settings.op == WriteOp.READ),
            self.idle.eq(state == State.IDLE),
        ]

        # Results of a scan: to the report, or to the row's bits.
        reporting = Signal()
        verifying = Signal()
        done = Signal()
        bit = Signal(cols)
        m.d.comb += [
            reporting.eq((state == State.REPORT) | (reading & repeat_last)),
            verifying.eq((state == State.SCAN) & ~reading & ~reference & scan.results.valid),
            self.words.valid.eq(scan.results.valid & reporting),
            scan.results.ready.eq(~reporting | self.words.ready),
            done.eq(scan.results.valid & scan.results.ready & result.last),
            bit.eq(1 << result.col),
            # A cell that verifies has had a pulse in every step so far, and gets no more.
            scan.mark.payload.eq(attempt),
            scan.mark.valid.eq(verifying & result.ok & (pending & bit).any()),
        ]
        with m.If(verifying & result.ok):
            m.d.sync += pending.eq(pending & ~bit)
            with m.If(first_read):
                m.d.sync += first_ok.eq(first_ok | bit)
        with m.If((state == State.REPORT) & scan.results.valid & scan.results.ready & ~result.ok):
            m.d.sync += pass_failed.eq(pass_failed + 1)

        def go(following: ValueLike) -> Value:
            return state.eq(following)

        with m.Switch(state):
            with m.Case(State.IDLE), m.If(self.begin):
                m.d.sync += [command.eq(self.number), self.kernel.eq(settings.kernels.first), part.eq(first_part)]
                m.d.sync += [pass_number.eq(0), self.failed.eq(0), self.pulses.eq(0), go(State.BEGIN)]
            with m.Case(State.BEGIN):
                m.d.sync += [self.row.eq(settings.rows.first), repeat.eq(0), reference.eq(1)]
                m.d.sync += [pulsed.eq(0), pass_failed.eq(0), go(State.ISSUE)]
            with m.Case(State.ISSUE):
                m.d.comb += self.rows.valid.eq(1)
                with m.If(self.rows.ready):
                    m.d.sync += go(State.CONVERT)
            with m.Case(State.CONVERT), m.If(self.codes.valid):
                m.d.comb += scan.start.eq(1)
                m.d.sync += go(State.SCAN)
            with m.Case(State.SCAN), m.If(done):
                m.d.sync += go(Mux(reading | reference, State.TAKE, State.DECIDE))
            with m.Case(State.DECIDE):
                m.d.sync += first_read.eq(0)
                with m.If(pending.any() & (attempt < settings.steps)):
                    m.d.comb += self.codes.ready.eq(1)
                    m.d.sync += [toward_p.eq(1), go(State.AIM)]
                with m.Else():
                    m.d.comb += scan.start.eq(1)
                    m.d.sync += go(State.REPORT)
            with m.Case(State.REPORT), m.If(done):
                m.d.sync += go(State.TAKE)
            with m.Case(State.TAKE):
                m.d.comb += self.codes.ready.eq(1)
                m.d.sync += [repeat.eq(Mux(repeat_last, 0, repeat + 1)), reference.eq(reference & ~repeat_last)]
                m.d.sync += go(Mux(~repeat_last, State.ISSUE, Mux(reference, State.ROW, State.NEXT)))
            with m.Case(State.ROW):
                m.d.sync += go(State.TARGET)
            with m.Case(State.TARGET):
                every = all_p.replicate(cols)
                m.d.sync += target.eq(Mux(settings.op == WriteOp.PROGRAM_TARGETS, self.row_targets, every))
                m.d.sync += [pending.eq(region), first_ok.eq(0), first_read.eq(1)]
                m.d.sync += [attempt.eq(0), toward_p.eq(1)]
                look_first = reading | (pass_number != 0) | settings.read_first
                m.d.sync += go(Mux(look_first, State.ISSUE, State.AIM))
            with m.Case(State.AIM):
                m.d.sync += [to_pulse.eq(pending & Mux(toward_p, target, ~target)), go(State.PULSE)]
            with m.Case(State.PULSE):
                more = to_pulse.any()
                m.d.comb += self.pulse.valid.eq(more)
                with m.If(more & self.pulse.ready):
                    m.d.sync += [to_pulse.eq(to_pulse & ~cells), pulsed.eq(1), self.pulses.eq(self.pulses + 1)]
                with m.Elif(~more & toward_p):
                    m.d.sync += [toward_p.eq(0), go(State.AIM)]
                with m.Elif(~more & self.pulse.ready):
                    m.d.sync += [attempt.eq(attempt + 1), go(State.ISSUE)]
            with m.Case(State.NEXT):
                with m.If(~row_last):
                    m.d.sync += [self.row.eq(self.row + 1), go(State.ROW)]
                with m.Elif(~reading & ~pass_last):
                    m.d.sync += [pass_number.eq(pass_number + 1), go(State.BEGIN)]
                with m.Else():
                    m.d.sync += [pass_number.eq(0), self.failed.eq(self.failed + pass_failed)]
                    m.d.sync += go(Mux(part_last & kernel_last, State.IDLE, State.BEGIN))
                    with m.If(~part_last):
                        m.d.sync += part.eq(part + 1)
                    with m.Elif(~kernel_last):
                        m.d.sync += [self.kernel.eq(self.kernel + 1), part.eq(first_part)]
        with m.If(self.abort):
            m.d.sync += go(State.IDLE)

        # What the blocks around are asked for.
        read, stage = self.rows.payload, Cat(pass_number, part)
        m.d.comb += [
            scan.codes.eq(self.codes.payload.codes),
            scan.first.eq(settings.cols.first),
            scan.last.eq(settings.cols.last),
            scan.opening.eq(repeat == 0),
            scan.reference.eq(reference),
            scan.targets.eq(target),
            scan.windows.eq(settings.windows),
            scan.abort.eq(self.abort),
            self.pulse.payload.kernel.eq(self.kernel),
            self.pulse.payload.row.eq(self.row),
            self.pulse.payload.cols.eq(cells),
            self.pulse.payload.toward_p.eq(toward_p),
            self.pulse.payload.level.eq(self.step.level),
            self.pulse.payload.width.eq(self.step.width),
            read.rows.eq(Mux(reference, 0, 1 << self.row)),
            read.count.eq(~reference),
            read.kernel.eq(self.kernel),
            read.tag.image.eq(Cat(stage, command, Const(MAINTENANCE_IMAGE >> 24, 8))),
        ]
        ordinal = {
            "kernel": self.kernel,
            "row": Mux(reference, repeat, self.row),
            "attempt": Mux(reference, REFERENCE_ATTEMPT, Mux(reading, repeat, attempt)),
        }
        m.d.comb += [
            read.tag.ordinal[field.low : field.low + field.width].eq(ordinal[name])
            for name, field in MAINTENANCE_ORDINAL.items()
        ]
        # 0 while there is no word: waves read more easily, and nothing inside hangs on the wires of the port.
        word = self.words.payload.word
        with m.If(self.words.valid):
            m.d.comb += [
                word.value.eq(Mux(reference, result.total, result.difference)),
                word.col.eq(result.col),
                word.row.eq(Mux(reference, 0, self.row)),
                word.kernel.eq(self.kernel),
                word.target.eq(Mux(reading, all_p, result.target)),
                word.first_ok.eq(~reading & (first_ok & bit).any()),
                word.outcome.eq(Mux(reading, 0, result.outcome)),
                word.pulses.eq(Mux(reading, 0, Mux((pending & bit).any(), attempt, result.mark))),
                word.stage.eq(stage),
                word.kind.eq(Mux(reading, Mux(reference, ReportKind.REFERENCE, ReportKind.READ), ReportKind.PROGRAM)),
                self.words.payload.last.eq(
                    result.last & row_last & part_last & kernel_last & Mux(reading, ~reference, pass_last)
                ),
            ]
        return m
