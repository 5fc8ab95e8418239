# SPDX-License-Identifier: BSD-3-Clause
"""Program memory: instructions, segments and thresholds, written by the host and read by the blocks that use them."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import THRESHOLD, Geometry

from .register_file import WindowRead, window_write
from .registers import register_map
from .tokens import THRESHOLD_ADDRESS, Flow, threshold_word

__all__ = ["ProgramMemory"]


class ProgramMemory(Component):
    """Three memories with one write port and one read port each. Nothing in them is reset.

    Of a threshold only the ``acc_bits + 1`` bits that an accumulator is compared with and the invert bit are stored.

    Members
    -------
    instruction, segment, threshold : In(Flow of window_write)
        Writes of the host. An instruction is stored with its high word, lane 1, which follows its low word.
    instruction_read, segment_read, threshold_read : In(WindowRead)
        Reads of the host, which go before those below. A threshold's value comes with the sign that is stored.
    instruction_address, instruction_word : In(12), Out(64)
        Address in cycle t, word in cycle t+1; so for the other two.
    segment_address, segment_word : In(10), Out(32)
        Segments.
    threshold_address, threshold_word : In(12), Out(threshold_word)
        Thresholds of all lanes, packed as ``geometry.THRESHOLD``.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        registers = register_map(geometry)
        windows = {name: registers.window(name.upper()) for name in ("instruction", "segment", "threshold")}
        super().__init__(
            {
                **{name: In(Flow(window_write(window))) for name, window in windows.items()},
                **{f"{name}_read": In(WindowRead(window)) for name, window in windows.items()},
                "instruction_address": In(12),
                "instruction_word": Out(64),
                "segment_address": In(10),
                "segment_word": Out(32),
                "threshold_address": In(THRESHOLD_ADDRESS),
                "threshold_word": Out(threshold_word(geometry)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Memories and their wiring."""
        m = Module()
        geometry = self.geometry

        m.submodules.instructions = instructions = Memory(shape=64, depth=geometry.instruction_depth, init=[])
        port, reader = instructions.write_port(), instructions.read_port()
        low = Signal(32)
        with m.If(self.instruction.valid & ~self.instruction.payload.lane):
            m.d.sync += low.eq(self.instruction.payload.data)
        m.d.comb += [
            port.addr.eq(self.instruction.payload.group),
            port.data.eq(Cat(low, self.instruction.payload.data)),
            port.en.eq(self.instruction.valid & self.instruction.payload.lane),
            reader.addr.eq(Mux(self.instruction_read.valid, self.instruction_read.group, self.instruction_address)),
            self.instruction_word.eq(reader.data),
            self.instruction_read.data.eq(reader.data.word_select(self.instruction_read.lane, 32)),
        ]

        m.submodules.segments = segments = Memory(shape=32, depth=geometry.segment_depth, init=[])
        port, reader = segments.write_port(), segments.read_port()
        m.d.comb += [
            port.addr.eq(self.segment.payload.group),
            port.data.eq(self.segment.payload.data),
            port.en.eq(self.segment.valid),
            reader.addr.eq(Mux(self.segment_read.valid, self.segment_read.group, self.segment_address)),
            self.segment_word.eq(reader.data),
            self.segment_read.data.eq(reader.data),
        ]

        value_bits = geometry.acc_bits + 1
        lane_bits = value_bits + 1
        lanes = ArrayLayout(unsigned(lane_bits), geometry.pairs)
        m.submodules.thresholds = thresholds = Memory(shape=lanes, depth=geometry.threshold_depth, init=[])
        lane_port, lane_reader = thresholds.write_port(granularity=1), thresholds.read_port()
        written = self.threshold.payload.data
        packed = Cat(written[:value_bits], written[THRESHOLD["invert"].low])
        host = self.threshold_read
        m.d.comb += [
            lane_port.addr.eq(self.threshold.payload.group),
            lane_reader.addr.eq(Mux(host.valid, host.group, self.threshold_address)),
            host.data.eq(Value.cast(self.threshold_word).word_select(host.lane, 32)),
        ]
        for lane in range(geometry.pairs):
            m.d.comb += [
                lane_port.data[lane].eq(packed),
                lane_port.en[lane].eq(self.threshold.valid & (self.threshold.payload.lane == lane)),
                self.threshold_word[lane].eq(
                    Cat(
                        lane_reader.data[lane][:value_bits],
                        lane_reader.data[lane][value_bits - 1].replicate(THRESHOLD["value"].width - value_bits),
                        lane_reader.data[lane][value_bits],
                    )
                ),
            ]
        return m
