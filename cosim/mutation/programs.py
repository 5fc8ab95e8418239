# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload in which programs are random word by word: what no compiler writes, but the chip allows.

Every field of every instruction, segment, threshold and layer word takes any legal value: addresses that wrap around,
segments that overlap, run past the last row or drive none, broken sequences of replicas, emits of any stride. What
they give is defined in the docstrings of the blocks, but it is no network: mutants are held against the design itself.
"""

from __future__ import annotations

import numpy as np
from spintile.model.geometry import LAYER, SEGMENT, THRESHOLD, Geometry, Opcode, encode, pack
from spintile.rtl.activation_memory import half_words

from .script import Script

__all__ = ["add_long_loop", "add_many_segments", "add_programs", "add_scores"]

#: Most reads and emits of a layer, loops counted out.
_STEPS = 40


def add_programs(script: Script, dies: tuple[int, ...], generator: np.random.Generator, count: int) -> None:
    """Run random programs, a few images each; every third one is first dropped by a soft reset."""
    geometry = script.geometry
    for number in range(count):
        whole = number % 4 == 0
        script.do("die", dies[number % len(dies)])
        _fill_memories(script, generator, whole)
        layers = _layers(geometry, generator)
        _load(script, layers, generator)
        beats = half_words(geometry) if whole else 1 + int(generator.integers(half_words(geometry)))
        script.write("BEATS", beats)
        _settings(script, generator, number)
        script.do("pauses", *(int(generator.integers(160)) if number % 2 else 0 for _ in range(5)))
        if number % 3 == 2:
            _dropped(script, generator, beats)
        first = int(generator.integers(1 << 32))
        script.write("IMAGE_INDEX", first)
        script.control("enable", "clear_counters")
        script.images(_images(generator, 3, beats, geometry.word_bits))
        script.do("results", 3)
        script.do("idle", 20)
        script.read("STATUS", "CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT")
        script.control()
        script.do("pauses", 0, 0, 0, 0, 0)


def add_scores(script: Script, dies: tuple[int, ...], generator: np.random.Generator, count: int) -> None:
    """Output layers of many scores of one size: nearly equal ones, equal ones, and far apart ones."""
    geometry = script.geometry
    script.write("ADC_BITS", geometry.adc_bits)
    script.write("LAYERS", 1)
    script.write("BEATS", 1)
    script.fields("REPAIR", mode=0)
    script.write("SETTLE", 0)
    script.do("settle", 0)
    groups = 3
    for number in range(count):
        script.do("die", dies[number % len(dies)])
        words = []
        for group in range(groups):
            fields = {"output_first": int(group == 0), "output_last": int(group == groups - 1)}
            emit = {"threshold": group, "lanes": geometry.pairs, "output": 1, "binary": int(number % 5 == 4)}
            words += [*_reads(geometry, generator, 1), encode(Opcode.EMIT, **emit, **fields)]
        _load(script, [[*words, encode(Opcode.END)]], generator)
        centre = _sized(generator, geometry.acc_bits) * int(generator.choice([-1, 1]))
        spread = 1 << int(generator.integers(1, geometry.acc_bits))
        for group in range(groups):
            near = centre + generator.integers(-spread, spread, geometry.pairs)
            limit = (1 << geometry.acc_bits) - 1
            lanes = [pack(THRESHOLD, value=value, invert=0) for value in np.clip(near, -limit, limit).tolist()]
            script.write("THRESHOLD", *lanes, index=group)
        script.write("IMAGE_INDEX", int(generator.integers(1 << 32)))
        script.control("enable")
        script.images(_images(generator, 4, 1, geometry.word_bits))
        script.do("results", 4)
        script.do("idle", 20)
        script.control()


def add_long_loop(script: Script) -> None:
    """A loop of nearly as many passes as there can be, and what the counters say of it."""
    end = encode(Opcode.EMIT, lanes=1, output=1, output_first=1, output_last=1)
    read = encode(Opcode.READ, segments=1, first=1, last=1)
    words = [encode(Opcode.LOOP, count=0x8003), encode(Opcode.NEXT), read, end, encode(Opcode.END)]
    halves = [half for word in words for half in (word & 0xFFFFFFFF, word >> 32)]
    script.write("INSTRUCTION", *halves)
    script.write("LAYER", 0)
    script.write("LAYERS", 1)
    script.write("BEATS", 1)
    script.control("enable", "clear_counters")
    script.do("image", 0x1234)
    script.do("results", 1)
    script.do("idle", 20)
    script.read("STATUS", "CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT")
    script.control()


def add_many_segments(script: Script, die: int, generator: np.random.Generator) -> None:
    """Reads of up to 100 segments of a few rows, each row driven by the last that says so."""
    geometry = script.geometry
    script.do("die", die)
    for count in (17, 20, 33, 50, 65, min(100, geometry.segment_depth)):
        segments = [
            pack(SEGMENT, offset=int(generator.integers(32)), length=1, row=row % geometry.rows) for row in range(count)
        ]
        script.write("SEGMENT", *segments)
        read = encode(Opcode.READ, segments=count, first=1, last=1, kernel=int(generator.integers(geometry.kernels)))
        emit = encode(Opcode.EMIT, lanes=geometry.pairs, output=1, output_first=1, output_last=1)
        _load(script, [[read, emit, encode(Opcode.END)]], generator)
        script.write("BEATS", 1)
        script.control("enable")
        script.images(_images(generator, 6, 1, geometry.word_bits))
        script.do("results", 6)
        script.do("idle", 20)
        script.read("STATUS")
        script.control()


def _dropped(script: Script, generator: np.random.Generator, beats: int) -> None:
    """Images that a soft reset drops on their way."""
    script.do("quiet", 1)
    script.control("enable")
    script.images(_images(generator, 2, beats, script.geometry.word_bits))
    script.do("idle", int(generator.integers(20, 400)))
    script.control("soft_reset")
    script.do("drop")
    script.do("idle", 20)
    script.do("quiet", 0)
    script.read("STATUS")


def _images(generator: np.random.Generator, count: int, beats: int, bits: int) -> list[list[int]]:
    words = generator.integers(0, 1 << bits, (count, beats), dtype=np.uint64)
    return [[int(word) for word in image] for image in words]


def _half_words(geometry: Geometry) -> int:
    return -(-geometry.activation_depth // geometry.word_bits)


def _sized(generator: np.random.Generator, bits: int) -> int:
    """A number of any size up to so many bits."""
    return int(generator.integers(1 << int(generator.integers(1, bits + 1))))


def _settings(script: Script, generator: np.random.Generator, number: int) -> None:
    """Registers of converters and repair, and offsets, any value that is legal."""
    geometry = script.geometry
    constant = geometry.adc_bits + geometry.fraction_bits + 5
    bits = geometry.adc_bits - number % geometry.adc_bits
    settle = int(generator.integers(4)) if number % 5 else _sized(generator, 8)
    script.write("ADC_BITS", bits)
    script.write("SETTLE", settle)
    script.do("settle", settle)
    mode = int(generator.integers(4)) if bits > 1 else 0
    script.fields("REPAIR", mode=mode, strict=int(generator.integers(2)))
    for name in ("PEAK", "DIFFERENCE", "MARGIN_BASE", "MARGIN_ROW"):
        script.write(name, _sized(generator, constant))
    script.write("PAIR_SUM", *(_sized(generator, constant) for _ in range(geometry.pairs)))
    reach = 1 << geometry.adc_bits
    script.write("OFFSET", *generator.integers(-reach, reach, geometry.cols).tolist())
    if number % 2:
        lanes = -(-geometry.cols // 32)
        for kernel in range(geometry.kernels):
            script.write("FLAG", *generator.integers(0, 1 << 32, lanes).tolist(), index=kernel)


def _fill_memories(script: Script, generator: np.random.Generator, whole: bool) -> None:
    """Segments and thresholds, all of them or a few."""
    geometry = script.geometry
    count = geometry.segment_depth if whole else geometry.segment_depth // 8
    first = int(generator.integers(geometry.segment_depth - count + 1))
    script.write("SEGMENT", *(_segment(geometry, generator) for _ in range(count)), index=first)
    count = geometry.threshold_depth if whole else geometry.threshold_depth // 8
    first = int(generator.integers(geometry.threshold_depth - count + 1))
    for index in range(first, first + count):
        script.write("THRESHOLD", *(_threshold(geometry, generator) for _ in range(geometry.pairs)), index=index)


def _segment(geometry: Geometry, generator: np.random.Generator) -> int:
    row = _any(generator, SEGMENT["row"].width, geometry.rows)
    length = _any(generator, SEGMENT["length"].width, geometry.word_bits + 1)
    return pack(SEGMENT, offset=int(generator.integers(1 << SEGMENT["offset"].width)), length=length, row=row)


def _any(generator: np.random.Generator, bits: int, usual: int) -> int:
    """A value of a field: one in eight anything that fits."""
    return int(generator.integers(1 << bits if generator.random() < 0.125 else usual))


def _threshold(geometry: Geometry, generator: np.random.Generator) -> int:
    value = _sized(generator, geometry.acc_bits)
    value = -value if generator.random() < 0.5 else value
    return pack(THRESHOLD, value=value, invert=int(generator.integers(2)))


def _layers(geometry: Geometry, generator: np.random.Generator) -> list[list[int]]:
    """Words of each layer's program, as many layers as there is room for."""
    count = 1 + int(generator.integers(geometry.layer_limit))
    room = geometry.instruction_depth // count
    return [_layer(geometry, generator, room, layer == count - 1) for layer in range(count)]


