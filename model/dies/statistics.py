# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of a process: spreads of resistance and rates of defects."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import read_toml, write_toml
from ..reading import one_line, shown

FORMAT_VERSION = 1
RATES = ("short", "open", "stuck_p", "stuck_ap")
_SPREADS = (
    "spread",
    "die_spread",
    "tmr_spread",
    "die_tmr_spread",
    "short_spread",
    *(f"{name}_rate_spread" for name in RATES),
)
_LOGARITHMIC = ("spread", "die_spread", "tmr_spread", "die_tmr_spread", "short_spread")
_PROBABILITIES = (*RATES, "rate_correlation", "open_row", "open_col", "pinhole")
#: Tables that a fit adds to a file of statistics; they explain the numbers and are no part of them.
_REMARKS = ("cell", "intervals", "fit")


@dataclass(frozen=True)
class DefectStatistics:
    """How devices and dies of a process differ.

    Parameters
    ----------
    spread : float
        Standard deviation of ln(junction resistance) within a die; a device's P and AP states share their draw.
    die_spread : float
        Standard deviation of ln(junction resistance) between dies.
    short, open, stuck_p, stuck_ap : float
        Probability that a device has that defect; a device has at most one.
    short_strength : float
        Conductance of a shorted cell in units of the nominal G_P, whatever its state; the median where they differ.
    tmr_spread, die_tmr_spread : float
        Standard deviation of ln(TMR) within a die, and between dies.
    short_spread : float
        Standard deviation of ln(conductance) between shorted cells.
    short_rate_spread, open_rate_spread, stuck_p_rate_spread, stuck_ap_rate_spread : float
        Over-dispersion: coefficient of variation, between dies, of a die's own rate of that defect, which is gamma
        distributed about the rate above. 0: all dies alike, and their counts are binomial.
    rate_correlation : float
        How far a die bad in one class is bad in the others: 0, classes apart; 1, one factor for all of a die's classes
        of equal over-dispersion.
    spatial_clustering : float
        Mean number of further defects of the same class that belong to the cluster of a defect. 0: no clusters.
    spatial_range : float
        Standard deviation, along rows and along columns, of a defect's distance from the middle of its cluster [pitch].
    open_row, open_col : float
        Probability that a row, or a column, of a kernel is broken at its contact, so that all of its cells are open.
    pinhole : float
        Probability that a device has a pinhole (``device.Pinhole``): it still switches, at less resistance, TMR and
        voltage. All dies alike, no clusters, apart from the other classes.

    Raises
    ------
    ValueError
        If a value is out of range; the message names the field.
    """

    spread: float = 0.0
    die_spread: float = 0.0
    short: float = 0.0
    open: float = 0.0
    stuck_p: float = 0.0
    stuck_ap: float = 0.0
    short_strength: float = 6.0
    tmr_spread: float = 0.0
    die_tmr_spread: float = 0.0
    short_spread: float = 0.0
    short_rate_spread: float = 0.0
    open_rate_spread: float = 0.0
    stuck_p_rate_spread: float = 0.0
    stuck_ap_rate_spread: float = 0.0
    rate_correlation: float = 0.0
    spatial_clustering: float = 0.0
    spatial_range: float = 1.5
    open_row: float = 0.0
    open_col: float = 0.0
    pinhole: float = 0.0

    def __post_init__(self) -> None:
        for name in _SPREADS:
            value = getattr(self, name)
            if not _is_number(value) or not value >= 0:
                raise ValueError(f"defect statistics: {name} must be a non-negative number, not {value!r}")
        for name in _LOGARITHMIC:
            # e^10 either way is no process; far beyond it, numbers overflow.
            if getattr(self, name) > 10:
                raise ValueError(f"defect statistics: {name} must be at most 10, not {getattr(self, name)!r}")
        for name in _PROBABILITIES:
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value <= 1:
                raise ValueError(f"defect statistics: {name} must be a rate from 0 to 1, not {value!r}")
        strength = self.short_strength
        if _is_number(strength) and strength > 1e9:
            raise ValueError(f"defect statistics: short_strength must be at most 1e9, not {strength!r}")
        if not _is_number(strength) or not strength > 0:
            raise ValueError(f"defect statistics: short_strength must be a positive number, not {strength!r}")
        if not _is_number(self.spatial_range) or not 0 < self.spatial_range <= 16:
            raise ValueError(
                f"defect statistics: spatial_range must be above 0 and at most 16, not {self.spatial_range!r}"
            )
        clustering = self.spatial_clustering
        if not _is_number(clustering) or not 0 <= clustering <= largest_clustering(self.spatial_range):
            largest = largest_clustering(self.spatial_range)
            raise ValueError(
                f"defect statistics: spatial_clustering must be from 0 to {largest:.3g} at a spatial_range of "
                f"{self.spatial_range:g}, not {clustering!r}"
            )
        total = self.defect_rate
        if total > 1:
            names = ", ".join((*RATES, "pinhole"))
            raise ValueError(f"defect statistics: the sum of {names} must be at most 1, not {total!r}")

    @property
    def defect_rate(self) -> float:
        """Probability that a device has any defect."""
        return sum(getattr(self, name) for name in (*RATES, "pinhole"))

    @property
    def rate_spreads(self) -> tuple[float, ...]:
        """Over-dispersion of each class, in the order of ``RATES``."""
        return tuple(getattr(self, f"{name}_rate_spread") for name in RATES)

    @classmethod
    def demo(cls) -> DefectStatistics:
        """What the demonstration assumes: our choice, not a measurement."""
        return cls(spread=0.05, short=0.002, open=0.001, stuck_p=0.001, stuck_ap=0.001, short_strength=6.0)

    def replace(self, **changes: float) -> DefectStatistics:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def with_rate_spread(self, spread: float, correlation: float = 0.0) -> DefectStatistics:
        """A copy in which every class has the same over-dispersion between dies."""
        changes = {f"{name}_rate_spread": spread for name in RATES}
        return self.replace(**changes, rate_correlation=correlation)

    def as_dict(self) -> dict[str, float]:
        """Fields by name."""
        return dataclasses.asdict(self)

    def save(self, path: str | Path) -> None:
        """Write as TOML, atomically."""
        lines = ["# Defect statistics of a process", f"format_version = {FORMAT_VERSION}", ""]
        lines += [f"{name} = {float(value)!r}" for name, value in self.as_dict().items()]
        write_toml(path, lines)

    @classmethod
    def load(cls, path: str | Path) -> DefectStatistics:
        """Read what ``save`` wrote, what a user wrote by hand, or what a fit wrote with its intervals (left unread).

        Raises
        ------
        ValueError
            If the file is missing, is not TOML, has another version, or has a field that is unknown or out of range.
        """
        return cls.from_table(read_toml(path, FORMAT_VERSION), path)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], path: str | Path) -> DefectStatistics:
        """From the contents of a file, which errors name."""
        table = {key: value for key, value in table.items() if not (key in _REMARKS and isinstance(value, dict))}
        names = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(table) - names)
        if unknown:
            raise ValueError(f"{path}: fields must be among {', '.join(sorted(names))}, not {shown(unknown[0])}")
        try:
            return cls(**table)
        except ValueError as error:
            raise ValueError(f"{path}: {one_line(error, 600)}") from None


def largest_clustering(spatial_range: float) -> float:
    """Most ``spatial_clustering`` at that range: the middle of a cluster cannot be more than surely defective."""
    profile = cluster_profile(spatial_range)
    return (1 - sum(weight**2 for weight in profile) ** 2) / max(profile) ** 2


def cluster_profile(spatial_range: float) -> list[float]:
    """Share of a cluster's defects at each offset -reach .. reach along one axis; reach is four ranges, at least 1."""
    reach = max(1, math.ceil(4 * spatial_range))
    weights = [math.exp(-0.5 * min(abs(offset) / spatial_range, 40.0) ** 2) for offset in range(-reach, reach + 1)]
    return [weight / sum(weights) for weight in weights]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
