# SPDX-License-Identifier: BSD-3-Clause
"""A chip: geometry, nominal cell, wires, sensing, writing, statistics of its dies, repair. Everything nominal."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from .array import Wires
from .chip_presets import CHIP_PRESETS
from .device import Cell
from .dies import DefectStatistics
from .files import from_table, read_toml, toml_lines, write_toml
from .geometry import Geometry
from .network import Network
from .reading import one_line
from .sensing import MARGINS, PAIR_MODES, Repair, RepairMode, Sensing
from .writing import Writing

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Chip:
    """Everything about a chip that is known before a die is.

    Parameters
    ----------
    geometry : Geometry
        Shape.
    cell : Cell
        Nominal cell.
    sensing : Sensing
        Amplifiers and converters.
    statistics : DefectStatistics
        How its dies differ.
    repair_mode : {"none", "range_guard", "pair_check", "check"}
        Column repair.
    strict : bool
        Pair check: repair only where it is clear which column is faulty.
    margin_base, margin_row : float
        Margin of the repair in units of G_P: base + driven rows * row.
    wires : Wires
        Resistances of the lines, drivers and sense amplifiers.
    writing : Writing
        How its cells are written.

    Raises
    ------
    ValueError
        If the converters have fewer bits than the sensing asks for.
    """

    geometry: Geometry
    cell: Cell
    sensing: Sensing = field(default_factory=Sensing)
    statistics: DefectStatistics = field(default_factory=DefectStatistics)
    repair_mode: RepairMode = "none"
    strict: bool = False
    margin_base: float = 1.0
    margin_row: float = 0.02
    wires: Wires = field(default_factory=Wires)
    writing: Writing = field(default_factory=Writing)

    def __post_init__(self) -> None:
        self.sensing.bits(self.geometry)
        if self.repair_mode not in get_args(RepairMode):
            raise ValueError(
                f"chip: repair_mode must be one of {', '.join(get_args(RepairMode))}, not {self.repair_mode!r}"
            )
        for name in ("margin_base", "margin_row"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"chip: {name} must be a non-negative number, not {value!r}")
            if value > 1e6:
                raise ValueError(f"chip: {name} must be at most 1e6 G_P, not {value!r}")

    @classmethod
    def preset(cls, name: str) -> Chip:
        """A published chip's shape with our choice of the rest (``chip_presets``); ValueError lists the presets."""
        if name not in CHIP_PRESETS:
            raise ValueError(f"chip preset must be one of {', '.join(sorted(CHIP_PRESETS))}, not {name!r}")
        return cls(**CHIP_PRESETS[name]())

    @property
    def adc_bits(self) -> int:
        """B of the reads."""
        return self.sensing.bits(self.geometry)

    @property
    def repair(self) -> Repair:
        """Nominal constants of the column repair; a ``UserWarning`` and mode "none" where it is not legal."""
        return Repair.nominal(
            self.repair_mode,
            self.geometry,
            self.cell,
            self.sensing,
            strict=self.strict,
            margin_base=self.margin_base,
            margin_row=self.margin_row,
            wires=self.wires,
        )

    def repair_for(self, network: Network) -> Repair:
        """The repair as it is set for a network.

        Pair check and check need binary weights, else a warning and "none".
        """
        repair = self.repair
        if repair.mode in PAIR_MODES and not all(layer.is_binary for layer in network.layers):
            warnings.warn(f"{repair.mode} repair needs binary weights, not ternary ones: no repair", stacklevel=2)
            return repair.replace(mode="none")
        return repair

    @property
    def codes_per_weight(self) -> float:
        """Codes that one driven row adds to a healthy pair's difference: D / 2^F."""
        nominal = Repair.nominal("none", self.geometry, self.cell, self.sensing, wires=self.wires)
        return nominal.D / (1 << self.geometry.fraction_bits)

    def replace(self, **changes: Any) -> Chip:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def with_repair(self, mode: RepairMode) -> Chip:
        """A copy with another repair; where the mode is not the chip's own, with the margins that suit it."""
        if mode == self.repair_mode:
            return self
        if MARGINS.get(mode) == MARGINS[self.repair_mode]:
            return self.replace(repair_mode=mode)
        base, row = MARGINS.get(mode, (self.margin_base, self.margin_row))
        return self.replace(repair_mode=mode, margin_base=base, margin_row=row)

    def as_dict(self) -> dict[str, Any]:
        """Nested fields, for reports and files."""
        return dataclasses.asdict(self)

    def save(self, path: str | Path) -> None:
        """Write as TOML, atomically."""
        tables = {key: value for key, value in self.as_dict().items() if isinstance(value, Mapping)}
        plain = {key: value for key, value in self.as_dict().items() if not isinstance(value, Mapping)}
        lines = [f"format_version = {FORMAT_VERSION}", *toml_lines(plain)]
        for name, table in tables.items():
            lines += ["", f"[{name}]", *toml_lines(table)]
        write_toml(path, lines)

    @classmethod
    def load(cls, path: str | Path) -> Chip:
        """Read what ``save`` wrote; ValueError names the file, the field and what is wrong."""
        table = read_toml(path, FORMAT_VERSION)
        parts: dict[str, type[Any]] = {
            "geometry": Geometry,
            "cell": Cell,
            "sensing": Sensing,
            "statistics": DefectStatistics,
            "wires": Wires,
            "writing": Writing,
        }
        try:
            for name, part in parts.items():
                if name in table:
                    table[name] = from_table(part, name, table[name])
            return from_table(cls, "chip", table)
        except ValueError as error:
            raise ValueError(f"{path}: {one_line(error, 600)}") from None