def _layer(geometry: Geometry, generator: np.random.Generator, room: int, output: bool) -> list[int]:
    """Groups of reads and an emit, some of them in loops; the last layer ends in a group whose emit gives a result."""
    words: list[int] = []
    opened, passes, steps = 0, [1], 0
    while len(words) + opened < room - 18 and steps < _STEPS:
        choice = generator.random()
        if choice < 0.3 and opened < geometry.loop_depth and passes[-1] < 8:
            count = 1 + int(generator.integers(4))
            words.append(encode(Opcode.LOOP, count=count))
            if opened + 1 < geometry.loop_depth and generator.random() < 0.3:
                words += [encode(Opcode.LOOP, count=1 + _sized(generator, 9)), _next(generator)]
            passes.append(passes[-1] * count)
            opened += 1
        elif choice < 0.55 and opened:
            words.append(_next(generator))
            passes.pop()
            opened -= 1
        else:
            reads = 1 + int(generator.integers(4))
            words += [*_reads(geometry, generator, reads), _emit(geometry, generator)]
            steps += (reads + 1) * passes[-1]
    words += [_next(generator) for _ in range(opened)]
    if output:
        groups = 1 + int(generator.integers(2))
        for group in range(groups):
            fields = {"output_first": int(group == 0), "output_last": int(group == groups - 1)}
            binary = int(generator.random() < 0.25)
            words += [*_reads(geometry, generator, 1), _emit(geometry, generator, output=1, binary=binary, **fields)]
    return [*words, encode(Opcode.END)]


