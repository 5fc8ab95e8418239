# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of memories: a word, any one, is what was written to it last, and is read when it is asked for."""

from __future__ import annotations

from typing import Any

from amaranth import Cat, Const, Mux, ResetSignal, Signal, Value
from amaranth.hdl import ValueLike
from spintile.model.geometry import THRESHOLD, Geometry
from spintile.rtl.flag_memory import FlagMemory
from spintile.rtl.program_memory import ProgramMemory
from spintile.rtl.twin.die_memory import DieMemory
from spintile.rtl.twin.layout import memory_depth
from spintile.rtl.writing.step_table import StepTable
from spintile.rtl.writing.target_memory import TargetMemory

from ...formal import Opened, Properties

__all__ = ["die_memory", "flag_memory", "program_memory", "step_table", "target_memory"]


def program_memory(geometry: Geometry, block: type[ProgramMemory] = ProgramMemory) -> Properties:
    """Any one instruction, segment and lane of a threshold; an instruction with the low word that came last."""
    properties = Properties(f"program memory of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    unit = opened.block
    at = properties.constant(12, "any_address")

    low = Signal(32, name="low_word")
    write = unit.instruction
    with m.If(write.valid & ~write.payload.lane):
        m.d.sync += low.eq(write.payload.data)
    stored = _word(properties, "instruction", write.valid & write.payload.lane & (write.payload.group == at),
                   Cat(low, write.payload.data))  # fmt: skip
    inside = at < geometry.instruction_depth
    properties.claim("the_low_word_waits_for_the_high_one", opened["low"] == low)
    properties.claim("an_instruction_is_kept", ~inside | (opened.word("instructions", at) == stored))
    asked = inside & ~unit.instruction_read.valid & (unit.instruction_address == at)
    _is_read(properties, "an_instruction_is", asked, unit.instruction_word, stored)
    _is_shown(properties, "instruction", unit.instruction_read, inside, at, stored)

    write, inside = unit.segment, at < geometry.segment_depth
    stored = _word(properties, "segment", write.valid & (write.payload.group == at), write.payload.data)
    properties.claim("a_segment_is_kept", ~inside | (opened.word("segments", at) == stored))
    asked = inside & ~unit.segment_read.valid & (unit.segment_address == at)
    _is_read(properties, "a_segment_is", asked, unit.segment_word, stored)
    _is_shown(properties, "segment", unit.segment_read, inside, at, stored, 0)

    write, inside = unit.threshold, at < geometry.threshold_depth
    lane = properties.constant(write.payload.lane.shape(), "any_lane")
    mine = write.valid & (write.payload.group == at) & (write.payload.lane == lane)
    stored = _word(properties, "threshold", mine, write.payload.data)
    value_bits, invert = geometry.acc_bits + 1, THRESHOLD["invert"].low
    kept = Cat(stored[:value_bits], stored[invert])
    lanes = opened.word("thresholds", at).word_select(lane, value_bits + 1)
    inside &= lane < geometry.pairs
    properties.claim("a_threshold_is_kept", ~inside | (lanes == kept))
    value = stored[:value_bits].as_signed()
    shown = Signal(32, name="shown")
    m.d.comb += [shown[: THRESHOLD["value"].width].eq(value), shown[invert].eq(stored[invert])]
    word = Value.cast(unit.threshold_word).word_select(lane, 32)
    read = unit.threshold_read
    asked = inside & Mux(read.valid, read.group == at, unit.threshold_address == at)
    _is_read(properties, "a_threshold_is", asked, word, shown)
    properties.claim("threshold_is_shown", (read.lane != lane) | ~inside | (read.data == word))
    return properties


def flag_memory(geometry: Geometry, block: type[FlagMemory] = FlagMemory) -> Properties:
    """The flags of any one kernel, in two lanes."""
    properties = Properties(f"flag memory of {geometry.name}")
    opened = properties.block(block(geometry))
    unit = opened.block
    at = properties.constant(unit.kernel.shape(), "any_kernel")
    properties.assume("kernel_exists", at < geometry.kernels)
    flags = _lanes(properties, opened, geometry, unit.write, at)
    asked = unit.enable & ~unit.read.valid & (unit.kernel == at)
    _is_read(properties, "flags_are", asked, unit.flags, flags)
    _is_shown(properties, "flag", unit.read, Const(1), at, flags)
    stands = properties.past(~unit.enable & ~unit.read.valid & ~ResetSignal())
    properties.claim("flags_stand_without_enable", ~stands | (unit.flags == properties.past(unit.flags)))
    properties.cover(
        "flags_of_the_last_kernel", (unit.flags == 1 << (geometry.cols - 1)) & (at == geometry.kernels - 1)
    )
    return properties


def target_memory(geometry: Geometry, block: type[TargetMemory] = TargetMemory) -> Properties:
    """The states of any one row: groups of the window are rows, kernel after kernel."""
    properties = Properties(f"target memory of {geometry.name}")
    opened = properties.block(block(geometry))
    unit = opened.block
    kernel, row = (properties.constant(getattr(unit, name).shape(), f"any_{name}") for name in ("kernel", "row"))
    properties.assume("row_exists", (kernel < geometry.kernels) & (row < geometry.rows))
    at = Signal(16, name="group_of_the_row")
    properties.module.d.comb += at.eq(kernel * geometry.rows + row)
    targets = _lanes(properties, opened, geometry, unit.write, at)
    asked = ~unit.read.valid & (unit.kernel == kernel) & (unit.row == row)
    _is_read(properties, "targets_are", asked, unit.targets, targets)
    _is_shown(properties, "target", unit.read, Const(1), at, targets)
    return properties


def step_table(geometry: Geometry, block: type[StepTable] = StepTable) -> Properties:
    """Any one entry, and whether a used one has no width; the host writes one entry in a cycle."""
    properties = Properties("step table")
    opened = properties.block(block())
    unit = opened.block
    number, direction = properties.constant(4, "any_number"), properties.constant(1, "any_direction")
    flows = (unit.step_ap, unit.step_p)
    properties.assume("one_entry_in_a_cycle", ~(flows[0].valid & flows[1].valid))
    written = Mux(direction, *(flow.valid & (flow.payload.index == number) for flow in reversed(flows)))
    values = [Cat(flow.payload.value.level, flow.payload.value.width) for flow in flows]
    entry = _word(properties, "entry", written, Mux(direction, values[1], values[0]))
    properties.claim("an_entry_is_kept", opened.word("entries", Cat(number, direction)) == entry)
    asked = (unit.number == number) & (unit.toward_p == direction)
    _is_read(properties, "an_entry_is", asked, Value.cast(unit.step), entry)

    width = entry[len(unit.step.level) :]
    given = Signal(name="given_since_reset")
    with properties.module.If(written):
        properties.module.d.sync += given.eq(1)
    usable = [opened["usable_ap"], opened["usable_p"]]
    known = Mux(direction, *(bits.bit_select(number, 1) for bits in reversed(usable)))
    properties.claim("a_width_of_zero_is_known", known == (given & (width != 0)))
    properties.claim("a_used_entry_without_width_is_told", unit.empty | known | (number >= unit.steps))
    lacking = [~bits[place] & (unit.steps > place) for bits in usable for place in range(16)]
    properties.claim("nothing_else_is_told", unit.empty == Cat(lacking).any())
    properties.cover("sixteen_steps", ~unit.empty & (unit.steps == 1) & (width == 7))
    return properties


def die_memory(geometry: Geometry, block: type[DieMemory] = DieMemory) -> Properties:
    """Any one word; the output stands while no other is asked for."""
    properties = Properties(f"die memory of {geometry.name}")
    opened = properties.block(block(geometry))
    unit = opened.block
    at = properties.constant(Value.cast(unit.address).shape(), "any_address")
    properties.assume("word_exists", at < memory_depth(geometry))
    write = unit.write
    mine = write.valid & (Value.cast(write.payload.address) == at)
    word = _word(properties, "stored", mine, Value.cast(write.payload.data))
    properties.claim("a_word_is_kept", opened.word("words", at) == word)
    _is_read(properties, "a_word_is", unit.enable & (Value.cast(unit.address) == at), Value.cast(unit.data), word)
    stands = properties.past(~unit.enable & ~ResetSignal())
    data = Value.cast(unit.data)
    properties.claim("the_output_stands_without_enable", ~stands | (data == properties.past(data)))
    return properties


def _word(properties: Properties, name: str, written: Value, data: Value) -> Signal:
    """What was written last, 0 before; reset leaves it, as it leaves memories."""
    word = Signal(len(data), name=f"{name}_word", reset_less=True)
    with properties.module.If(written):
        properties.module.d.sync += word.eq(data)
    return word


def _is_read(properties: Properties, name: str, asked: Value, output: Value, stored: Value) -> None:
    """In the cycle after it was asked for, the word is there; of a word written in that cycle, the one before."""
    there, before = properties.past(asked & ~ResetSignal()), properties.past(stored)
    properties.claim(f"{name}_read", ~there | (output == before))
    properties.cover(f"{name}_read_again", there & (output == before) & before[0] & before[-1])


def _is_shown(
    properties: Properties,
    name: str,
    read: Any,
    exists: Value,
    at: Value,
    stored: Value,
    lane: ValueLike | None = None,
) -> None:
    """The host reads the word too: the 32 bits of any lane, or those of the one lane that ``stored`` is."""
    asked = exists & read.valid & (read.group == at) & ~ResetSignal()
    before = properties.past(stored)
    shown = before.word_select(read.lane, 32) if lane is None else before
    if lane is not None:
        asked &= read.lane == lane
    stands = read.lane == properties.past(read.lane)
    properties.assume(f"lane_of_{name}_stands", ~properties.past(read.valid) | stands)
    there = properties.past(asked)
    properties.claim(f"{name}_is_shown", ~there | (read.data == shown))
    properties.cover(f"{name}_is_shown_again", there & (read.data == shown) & shown[0])


def _lanes(properties: Properties, opened: Opened, geometry: Geometry, write: Signal, at: Value) -> Value:
    """A word of all columns that is written in lanes of 32."""
    words = []
    for lane in range(-(-geometry.cols // 32)):
        width = min(32, geometry.cols - 32 * lane)
        mine = write.valid & (write.payload.group == at) & (write.payload.lane == lane)
        words.append(_word(properties, f"lane_{lane}", mine, write.payload.data[:width]))
        properties.claim(f"lane_{lane}_is_kept", opened.word(f"lane_{lane}", at) == words[-1])
    return Cat(words)
