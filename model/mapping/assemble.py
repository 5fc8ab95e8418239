# SPDX-License-Identifier: BSD-3-Clause
"""The assembler: from a placed network to the words of a program.

Each group of a layer becomes loops over the pooled map, with the reads and emits of one pooled position unrolled
inside. Addresses of a position are the sum of the loops' source register, the instruction's source and the
segment's offset; a pattern of segments is stored once and shared by every read that gathers its rows alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..geometry import LAYER, SEGMENT, THRESHOLD, Geometry, Opcode, encode, pack
from ..network import Layer, Network
from .errors import DoesNotFit
from .memory import MemoryLayout, Region
from .placement import LayerPlacement, Placement
from .program import Program

Pattern = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Decisions:
    """Constants of a layer in accumulator units: thresholds (neurons, t) and invert (neurons,), or bias (neurons,)."""

    thresholds: NDArray[np.int64] | None
    invert: NDArray[np.bool_] | None
    bias: NDArray[np.int64] | None


@dataclass
class _Words:
    """The memories while they fill."""

    geometry: Geometry
    instructions: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    thresholds: list[list[int]] = field(default_factory=list)
    layers: list[int] = field(default_factory=list)
    patterns: dict[Pattern, int] = field(default_factory=dict)

    def add(self, opcode: Opcode, **values: int) -> None:
        self.instructions.append(encode(opcode, **values))

    def pattern(self, pattern: Pattern) -> int:
        """First segment word of a pattern, stored if it is new."""
        if pattern not in self.patterns:
            self.patterns[pattern] = len(self.segments)
            self.segments += [pack(SEGMENT, offset=offset, length=length, row=row) for offset, length, row in pattern]
        return self.patterns[pattern]

    def constants(self, group: tuple[int, ...], decisions: Decisions) -> int:
        """Threshold words of a group; the first one's index."""
        first = len(self.thresholds)
        acc_bits, pairs = self.geometry.acc_bits, self.geometry.pairs
        if decisions.bias is not None:
            lanes = [int(decisions.bias[neuron]) for neuron in group]
            unused = pack(THRESHOLD, value=-(1 << acc_bits), invert=0)
            self.thresholds.append(_lanes([pack(THRESHOLD, value=bias, invert=0) for bias in lanes], unused, pairs))
            return first
        assert decisions.thresholds is not None
        assert decisions.invert is not None
        unused = pack(THRESHOLD, value=(1 << acc_bits) - 1, invert=0)
        for index in range(decisions.thresholds.shape[1]):
            words = [
                pack(
                    THRESHOLD,
                    value=int(decisions.thresholds[neuron, index]),
                    invert=int(decisions.invert[neuron]) if index == 0 else 0,
                )
                for neuron in group
            ]
            self.thresholds.append(_lanes(words, unused, pairs))
        return first


def _lanes(words: list[int], unused: int, pairs: int) -> list[int]:
    return words + [unused] * (pairs - len(words))


def runs(addresses: Sequence[int]) -> tuple[int, Pattern]:
    """Bit address and pattern that gather ``addresses`` (one per row, -1: never driven).

    The pattern lists runs of consecutive addresses on consecutive rows as (offset, length, first row), with offsets
    from the lowest address, which is the first value returned.
    """
    base = min(address for address in addresses if address >= 0)
    pattern: list[list[int]] = []
    for row, address in enumerate(addresses):
        if address < 0:
            continue
        if pattern:
            offset, length, first = pattern[-1]
            if first + length == row and base + offset + length == address:
                pattern[-1][1] += 1
                continue
        pattern.append([address - base, 1, row])
    return base, tuple((offset, length, row) for offset, length, row in pattern)


def channel_order(placement: LayerPlacement) -> NDArray[np.int64]:
    """Place of each neuron within a position of the map in memory (neurons,): groups after one another."""
    order = np.array([neuron for group in placement.groups for neuron in group], dtype=np.int64)
    places = np.empty_like(order)
    places[order] = np.arange(order.size)
    return places


