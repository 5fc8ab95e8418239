# SPDX-License-Identifier: BSD-3-Clause
"""The one description of a chip's shape that model, RTL and FPGA all read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

_LIMITS: dict[str, tuple[int, int]] = {
    "rows": (1, 64),
    "cols": (2, 64),
    "kernels": (1, 256),
    "adc_bits": (1, 12),
    "columns_per_adc": (1, 64),
    "input_bits": (1, 8),
    "activation_bits": (1, 4),
    "fraction_bits": (1, 12),
    "acc_bits": (8, 30),
    "activation_depth": (16, 1 << 16),
    "instruction_depth": (4, 1 << 12),
    "segment_depth": (1, 1 << 10),
    "threshold_depth": (1, 1 << 12),
    "layer_limit": (1, 8),
    "loop_depth": (1, 8),
    "settle_cycles": (1, 255),
}


@dataclass(frozen=True)
class Geometry:
    """Shape of a chip: its kernels, converters and memories.

    Parameters
    ----------
    name : str
        Name of the preset or of the user's chip.
    rows, cols : int
        Devices of one kernel, word lines by columns.
    kernels : int
        Kernels of a die; one is selected at a time.
    adc_bits : int
        Width of a column converter, 1 to 12. The register ``ADC_BITS`` may choose fewer at run time;
        one bit is a differential sense amplifier per pair.
    columns_per_adc : int
        Columns that share one converter through a multiplexer.
    input_bits : int
        Most bit planes that an input or an activation may have (largest plane shift + 1).
    activation_bits : int
        Most bits of an activation.
    fraction_bits : int
        F of the bit-exact contract: die images are in LSB/2^F.
    acc_bits : int
        Width of a signed accumulator.
    activation_depth : int
        Bits of activation memory for one image; the memory holds two images.
    instruction_depth, segment_depth, threshold_depth : int
        Words of the three program memories.
    layer_limit, loop_depth : int
        Most layers of a network and most nested loops of its program.
    settle_cycles : int
        Reset value of the register ``SETTLE``: cycles that rows are driven before a sample.

    Raises
    ------
    ValueError
        If a field is out of range; the message names the field and what is allowed.
    """

    name: str
    rows: int
    cols: int
    kernels: int
    adc_bits: int = 8
    columns_per_adc: int = 1
    input_bits: int = 4
    activation_bits: int = 2
    fraction_bits: int = 8
    acc_bits: int = 24
    activation_depth: int = 2048
    instruction_depth: int = 256
    segment_depth: int = 256
    threshold_depth: int = 128
    layer_limit: int = 8
    loop_depth: int = 4
    settle_cycles: int = 2

    def __post_init__(self) -> None:
        for field, (low, high) in _LIMITS.items():
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(
                    f"geometry {self.name!r}: {field} must be an integer from {low} to {high}, not {value!r}"
                )
        if self.cols % self.columns_per_adc:
            raise ValueError(
                f"geometry {self.name!r}: columns_per_adc must divide cols ({self.cols}), not {self.columns_per_adc}"
            )

    @property
    def pairs(self) -> int:
        """Differential pairs of a kernel: pair j is columns 2j (G+) and 2j+1 (G-); an odd last column is unpaired."""
        return self.cols // 2

    @property
    def devices(self) -> int:
        """Devices of a whole die."""
        return self.rows * self.cols * self.kernels

    @property
    def adcs(self) -> int:
        """Converters of a kernel group."""
        return self.cols // self.columns_per_adc

    @property
    def word_bits(self) -> int:
        """Width of an activation-memory word and of the image stream: a power of two, at least rows and pairs."""
        return max(8, 1 << (max(self.rows, self.pairs) - 1).bit_length())

    def conversion_cycles(self, adc_bits: int | None = None) -> int:
        """Cycles that one read costs at least: columns_per_adc * (B + 1)."""
        return self.columns_per_adc * ((self.adc_bits if adc_bits is None else adc_bits) + 1)

    def as_dict(self) -> dict[str, int | str]:
        """Fields by name, for reports and configuration files."""
        return dataclasses.asdict(self)

    def digest(self) -> int:
        """32-bit hash of every field but the name: what the RTL's ``GEOMETRY`` register holds."""
        fields = {key: value for key, value in self.as_dict().items() if key != "name"}
        text = json.dumps(fields, sort_keys=True)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")

    def replace(self, **changes: Any) -> Geometry:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)


PRESETS: dict[str, Geometry] = {
    "borders": Geometry(name="borders", rows=25, cols=25, kernels=32, activation_depth=4096),
    "goodwill": Geometry(
        name="goodwill", rows=15, cols=15, kernels=2, activation_depth=512, input_bits=8, activation_bits=4
    ),
    "drolet": Geometry(name="drolet", rows=8, cols=8, kernels=6, activation_depth=256, input_bits=8, activation_bits=4),
    "demo": Geometry(
        name="demo",
        rows=16,
        cols=8,
        kernels=8,
        activation_depth=512,
        instruction_depth=128,
        segment_depth=64,
        threshold_depth=32,
        acc_bits=18,
        input_bits=2,
    ),
    # As many devices in what an iCE40 UP5K holds with a die and a link: dense networks of bits, two layers of them.
    "icebreaker": Geometry(
        name="icebreaker",
        rows=8,
        cols=8,
        kernels=16,
        adc_bits=6,
        fraction_bits=4,
        input_bits=1,
        activation_bits=1,
        activation_depth=256,
        instruction_depth=128,
        segment_depth=64,
        threshold_depth=32,
        acc_bits=12,
        layer_limit=2,
        loop_depth=1,
    ),
}


def preset(name: str) -> Geometry:
    """The preset of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists the presets.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ValueError(f"geometry preset must be one of {', '.join(sorted(PRESETS))}, not {name!r}") from None
