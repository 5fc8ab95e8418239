# SPDX-License-Identifier: BSD-3-Clause
"""Where the bits of one image lie in the activation memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..geometry import Geometry
from ..network import Network
from .errors import DoesNotFit


@dataclass(frozen=True)
class Region:
    """Bit planes of one map.

    Parameters
    ----------
    start : int
        Bit address of plane 0.
    planes : int
        Bit planes, least significant first.
    plane_stride : int
        Bits from one plane to the next.
    size : int
        Bits of one plane that carry the map: index ((y * width + x) * channels + c).
    """

    start: int
    planes: int
    plane_stride: int
    size: int

    @property
    def end(self) -> int:
        """First bit address after the region."""
        return self.start + self.planes * self.plane_stride


@dataclass(frozen=True)
class MemoryLayout:
    """Regions of one image: the input, then the output of each hidden layer.

    ``regions[l]`` is what layer l reads and, for l > 0, what layer l - 1 writes. No two overlap: while one image is in
    layer l, others in the same half of the memory may be in layers l - 2 and l + 2.
    """

    regions: tuple[Region, ...]

    @property
    def bits(self) -> int:
        """Bits of one image."""
        return self.regions[-1].end

    @classmethod
    def of(cls, network: Network, geometry: Geometry) -> MemoryLayout:
        """The layout of a network.

        The input's planes begin on memory words, as the image stream brings them; the others follow bit by bit.

        Raises
        ------
        DoesNotFit
            If it is larger than ``geometry.activation_depth``.
        """
        size = math.prod(network.input_shape)
        stride = -(-size // geometry.word_bits) * geometry.word_bits
        regions = [Region(0, network.input_bits, stride, size)]
        for layer in network.layers[:-1]:
            size = math.prod(layer.output_shape)
            regions.append(Region(regions[-1].end, layer.activation_bits, size, size))
        layout = cls(tuple(regions))
        if layout.bits > geometry.activation_depth:
            missing = layout.bits - geometry.activation_depth
            raise DoesNotFit(
                f"network needs {layout.bits} bits of activation memory per image, "
                f"geometry {geometry.name!r} has {geometry.activation_depth}: {missing} too few"
            )
        return layout
