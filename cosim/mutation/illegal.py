# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload in which every rule about programs and registers is broken, one at a time."""

from __future__ import annotations

from collections.abc import Iterator

from spintile.model.geometry import INSTRUCTIONS, LAYER, Geometry, Opcode, encode, pack
from spintile.rtl.activation_memory import half_words

from .script import Script

__all__ = ["add_illegal", "beyond"]

_READ = {"segments": 1, "first": 1, "last": 1}
_EMIT = {"lanes": 1, "bits": 1, "pool_first": 1, "pool_last": 1}
_END = encode(Opcode.END)


def add_illegal(script: Script) -> None:
    """Programs and registers that must be reported, and their neighbours that must not."""
    geometry = script.geometry
    script.write("ADC_BITS", 2)
    script.write("SETTLE", 0)
    script.do("settle", 0)
    script.write("LAYERS", 1)
    script.write("BEATS", 1)
    for words, start in _programs(geometry):
        halves = [half for word in words for half in (word & 0xFFFFFFFF, word >> 32)]
        script.write("INSTRUCTION", _END, 0)
        if start < geometry.instruction_depth:
            script.write("INSTRUCTION", *halves, index=start)
        script.write("LAYER", pack(LAYER, start=start, ordinal=0))
        _attempt(script)
    script.write("INSTRUCTION", _END, 0)
    script.write("LAYER", 0)
    for name, legal, values in (
        ("ADC_BITS", 2, (0, *range(geometry.adc_bits, 1 << geometry.adc_bits.bit_length()))),
        ("LAYERS", 1, (0, *range(geometry.layer_limit, 16))),
        ("BEATS", 1, (0, half_words(geometry) + 1, *(1 << bit for bit in range(16)))),
    ):
        for value in values:
            script.write(name, value)
            _attempt(script)
        script.write(name, legal)


def _attempt(script: Script) -> None:
    """Offer an image of one word, see what is said of it, drop everything."""
    script.control("enable")
    script.do("words", 1, 0x5A)
    script.do("idle", 24)
    script.read("STATUS")
    script.control()
    script.do("drop")
    script.control("soft_reset")
    script.read("STATUS")


def _programs(geometry: Geometry) -> Iterator[tuple[list[int], int]]:
    """Words and where they start; the first instruction of the memory, where a faulty chip may go on, is legal."""
    for opcode in sorted(set(range(8)) - {int(opcode) for opcode in INSTRUCTIONS}):
        yield [opcode, _END], 3
    for kernel in beyond(geometry.kernels - 1, 8):
        yield [encode(Opcode.READ, kernel=kernel, **_READ), _END], 3
    yield [encode(Opcode.READ, **{**_READ, "segments": 0}), _END], 3
    for bit in range(7):
        yield [encode(Opcode.READ, **{**_READ, "segments": 1 << bit, "last": 0}), _END], 3
    for lanes in (0, *beyond(geometry.pairs, 7)):
        yield [encode(Opcode.READ, **_READ), encode(Opcode.EMIT, **{**_EMIT, "lanes": lanes}), _END], 3
    for bits in (0, *beyond(geometry.activation_bits, 3)):
        yield [encode(Opcode.READ, **_READ), encode(Opcode.EMIT, **{**_EMIT, "bits": bits}), _END], 3
    # The last emit of an image that gives a result needs no bits.
    yield [encode(Opcode.READ, **_READ), encode(Opcode.EMIT, lanes=1, output=1, output_first=1), _END], 3
    step = encode(Opcode.NEXT)
    for count in (0, *(1 << bit for bit in range(4))):
        yield [encode(Opcode.LOOP, count=count), step, _END], 3
    for depth in range(1, geometry.loop_depth + 2):
        loops = [encode(Opcode.LOOP, count=2)] * depth
        yield [*loops, *[step] * depth, _END], 3
        yield [*loops, *[step] * (depth - 1), _END], 3
        yield [*loops, *[step] * (depth + 1), _END], 3
    # Past the end of the memory.
    last = geometry.instruction_depth - 1
    yield [encode(Opcode.LOOP, count=1)], last
    for bit in range(LAYER["start"].width):
        if 1 << bit > last:
            yield [], 1 << bit


def beyond(largest: int, bits: int) -> list[int]:
    """The largest legal value of a field and values above it: the next one, and each that a bit more makes."""
    above = {largest + 1, *(largest | 1 << bit for bit in range(bits)), *(1 << bit for bit in range(bits))}
    return [largest, *sorted(value for value in above if largest < value < 1 << bits)]
