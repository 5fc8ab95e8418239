# SPDX-License-Identifier: BSD-3-Clause
"""The sequencer's program: instructions, address patterns, thresholds, and how images are packed for the stream."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..geometry import SEGMENT, THRESHOLD, Geometry, Opcode, decode, unpack


@dataclass(frozen=True)
class Program:
    """Words of the three program memories, and the layout of the input.

    Parameters
    ----------
    instructions : uint64 array (instructions,)
        ``geometry.INSTRUCTIONS`` words, all layers after one another.
    segments : uint32 array (segments,)
        ``geometry.SEGMENT`` words.
    thresholds : uint32 array (words, pairs)
        ``geometry.THRESHOLD`` lanes. Lanes without a neuron hold the largest threshold (never met), or the smallest
        bias.
    layers : uint32 array (layers,)
        ``geometry.LAYER`` words.
    input_shape : tuple of int
        Shape of an image.
    input_planes : int
        Bit planes of an image.
    plane_stride : int
        Bits from one plane of an image to the next, a multiple of ``word_bits``.
    word_bits : int
        Width of the image stream.
    """

    instructions: NDArray[np.uint64]
    segments: NDArray[np.uint32]
    thresholds: NDArray[np.uint32]
    layers: NDArray[np.uint32]
    input_shape: tuple[int, ...]
    input_planes: int
    plane_stride: int
    word_bits: int

    @property
    def beats(self) -> int:
        """Words of the stream for one image."""
        return self.input_planes * self.plane_stride // self.word_bits

    def pack_image(self, image: ArrayLike) -> NDArray[np.uint64]:
        """Stream words of one image (beats,), or of many (images, beats).

        Bit p of input i is bit p * plane_stride + i; word w holds bits w * word_bits and up, lowest first.

        Parameters
        ----------
        image : integer array
            One image in any shape that holds the inputs in order, or many along a first axis (also one along it).

        Raises
        ------
        ValueError
            If the size is not the network's, or a value does not fit the bit planes.
        """
        values = np.asarray(image)
        size = math.prod(self.input_shape)
        batch_of_one = values.ndim > 1 and values.shape[0] == 1
        single = values.shape == self.input_shape or (values.size == size and not batch_of_one)
        if not single and (values.ndim < 2 or math.prod(values.shape[1:]) != size):
            raise ValueError(f"image must have the shape {self.input_shape}, not {values.shape}")
        flat = values.reshape(-1, size)
        if flat.dtype.kind not in "iub":
            raise ValueError(f"image must hold integers, not {flat.dtype}")
        flat = flat.astype(np.int64)
        if flat.size and (flat.min() < 0 or flat.max() >> self.input_planes):
            wrong = int(flat.min() if flat.min() < 0 else flat.max())
            raise ValueError(f"image values must be from 0 to {(1 << self.input_planes) - 1}, not {wrong}")
        bits = np.zeros((flat.shape[0], self.input_planes, self.plane_stride), np.uint8)
        bits[:, :, :size] = flat[:, None, :] >> np.arange(self.input_planes)[:, None] & 1
        words = bits.reshape(flat.shape[0], self.beats, self.word_bits).astype(np.uint64)
        packed = (words << np.arange(self.word_bits, dtype=np.uint64)).sum(axis=2, dtype=np.uint64)
        return packed[0] if single else packed

    def threshold(self, word: int, lane: int) -> tuple[int, bool]:
        """Threshold (or bias) and invert bit of one lane of a threshold word."""
        fields = unpack(THRESHOLD, int(self.thresholds[word, lane]))
        return fields["value"], bool(fields["invert"])

    def listing(self) -> str:
        """The program as text, one instruction a line: for people and for comparing two programs."""
        lines = [
            f"input: {self.input_planes} planes of {self.plane_stride} bits, {self.beats} words of "
            f"{self.word_bits} bits; {len(self.segments)} segments, {len(self.thresholds)} threshold words"
        ]
        depth = 0
        for address, word in enumerate(self.instructions):
            opcode, fields = decode(int(word))
            depth -= opcode is Opcode.NEXT
            text = " ".join(f"{name}={value}" for name, value in fields.items() if value)
            if opcode is Opcode.READ:
                first = fields["segment"]
                runs = [unpack(SEGMENT, int(s)) for s in self.segments[first : first + fields["segments"]]]
                text += "  ; " + ", ".join(f"rows {r['row']}+{r['length']} <- {r['offset']}" for r in runs)
            lines.append(f"{address:4d}  {'  ' * max(depth, 0)}{opcode.name:<4s} {text}".rstrip())
            depth += opcode is Opcode.LOOP
        return "\n".join(lines)

    def check_geometry(self, geometry: Geometry) -> None:
        """Raise ValueError if the program cannot be loaded into a chip of that geometry."""
        for name, size, depth in (
            ("instructions", len(self.instructions), geometry.instruction_depth),
            ("segments", len(self.segments), geometry.segment_depth),
            ("thresholds", len(self.thresholds), geometry.threshold_depth),
            ("layers", len(self.layers), geometry.layer_limit),
        ):
            if size > depth:
                raise ValueError(f"program {name} must be at most {depth} (geometry {geometry.name!r}), not {size}")
        if self.thresholds.shape[1] != geometry.pairs:
            raise ValueError(f"program thresholds must have {geometry.pairs} lanes, not {self.thresholds.shape[1]}")
        if self.word_bits != geometry.word_bits:
            raise ValueError(f"program word_bits must be {geometry.word_bits}, not {self.word_bits}")