class _LayerAssembler:
    """Writes the instructions of one layer; with ``flagged`` its reads look at the flags of self-test."""

    def __init__(
        self,
        words: _Words,
        layer: Layer,
        placement: LayerPlacement,
        source: Region,
        destination: Region | None,
        input_places: NDArray[np.int64],
        flagged: bool = False,
    ) -> None:
        self.words, self.layer, self.placement = words, layer, placement
        self.source, self.destination, self.flagged = source, destination, flagged
        channels = input_places.size
        height, width = (1, 1) if layer.kind == "dense" else layer.input_shape[:2]
        self.row_bits = width * channels
        self.channels = channels
        flat = np.arange(layer.inputs if layer.kind == "dense" else height * width * channels)
        addresses = flat // channels * channels + input_places[flat % channels]
        if layer.kind == "conv":
            window_height, window_width = layer.weights.shape[1:3]
            addresses = addresses.reshape(height, width, channels)[:window_height, :window_width].ravel()
        #: Bit address, from the region's start, of each input of the patch at position (0, 0).
        self.patch = addresses

    def assemble(self, decisions: Decisions) -> None:
        pooled_height, pooled_width, neurons = self.layer.output_shape
        pool, lane = self.layer.pool, 0
        axes = [
            (pooled_height, pool * self.row_bits, pooled_width * neurons),
            (pooled_width, pool * self.channels, neurons),
        ]
        axes = [axis for axis in axes if axis[0] > 1]
        for index, group in enumerate(self.placement.groups):
            threshold = self.words.constants(group, decisions)
            self._loops(axes, index, threshold, 0, 0 if self.destination is None else self.destination.start + lane)
            lane += len(group)
        self.words.add(Opcode.END)

    def _loops(
        self, axes: list[tuple[int, int, int]], group: int, threshold: int, source: int, destination: int
    ) -> None:
        """Loops over the axes (count, source step, destination step), the outermost unrolled if they nest too deep."""
        if not axes:
            self._position(group, threshold, source, destination)
            return
        count, source_step, destination_step = axes[0]
        if len(axes) > self.words.geometry.loop_depth:
            for index in range(count):
                self._loops(
                    axes[1:], group, threshold, source + index * source_step, destination + index * destination_step
                )
            return
        self.words.add(Opcode.LOOP, count=count)
        self._loops(axes[1:], group, threshold, source, destination)
        self.words.add(Opcode.NEXT, source_step=source_step, destination_step=destination_step)

    def _position(self, group: int, threshold: int, source: int, destination: int) -> None:
        """Reads and emits of one pooled position."""
        pool = self.layer.pool
        for window in range(pool * pool):
            shift = source + window // pool * self.row_bits + window % pool * self.channels
            self._accumulation(group, shift)
            self._emit(group, threshold, destination, first=window == 0, last=window == pool * pool - 1)

    def _accumulation(self, group: int, source: int) -> None:
        slices, copies, planes = len(self.placement.slices), self.placement.kernels.shape[2], self.layer.input_bits
        median = self.layer.combine == "median"
        within = [(copy, plane) for copy in range(copies) for plane in range(planes)]
        if median:
            within.sort(key=lambda read: read[::-1])  # the copies of a plane follow one another
        for index, inputs in enumerate(self.placement.slices):
            base, pattern = runs([int(self.patch[i]) if i >= 0 else -1 for i in inputs])
            segment = self.words.pattern(pattern)
            for copy, plane in within:
                self.words.add(
                    Opcode.READ,
                    kernel=int(self.placement.kernels[group, index, copy]),
                    segment=segment,
                    segments=len(pattern),
                    source=self.source.start + plane * self.source.plane_stride + source + base,
                    plane=plane,
                    first=(index, copy, plane) == (0, 0, 0),
                    last=(index, copy, plane) == (slices - 1, copies - 1, planes - 1),
                    replica=copy + 1 if median else 0,
                    flagged=self.flagged,
                )

    def _emit(self, group: int, threshold: int, destination: int, *, first: bool, last: bool) -> None:
        layer, groups = self.layer, len(self.placement.groups)
        output = layer.is_output
        self.words.add(
            Opcode.EMIT,
            threshold=threshold,
            destination=destination,
            lanes=len(self.placement.groups[group]),
            bits=0 if output else layer.activation_bits,
            plane_stride=0 if self.destination is None else self.destination.plane_stride,
            pool_first=first,
            pool_last=last,
            output=output,
            output_first=output and group == 0,
            output_last=output and group == groups - 1,
            binary=output and layer.neurons == 1,
        )


def assemble(
    network: Network,
    placement: Placement,
    memory: MemoryLayout,
    decisions: Sequence[Decisions],
    flagged: Sequence[bool] | None = None,
) -> Program:
    """The program of a placed network; ``flagged`` says of each layer whether its reads look at flags (None: no).

    Raises
    ------
    DoesNotFit
        If a program memory overflows, or an address or step is too large for its field.
    """
    geometry = placement.geometry
    words = _Words(geometry)
    channels = network.input_shape[-1] if network.layers[0].kind == "conv" else 1
    places = np.arange(channels, dtype=np.int64)
    ordinal = 0
    looking = [False] * len(network.layers) if flagged is None else flagged
    for index, (layer, placed, constants, looks) in enumerate(
        zip(network.layers, placement.layers, decisions, looking, strict=True)
    ):
        destination = None if layer.is_output else memory.regions[index + 1]
        try:
            words.layers.append(pack(LAYER, start=len(words.instructions), ordinal=ordinal))
            _LayerAssembler(words, layer, placed, memory.regions[index], destination, places, looks).assemble(constants)
        except ValueError as error:
            raise DoesNotFit(f"layer {index}: {error}") from None
        height, width, _ = layer.output_shape
        ordinal += height * width * layer.pool**2 * placed.kernels.size * layer.input_bits
        places = channel_order(placed)
    for name, used, depth in (
        ("instructions", len(words.instructions), geometry.instruction_depth),
        ("segments", len(words.segments), geometry.segment_depth),
        ("threshold words", len(words.thresholds), geometry.threshold_depth),
    ):
        if used > depth:
            missing = f"{used - depth} too few"
            raise DoesNotFit(f"program needs {used} {name}, geometry {geometry.name!r} has {depth}: {missing}")
    return Program(
        instructions=np.array(words.instructions, dtype=np.uint64),
        segments=np.array(words.segments, dtype=np.uint32),
        thresholds=np.array(words.thresholds, dtype=np.uint32).reshape(-1, geometry.pairs),
        layers=np.array(words.layers, dtype=np.uint32),
        input_shape=tuple(network.input_shape),
        input_planes=network.input_bits,
        plane_stride=memory.regions[0].plane_stride,
        word_bits=geometry.word_bits,
    )
