# SPDX-License-Identifier: BSD-3-Clause
"""The program and the schedule say the same, read by read and emit by emit; what is no program is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_networks import fits, geometries, hidden, networks, output, shuffled
from spintile.model.geometry import LAYER, SEGMENT, Geometry, Opcode, decode, encode, pack, preset
from spintile.model.mapping import (
    Compiled,
    DoesNotFit,
    ExpandedEmit,
    ExpandedRead,
    MemoryLayout,
    Program,
    ProgramError,
    compile_network,
    interpret,
    place,
)
from spintile.model.network import Network

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def expected_steps(compiled: Compiled) -> list[ExpandedRead | ExpandedEmit]:
    """The schedule as reads and emits with addresses, worked out from the memory layout alone."""
    steps: list[ExpandedRead | ExpandedEmit] = []
    memory = MemoryLayout.of(compiled.network, compiled.geometry)
    order = list(range(compiled.network.input_shape[-1] if len(compiled.network.input_shape) == 3 else 1))
    words = 0
    layers = zip(compiled.network.layers, compiled.placement.layers, compiled.schedule.layers, strict=True)
    for index, (layer, placed, schedule) in enumerate(layers):
        source = memory.regions[index]
        rows = schedule.row_sources()
        channels = len(order)
        neurons = [neuron for group in placed.groups for neuron in group]
        for emit in range(schedule.emits):
            group, window = int(schedule.emit_group[emit]), int(schedule.emit_window[emit])
            reads = np.flatnonzero(schedule.read_emit == emit)
            for read in reads:
                flat = rows[schedule.emit_position[emit], schedule.read_slice[read]]
                plane = int(schedule.read_plane[read])
                base = source.start + plane * source.plane_stride
                addresses = [
                    base + f // channels * channels + order.index(f % channels) if f >= 0 else -1 for f in flat.tolist()
                ]
                steps.append(
                    ExpandedRead(
                        layer=index,
                        ordinal=int(schedule.ordinals[read]),
                        kernel=int(placed.kernels[group, schedule.read_slice[read], schedule.read_copy[read]]),
                        rows=tuple(addresses),
                        plane=plane,
                        first=read == reads[0],
                        last=read == reads[-1],
                        replica=int(schedule.read_copy[read]) + 1 if layer.combine == "median" else 0,
                        flagged=schedule.flagged,
                    )
                )
            destination = stride = 0
            if not layer.is_output:
                region = memory.regions[index + 1]
                stride = region.plane_stride
                first_lane = neurons.index(int(schedule.lane_neurons[group, 0]))
                destination = region.start + int(schedule.emit_pooled[emit]) * layer.neurons + first_lane
            per_group = 1 if layer.is_output else 2**layer.activation_bits - 1
            steps.append(
                ExpandedEmit(
                    layer=index,
                    threshold=words + group * per_group,
                    destination=destination,
                    lanes=schedule.lanes(group),
                    bits=0 if layer.is_output else layer.activation_bits,
                    plane_stride=stride,
                    pool_first=window == 0,
                    pool_last=window == layer.pool**2 - 1,
                    output=layer.is_output,
                    output_first=layer.is_output and group == 0,
                    output_last=layer.is_output and group == len(placed.groups) - 1,
                    binary=layer.is_output and layer.neurons == 1,
                )
            )
        words += len(placed.groups) * per_group
        order = neurons
    return steps


@QUICK
@given(network=networks(), geometry=geometries())
def test_program_of_any_network_expands_to_its_schedule(network: Network, geometry: Geometry) -> None:
    assume(fits(network, geometry))
    looking = [index % 2 == 0 for index in range(len(network.layers))]
    compiled = compile_network(network, place(network, geometry), codes_per_weight=1.0, adc_bits=4, flagged=looking)
    assert [layer.flagged for layer in compiled.schedule.layers] == looking
    assert interpret(compiled.program, geometry) == expected_steps(compiled)


@QUICK
@given(network=networks(), geometry=geometries(), seed=st.integers(0, 1 << 32))
def test_program_of_any_placement_expands_to_its_schedule(network: Network, geometry: Geometry, seed: int) -> None:
    assume(fits(network, geometry))
    placement = shuffled(network, geometry, np.random.default_rng(seed))
    try:
        compiled = compile_network(network, placement, codes_per_weight=1.0, adc_bits=4)
    except DoesNotFit:
        assume(False)
    assert interpret(compiled.program, geometry) == expected_steps(compiled)


def small() -> Compiled:
    rng = np.random.default_rng(1)
    geometry = preset("demo")
    network = Network((hidden(rng, (3, 2, 2, 1), (5, 5, 1), pool=2), output(rng, 2, 12)))
    return compile_network(network, place(network, geometry), codes_per_weight=1.0, adc_bits=4)


def changed(program: Program, memory: str, index: int, value: int) -> Program:
    words = getattr(program, memory).copy()
    words[index] = value
    return dataclasses.replace(program, **{memory: words})


@pytest.mark.parametrize("index", range(len(small().program.instructions)))
def test_any_changed_instruction_shows(index: int) -> None:
    compiled = small()
    word = int(compiled.program.instructions[index])
    opcode, fields = decode(word)
    for name in fields:
        fields_changed = dict(fields)
        fields_changed[name] ^= 1
        try:
            steps = interpret(
                changed(compiled.program, "instructions", index, encode(opcode, **fields_changed)), compiled.geometry
            )
        except ProgramError:
            continue
        assert steps != expected_steps(compiled), f"{opcode.name}.{name} of instruction {index}"


def test_changed_segment_shows() -> None:
    compiled = small()
    word = pack(SEGMENT, offset=1, length=2, row=0)
    assert interpret(changed(compiled.program, "segments", 0, word), compiled.geometry) != expected_steps(compiled)


def program_of(instructions: list[int], segments: list[int] | None = None, start: int = 0, ordinal: int = 0) -> Program:
    return Program(
        instructions=np.array(instructions, dtype=np.uint64),
        segments=np.array(segments or [pack(SEGMENT, offset=0, length=2, row=0)], dtype=np.uint32),
        thresholds=np.zeros((1, 4), np.uint32),
        layers=np.array([pack(LAYER, start=start, ordinal=ordinal)], dtype=np.uint32),
        input_shape=(2,),
        input_planes=1,
        plane_stride=16,
        word_bits=16,
    )


def read(**fields: int) -> int:
    return encode(Opcode.READ, **({"segments": 1, "first": 1, "last": 1} | fields))


def emit(**fields: int) -> int:
    return encode(Opcode.EMIT, **({"lanes": 1, "bits": 1, "pool_first": 1, "pool_last": 1} | fields))


END = encode(Opcode.END)


def loop(count: int) -> int:
    return encode(Opcode.LOOP, count=count)


def step(source: int = 0, destination: int = 0) -> int:
    return encode(Opcode.NEXT, source_step=source, destination_step=destination)


def test_nested_loops_step_and_return_to_where_they_began() -> None:
    body = [loop(2), loop(3), read(), emit(), step(1, 10), step(100, -1), read(source=7), emit(), END]
    steps = interpret(program_of(body), preset("demo").replace(activation_depth=4096))
    sources = [s.rows[0] for s in steps if isinstance(s, ExpandedRead)]
    assert sources == [0, 1, 2, 100, 101, 102, 7]
    body[3] = emit(destination=5)
    steps = interpret(program_of(body), preset("demo").replace(activation_depth=4096))
    assert [s.destination for s in steps if isinstance(s, ExpandedEmit)] == [5, 15, 25, 4, 14, 24, 0]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            program_of([read(), emit()]),
            "layer 0, instruction 2: program must end with END, not run past its last instruction",
        ),
        (program_of([0]), "layer 0, instruction 0: instruction 0x0000000000000000: opcode must be 1 to 5, not 0"),
        (program_of([emit(), END]), "layer 0, instruction 0: EMIT must follow a last READ"),
        (program_of([read(first=0), emit(), END]), "instruction 0: READ must be first after an EMIT and only there"),
        (
            program_of([read(last=0), read(), emit(), END]),
            "instruction 1: READ must be first after an EMIT and only there",
        ),
        (program_of([read(), END]), "instruction 1: END must not stand inside a loop or an accumulation"),
        (program_of([loop(1), END]), "instruction 1: END must not stand inside a loop or an accumulation"),
        (program_of([step(), END]), "instruction 0: NEXT must close a LOOP"),
        (program_of([loop(0), step(), END]), "instruction 0: LOOP.count must be at least 1, not 0"),
        (program_of([loop(1)] * 5), "instruction 4: loops must nest at most 4 deep"),
        (program_of([read(kernel=8), emit(), END]), "instruction 0: READ.kernel must be below 8, not 8"),
        (program_of([read(replica=1), emit(), END]), "instruction 0: READ must not be last inside a median"),
        (
            program_of([read(replica=2, last=0), emit(), END]),
            "instruction 0: READ.replica must be 0 or 1 outside a median, not 2",
        ),
        (
            program_of([read(replica=1, last=0), read(replica=3, first=0), emit(), END]),
            "instruction 1: READ.replica must be 2 of plane 0 inside a median, not 3 of plane 0",
        ),
        (
            program_of([read(replica=1, last=0), read(replica=2, plane=1, first=0, last=0), emit(), END]),
            "instruction 1: READ.replica must be 2 of plane 0 inside a median, not 2 of plane 1",
        ),
        (program_of([read(segments=2), emit(), END]), r"segments 0\+2 must lie within 0 .. 0"),
        (program_of([read(source=511), emit(), END]), "addresses must be below 512, not 512"),
        (program_of([read(), emit(destination=512), END]), "addresses must be below 512, not 512"),
        (program_of([read(), emit(lanes=5), END]), "EMIT.lanes must be from 1 to 4, not 5"),
        (program_of([read(), emit(bits=2), END]), r"EMIT needs threshold words 0\+3, of 1"),
        (program_of([read(), emit(), END], ordinal=3), "layer 0: first ordinal must be 0, not 3"),
        (
            program_of([read(), emit(), END], [pack(SEGMENT, offset=0, length=2, row=15)]),
            "segment must drive 1 to 16 rows, not rows 15 .. 16",
        ),
        (
            program_of([read(segments=2), emit(), END], [pack(SEGMENT, offset=0, length=2, row=1)] * 2),
            "segments must not overlap, row 1 is driven twice",
        ),
    ],
)
def test_what_the_sequencer_would_stop_at_is_refused(program: Program, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        interpret(program, preset("demo"))
