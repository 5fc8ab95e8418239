# SPDX-License-Identifier: BSD-3-Clause
"""Shape of a chip and the words of its program. Imports nothing but the standard library."""

from .chip_geometry import PRESETS, Geometry, preset
from .instructions import INSTRUCTIONS, LAYER, SEGMENT, THRESHOLD, Field, Opcode, decode, encode, pack, unpack

__all__ = [
    "INSTRUCTIONS",
    "LAYER",
    "PRESETS",
    "SEGMENT",
    "THRESHOLD",
    "Field",
    "Geometry",
    "Opcode",
    "decode",
    "encode",
    "pack",
    "preset",
    "unpack",
]
