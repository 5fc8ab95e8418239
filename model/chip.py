# SPDX-License-Identifier: BSD-3-Clause
"""A chip: geometry, nominal cell, sensing, statistics of its dies and column repair. Everything nominal, no die."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from .device import CELL_PRESETS, Cell
from .dies import DefectStatistics
from .files import read_toml, write_atomically
from .geometry import PRESETS, Geometry
from .geometry import preset as geometry_preset
from .network import Network
from .sensing import Repair, RepairMode, Sensing

FORMAT_VERSION = 1
#: What TOML may give for a field, by its annotation; the classes check ranges, and integers with them.
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "float": ((int, float), "a number"),
    "float | None": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "a text"),
    "tuple[int, ...]": ((list,), "a list of integers"),
}


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
    repair_mode : {"none", "range_guard", "pair_check"}
        Column repair.
    strict : bool
        Pair check: repair only where it is clear which column is faulty.
    margin_base, margin_row : float
        Margin of the repair in units of G_P: base + driven rows * row.

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

    @classmethod
    def preset(cls, name: str) -> Chip:
        """A published chip's shape with our choice of statistics; ValueError lists the presets."""
        names = sorted(set(PRESETS) & set(CELL_PRESETS))
        if name not in names:
            raise ValueError(f"chip preset must be one of {', '.join(names)}, not {name!r}")
        return cls(
            geometry=geometry_preset(name),
            cell=Cell.preset(name),
            sensing=Sensing(adc_bits=PRESETS[name].adc_bits),
            statistics=DefectStatistics.demo(),
            repair_mode="pair_check",
        )

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
        )

    def repair_for(self, network: Network) -> Repair:
        """The repair as it is set for a network: the pair check needs binary weights, else a warning and "none"."""
        repair = self.repair
        if repair.mode == "pair_check" and not all(layer.is_binary for layer in network.layers):
            warnings.warn("pair_check repair needs binary weights, not ternary ones: no repair", stacklevel=2)
            return repair.replace(mode="none")
        return repair

    @property
    def codes_per_weight(self) -> float:
        """Codes that one driven row adds to a healthy pair's difference: D / 2^F."""
        nominal = Repair.nominal("none", self.geometry, self.cell, self.sensing)
        return nominal.D / (1 << self.geometry.fraction_bits)

    def replace(self, **changes: Any) -> Chip:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Nested fields, for reports and files."""
        return dataclasses.asdict(self)

    def save(self, path: str | Path) -> None:
        """Write as TOML, atomically."""
        tables = {key: value for key, value in self.as_dict().items() if isinstance(value, Mapping)}
        plain = {key: value for key, value in self.as_dict().items() if not isinstance(value, Mapping)}
        lines = [f"format_version = {FORMAT_VERSION}", *_toml_lines(plain)]
        for name, table in tables.items():
            lines += ["", f"[{name}]", *_toml_lines(table)]
        write_atomically(path, ("\n".join(lines) + "\n").encode())

    @classmethod
    def load(cls, path: str | Path) -> Chip:
        """Read what ``save`` wrote; ValueError names the file, the field and what is wrong."""
        table = read_toml(path, FORMAT_VERSION)
        parts = {"geometry": Geometry, "cell": Cell, "sensing": Sensing, "statistics": DefectStatistics}
        try:
            for name, part in parts.items():
                if name in table:
                    table[name] = _build(part, name, table[name])
            chip = _build(cls, "chip", table)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        assert isinstance(chip, cls)
        return chip


def _build(kind: type, name: str, table: object) -> Any:
    if not isinstance(table, dict):
        raise ValueError(f"{name} must be a table, not {table!r}")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(table) - set(fields))
    if unknown:
        raise ValueError(f"{name}: fields must be among {', '.join(sorted(fields))}, not {unknown[0]!r}")
    absent = sorted(
        key
        for key, entry in fields.items()
        if key not in table and entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
    )
    if absent:
        raise ValueError(f"{name}: field {absent[0]!r} must be given")
    for key, value in table.items():
        kinds = _TYPES.get(str(fields[key].type))
        # In Python, True is an integer.
        if kinds and (not isinstance(value, kinds[0]) or (isinstance(value, bool) and bool not in kinds[0])):
            raise ValueError(f"{name}: {key} must be {kinds[1]}, not {value!r}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None


def _toml_lines(table: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, value in table.items():
        if value is None:
            continue
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, str):
            text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        elif isinstance(value, tuple | list):
            text = "[" + ", ".join(str(item) for item in value) + "]"
        else:
            text = repr(value)
        lines.append(f"{key} = {text}")
    return lines
