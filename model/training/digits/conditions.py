# SPDX-License-Identifier: BSD-3-Clause
"""On what chips and dies networks are trained and asked: defect rate, strength of a short, wires, repair."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ...array import Wires
from ...chip import Chip
from ...dies import DefectStatistics, Population, sample_population
from ...dies.fitting import fit_statistics
from ...programming import self_test_reads
from ...sensing import RepairMode

#: What repairs the reads: nothing; a check of each pair's sum that knows nothing of the die ("blind"); or the same with
#: one self-test flag a column ("flags").
RepairKind = Literal["none", "blind", "flags"]

#: Resistance of a wire segment, where there are wires [Ohm].
SEGMENT = 2.0
#: Log-normal spread of every device.
SPREAD = 0.05
#: Seed of all dies that networks are asked on or that statistics are fitted to; training draws others.
DIE_SEED = 2312
#: Identifier of the first die that statistics are fitted to: none of them is among the dies that are asked.
FIRST_FITTED = 1000


@dataclass(frozen=True)
class Conditions:
    """A process, its wires, and how reads are repaired. JSON knows every field, so that it can be part of a setting.

    Parameters
    ----------
    rate : float
        q [%]: of shorts; opens, stuck-P and stuck-AP devices have half of it each.
    strength : float
        Conductance of a short in units of G_P.
    wires : bool
        Whether lines have ``SEGMENT`` Ohm between neighbouring cells.
    repair : {"none", "blind", "flags"}
        See ``RepairKind``.

    Raises
    ------
    ValueError
        If a field is out of range; the message names it.
    """

    rate: float = 0.2
    strength: float = 6.0
    wires: bool = True
    repair: RepairKind = "none"

    def __post_init__(self) -> None:
        if isinstance(self.rate, bool) or not 0 <= self.rate <= 40:
            raise ValueError(f"conditions: rate must be from 0 to 40 percent, not {self.rate!r}")
        if isinstance(self.strength, bool) or not self.strength > 0:
            raise ValueError(f"conditions: strength must be a positive number, not {self.strength!r}")
        if self.repair not in get_args(RepairKind):
            raise ValueError(
                f"conditions: repair must be one of {', '.join(get_args(RepairKind))}, not {self.repair!r}"
            )

    @property
    def flags(self) -> bool:
        """Whether reads look at flags of self-test."""
        return self.repair == "flags"

    @property
    def mode(self) -> RepairMode:
        """Repair of the chip."""
        return "none" if self.repair == "none" else "check"

    def chip(self) -> Chip:
        """The chip preset ``borders`` under these conditions."""
        q = self.rate / 100
        wires = Wires(row_segment=SEGMENT, col_segment=SEGMENT) if self.wires else Wires()
        statistics = DefectStatistics(
            short=q, open=q / 2, stuck_p=q / 2, stuck_ap=q / 2, spread=SPREAD, short_strength=self.strength
        )
        return Chip.preset("borders").with_repair(self.mode).replace(statistics=statistics, wires=wires)

    def dies(self, dies: int | Sequence[int]) -> Population:
        """Dies of this process, by number or identifiers; the same ones for every repair."""
        chip = self.chip()
        return sample_population(chip.geometry, chip.cell, chip.statistics, dies, DIE_SEED)

    def fitted_chip(self, dies: int) -> Chip:
        """The chip as it is believed to be after self-test of so many dies: with the statistics that fit them."""
        chip = self.chip()
        drawn = self.dies(range(FIRST_FITTED, FIRST_FITTED + dies))
        found = self_test_reads(drawn, chip).to_population(drawn.die_ids)
        return chip.replace(statistics=fit_statistics(found, r_access=chip.cell.r_access).statistics)

    def replace(self, **changes: Any) -> Conditions:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Fields by name: ``Conditions(**fields)`` makes it again."""
        return dataclasses.asdict(self)