def _next(generator: np.random.Generator) -> int:
    steps = generator.integers(-(1 << 15), 1 << 15, 2).tolist()
    return encode(Opcode.NEXT, source_step=steps[0], destination_step=steps[1])


def _reads(geometry: Geometry, generator: np.random.Generator, count: int) -> list[int]:
    """Reads of one accumulation."""
    copies = generator.random() < 0.4
    words = []
    for place in range(count):
        segments = 1 + _any(generator, 4, 3)
        words.append(
            encode(
                Opcode.READ,
                kernel=int(generator.integers(geometry.kernels)),
                segment=int(generator.integers(geometry.segment_depth - segments)),
                segments=segments,
                source=int(generator.integers(1 << 16)),
                plane=_any(generator, 4, 3),
                first=int(place == 0),
                last=int(place == count - 1),
                replica=int(generator.integers(4)) if copies else 0,
                flagged=int(generator.integers(2)),
            )
        )
    return words


def _emit(geometry: Geometry, generator: np.random.Generator, **fields: int) -> int:
    bits = 1 + int(generator.integers(geometry.activation_bits))
    return encode(
        Opcode.EMIT,
        threshold=int(generator.integers(geometry.threshold_depth - (1 << bits) + 2)),
        destination=int(generator.integers(1 << 16)),
        lanes=1 + int(generator.integers(geometry.pairs)),
        bits=bits,
        plane_stride=int(generator.integers(1 << 16)),
        pool_first=int(generator.random() < 0.6),
        pool_last=int(generator.random() < 0.6),
        **fields,
    )


def _load(script: Script, layers: list[list[int]], generator: np.random.Generator) -> None:
    """The layers' programs at a random place, in a random order."""
    geometry = script.geometry
    free = geometry.instruction_depth - sum(map(len, layers))
    place = int(generator.integers(free + 1))
    table = [0] * len(layers)
    for layer in generator.permutation(len(layers)).tolist():
        halves = [half for word in layers[layer] for half in (word & 0xFFFFFFFF, word >> 32)]
        script.write("INSTRUCTION", *halves, index=place)
        ordinal = int(generator.integers(1 << LAYER["ordinal"].width))
        table[layer] = pack(LAYER, start=place, ordinal=ordinal)
        place += len(layers[layer])
    script.write("LAYER", *table)
    script.write("LAYERS", len(layers))
