# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the loop-back: codes are those of the registers, and without it nothing is changed."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, ResetSignal, Signal, Value
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry
from spintile.rtl.column_sense import ColumnSense
from spintile.rtl.loop_back import LoopBack
from spintile.rtl.pins import ConverterPins
from spintile.rtl.tokens import test_settings

from ...formal import Properties
from .conversion import conversion_left

__all__ = ["loop_back"]


class _Looped(Component):
    """Column sense and loop-back as the read path wires them."""

    def __init__(self, geometry: Geometry, block: type[LoopBack]) -> None:
        self._blocks = ColumnSense(geometry), block(geometry)
        sense = {name: part for name, part in self._blocks[0].signature.members.items() if name != "converter"}
        super().__init__({**sense, "array": Out(ConverterPins(geometry)), "settings": In(test_settings(geometry))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.sense, m.submodules.loop = sense, loop = self._blocks
        connect(m, sense.converter, loop.sense)
        connect(m, loop.array, flipped(self.array))
        connect(m, flipped(self.read), sense.read)
        connect(m, sense.codes, flipped(self.codes))
        connect(m, sense.trace, flipped(self.trace))
        m.d.comb += [
            loop.settings.eq(self.settings),
            sense.adc_bits.eq(self.adc_bits),
            sense.abort.eq(self.abort),
            *(getattr(self, name).eq(getattr(sense, name)) for name in ("busy", "waiting", "idle")),
        ]
        return m


def loop_back(geometry: Geometry, block: type[LoopBack] = LoopBack) -> Properties:
    """Every code of a conversion inside, of 1 to all bits, whatever comparators and ``ready`` of the array do."""
    properties = Properties(f"loop-back of {geometry.name}")
    opened = properties.block(_Looped(geometry, block))
    unit = opened.block
    array, settings, codes = unit.array, unit.settings, unit.settings.codes
    properties.steady("adc_bits", unit.adc_bits)
    properties.steady("settings", settings)
    sense = {name: opened[f"sense.converter__{name}"] for name in ConverterPins(geometry).members if name != "trial"}
    inside = settings.loop_back

    # Off: wires. On: the array sees what it always sees, and a sample only if it is ready.
    properties.claim("off_comparators_are_the_array_s", inside | (sense["comparator"] == array.comparator))
    properties.claim("off_ready_is_the_array_s", inside | (sense["ready"] == array.ready))
    properties.claim("on_it_is_always_ready", ~inside | sense["ready"])
    properties.claim("the_array_is_sampled_if_ready", array.sample == (sense["sample"] & array.ready))
    same = Value.cast(1)
    for name in ("phase", "strobe", "differential", "tag_image", "tag_ordinal"):
        same &= getattr(array, name) == sense[name]
    properties.claim("the_array_sees_every_trial", same)

    _, _, busy = conversion_left(properties, opened, geometry, "sense.")
    start, mask, last = (opened[f"sense.{name}"] for name in ("start", "mask", "last"))
    m = properties.module
    full_scale, undecided = (
        Signal(geometry.adc_bits, name="full_scale"),
        Signal(geometry.adc_bits + 1, name="undecided"),
    )
    m.d.comb += [
        full_scale.eq(Cat(start, 0) * 2 - 1),
        undecided.eq(Mux(last != 0, (last << 1) - 1, Mux(mask != 0, (mask << 1) - 1, 0))),
    ]
    single = sense["differential"]
    answering = busy & (last != 0)
    left = properties.past(opened["sense.leave"] & ~unit.abort & ~ResetSignal())
    for col in range(geometry.cols):
        target = Signal(geometry.adc_bits, name=f"target_{col}")
        plus = col - col % 2
        larger = codes[plus] >= codes[plus + 1]
        least = Mux(codes[col] > full_scale, full_scale, codes[col])
        m.d.comb += target.eq(Mux(single, ~larger if col % 2 else larger, least))
        trial = opened[f"sense.code_{col}"] | last
        right = sense["comparator"][col] == Mux(single, larger, codes[col] >= trial)
        counts = inside & answering & ~(single & (col % 2))
        properties.claim(f"column_{col}_answers_its_trial", ~counts | right)
        grown = opened[f"sense.code_{col}"] == (target & ~undecided)
        properties.claim(f"code_{col}_grows_to_its_target", ~(opened["sense.active"] & inside) | grown)
        shown = unit.codes.payload.codes[col] == target
        properties.claim(f"code_{col}_is_that_of_the_register", ~(left & inside) | shown)
    properties.cover("a_code_in_part_of_the_bits", left & inside & (unit.codes.payload.codes[1] == 1) & (codes[1] == 3))
    properties.cover("a_pair_of_one_bit", left & inside & single & unit.codes.payload.codes[1][0])
    properties.cover("codes_without_an_array", left & inside & ~array.ready & properties.past(~array.ready))
    return properties
