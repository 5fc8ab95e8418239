# SPDX-License-Identifier: BSD-3-Clause
"""Request unit: performs each request on the chip exactly once, in the order of their numbers, and answers it."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, ResetInserter, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry
from spintile.rtl.axi_lite import ADDRESS_BITS

from .answer_writer import AnswerWriter
from .buffers import AnswerSlots, ReceivedFrame
from .chip_ports import ChipPorts
from .image_feeder import ImageFeeder
from .protocol import ANSWER_BYTES, LINK_VERSION, REQUEST_BYTES, Kind, Status
from .register_manager import RegisterManager
from .word_reader import WordReader

__all__ = ["RequestUnit"]

#: Cycles for which HELLO holds the chip in reset.
_RESET = 4
#: Bits of the counters of damaged frames and of repeated requests.
_COUNTER = 8


class RequestUnit(Component):
    """What it does with a frame is decided by session and number alone, before anything is looked at::

        HELLO                                   the chip is reset, the frame's session begins, the next number is 1
        of this session, the next number        performed, answered
        of this session, one of the last few    its answer is sent again
        anything else                           REJECT, with the session and the number that would be right

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    window : int
        Answers that are kept: a power of two.
    patience : int
        Cycles without a word taken or a result, after which images are given up.
    counters : bool
        Whether damaged frames and repeated requests are counted.

    Members
    -------
    frame : In(ReceivedFrame)
        Requests.
    slots : Out(AnswerSlots)
        Answers.
    chip : Out(ChipPorts)
        The chip.
    chip_reset : Out(1)
        The chip is held in reset.
    connected : Out(1)
        A session has begun.
    idle : Out(1)
        Nothing is under way, and no frame waits.
    """

    def __init__(self, geometry: Geometry, window: int, patience: int, counters: bool = True) -> None:
        self.geometry = geometry
        self.window = window
        self.patience = patience
        self.counters = counters
        super().__init__(
            {
                "frame": In(ReceivedFrame()),
                "slots": Out(AnswerSlots(window)),
                "chip": Out(ChipPorts(geometry)),
                "chip_reset": Out(1),
                "connected": Out(1),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """One machine; reading, answering and feeding have machines of their own."""
        m = Module()
        frame, slots, chip = self.frame, self.slots, self.chip
        word_bits = self.geometry.word_bits
        m.submodules.reader = reader = WordReader(max(32, word_bits))
        m.submodules.registers = registers = RegisterManager()
        m.submodules.answer = answer = AnswerWriter(self.window)
        feeder = ImageFeeder(self.geometry, self.patience)
        m.submodules.feeder = ResetInserter(self.chip_reset)(feeder)
        connect(m, registers.bus, flipped(chip.s_axi))
        connect(m, feeder.image, flipped(chip.image))
        connect(m, flipped(chip.result), feeder.result)
        connect(m, answer.slots, flipped(slots))

        kind, session, expected = Signal(3), Signal(16), Signal(8)
        address, count = Signal(ADDRESS_BITS), Signal(8)
        status = Signal(Status)
        rejected, damaged, from_frame = Signal(), Signal(), Signal()
        left_in_reset = Signal(range(_RESET))
        broken, repeated = Signal(_COUNTER), Signal(_COUNTER)
        word, top = reader.word, reader.word.payload[-32:]
        of_kind, sequence, of_session = top[:8], top[8:16], top[16:]
        slot_bits = self.window.bit_length() - 1
        next_slot = expected[:slot_bits]

        m.d.comb += [
            reader.data.eq(frame.data),
            frame.address.eq(reader.address),
            registers.write.eq(kind == Kind.WRITE),
            registers.address.eq(address),
            registers.value.eq(top),
            feeder.word.payload.eq(word.payload[-word_bits:]),
            feeder.beats.eq(address),
            chip.die.tdata.eq(top),
            chip.die.tlast.eq(address[0] & reader.last),
            answer.kind.eq(Mux(rejected, Kind.REJECT, kind)),
            answer.sequence.eq(expected),
            answer.session.eq(session),
            answer.status.eq(status),
            answer.slot.eq(Mux(rejected, self.window, next_slot)),
            self.connected.eq(session != 0),
        ]
        with m.Switch(kind):
            with m.Case(Kind.READ):
                m.d.comb += answer.data.eq(registers.data)
            with m.Case(Kind.IMAGES):
                m.d.comb += answer.data.eq(chip.result.tdata)
            with m.Case(Kind.STATE):
                m.d.comb += answer.data.eq(Cat(chip.loaded, chip.error, Const(0, 6), broken, repeated))
            with m.Default():
                hello = (LINK_VERSION, self.window, REQUEST_BYTES, ANSWER_BYTES)
                m.d.comb += answer.data.eq(int.from_bytes(bytes(hello), "little"))

        with m.If(frame.damaged):
            m.d.sync += damaged.eq(1)
            if self.counters:
                m.d.sync += broken.eq(broken + 1)

        def finish(with_status: Status) -> None:
            m.d.sync += status.eq(with_status)
            m.next = "FINISH"

        def reject(why: Status) -> None:
            m.d.sync += rejected.eq(1)
            finish(why)

        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += [self.idle.eq(~frame.valid & ~damaged), answer.clear.eq(1)]
                m.d.sync += [rejected.eq(0), from_frame.eq(frame.valid)]
                with m.If(frame.valid):
                    m.d.comb += reader.start.eq(1)
                    m.next = "LENGTH"
                with m.Elif(damaged):
                    m.d.sync += damaged.eq(0)
                    with m.If(~slots.queued[self.window]):
                        reject(Status.DAMAGED)
            with m.State("LENGTH"):
                m.d.comb += [reader.size.eq(1), word.ready.eq(1)]
                with m.If(word.valid):
                    m.d.comb += reader.limit.eq(1)
                    m.next = "DECIDE"
            with m.State("DECIDE"):
                m.d.comb += reader.size.eq(4)
                behind = (expected - sequence)[:8]
                ours = (of_session == session) & self.connected
                m.d.sync += kind.eq(Mux(of_kind[3:] == 0, of_kind, 0))
                with m.If(word.valid):
                    # HELLO waits until nothing of an earlier session is in a slot that is still to be sent.
                    with m.If(of_kind == Kind.HELLO), m.If(~slots.queued.any()):
                        m.d.comb += word.ready.eq(1)
                        m.d.sync += [session.eq(of_session), expected.eq(0), left_in_reset.eq(_RESET - 1)]
                        m.d.sync += [broken.eq(0), repeated.eq(0)]
                        m.next = "RESET"
                    with m.Elif(ours & (behind == 0)), m.If(~slots.queued.bit_select(next_slot, 1)):
                        m.d.comb += word.ready.eq(1)
                        m.next = "PERFORM"
                    with m.Elif(ours & (behind <= self.window)):
                        m.d.comb += [answer.slot.eq(sequence[:slot_bits]), answer.repeat.eq(1), frame.release.eq(1)]
                        if self.counters:
                            m.d.sync += repeated.eq(repeated + 1)
                        m.next = "IDLE"
                    with m.Elif(~slots.queued[self.window]):
                        reject(Status.OUT_OF_TURN)
                    with m.Else():
                        m.d.comb += frame.release.eq(1)
                        m.next = "IDLE"
            with m.State("RESET"):
                m.d.comb += self.chip_reset.eq(1)
                m.d.sync += left_in_reset.eq(left_in_reset - 1)
                with m.If(left_in_reset == 0):
                    m.next = "PERFORM"
            with m.State("PERFORM"):
                m.d.comb += feeder.start.eq(1)
                with m.Switch(kind):
                    with m.Case(Kind.HELLO, Kind.STATE):
                        m.d.comb += answer.put.eq(1)
                        with m.If(answer.done):
                            finish(Status.OK)
                    with m.Case(Kind.WRITE, Kind.READ):
                        m.next = "RUN"
                    with m.Case(Kind.DIE, Kind.IMAGES):
                        m.next = "ARGUMENT"
                    with m.Default():
                        finish(Status.MALFORMED)

            # WRITE and READ: runs of registers.
            with m.State("RUN"):
                m.d.comb += [reader.size.eq(4), word.ready.eq(1)]
                with m.If(word.valid):
                    m.d.sync += [address.eq(top), count.eq(top[24:])]
                    m.next = "NEXT"
                    with m.If(top[ADDRESS_BITS:24] != 0):
                        finish(Status.REFUSED)
                with m.Elif(reader.ended):
                    finish(Status.OK)
                with m.Elif(reader.short):
                    finish(Status.MALFORMED)
            with m.State("NEXT"):
                m.d.comb += reader.size.eq(Mux(registers.write, 4, 0))
                with m.If(count == 0):
                    m.next = "RUN"
                with m.Elif(registers.write & (reader.ended | reader.short)):
                    finish(Status.MALFORMED)
                with m.Elif(~registers.write | word.valid):
                    m.d.comb += registers.start.eq(1)
                    m.next = "ACCESS"
            with m.State("ACCESS"):
                m.d.comb += reader.size.eq(Mux(registers.write, 4, 0))
                with m.If(registers.answered):
                    with m.If(registers.error):
                        m.d.comb += registers.take.eq(1)
                        finish(Status.REFUSED)
                    with m.Elif(~registers.write & answer.full):
                        m.d.comb += [registers.take.eq(1), answer.put.eq(1)]
                        finish(Status.MALFORMED)
                    with m.Else():
                        m.d.comb += [
                            answer.put.eq(~registers.write),
                            registers.take.eq(registers.write | answer.done),
                            word.ready.eq(registers.write),
                        ]
                        with m.If(registers.take):
                            m.d.sync += [address.eq(address + 4), count.eq(count - 1)]
                            m.next = "NEXT"

            # DIE and IMAGES: words for a stream.
            with m.State("ARGUMENT"):
                m.d.comb += [reader.size.eq(2), word.ready.eq(1)]
                with m.If(word.valid):
                    m.d.sync += address.eq(word.payload[-16:])
                    m.next = "STREAM"
                    with m.If((kind == Kind.IMAGES) & ~chip.loaded):
                        finish(Status.NOT_LOADED)
                with m.Elif(reader.ended | reader.short):
                    finish(Status.MALFORMED)
            with m.State("STREAM"):
                with m.If(kind == Kind.DIE):
                    m.d.comb += [reader.size.eq(4), chip.die.tvalid.eq(word.valid), word.ready.eq(chip.die.tready)]
                with m.Else():
                    m.d.comb += [
                        reader.size.eq(word_bits // 8),
                        feeder.active.eq(1),
                        feeder.word.valid.eq(word.valid),
                        word.ready.eq(feeder.word.ready),
                    ]
                with m.If(feeder.has_result):
                    m.d.comb += [answer.put.eq(1), feeder.take_result.eq(answer.done)]
                    with m.If(answer.full):
                        finish(Status.MALFORMED)
                with m.Elif(feeder.stuck):
                    finish(Status.NO_PROGRESS)
                with m.Elif(reader.short):
                    finish(Status.MALFORMED)
                with m.Elif(reader.ended & feeder.all_answered):
                    finish(Status.OK)
            with m.State("FINISH"):
                m.d.comb += answer.finish.eq(1)
                with m.If(answer.done):
                    m.d.comb += frame.release.eq(from_frame)
                    m.d.sync += expected.eq(expected + Mux(rejected, 0, 1))
                    m.next = "IDLE"
        return m
