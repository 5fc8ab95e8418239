# SPDX-License-Identifier: BSD-3-Clause
"""Claims: what was published or is asked for, our figure, its interval and the verdict. Every reproduction's table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...report import Check, Section


@dataclass(frozen=True)
class Claim:
    """One line of the table.

    Parameters
    ----------
    name : str
        What is claimed, in words.
    required : str
        The published or wanted figure.
    figure : str
        Ours.
    interval : str
        How sure it is; empty where nothing is drawn at random.
    holds : bool
        Whether ours is at least as good.
    judged : bool
        False: shown for comparison; the command does not fail by it.
    """

    name: str
    required: str
    figure: str
    interval: str
    holds: bool
    judged: bool = True

    @property
    def verdict(self) -> str:
        """In a word."""
        return "holds" if self.holds else "does not hold"

    def as_dict(self) -> dict[str, Any]:
        """For report.json."""
        return {
            "claim": self.name,
            "required": self.required,
            "figure": self.figure,
            "interval": self.interval,
            "verdict": self.verdict,
            "judged": self.judged,
        }


def claims_section(claims: Sequence[Claim], text: str = "") -> Section:
    """The table as a part of the page."""
    return Section(
        "Claims and verdicts",
        text,
        columns=("claim", "published or wanted", "our figure", "interval", "verdict"),
        rows=[(c.name, c.required, c.figure, c.interval or "–", c.verdict) for c in claims],
    )


def claim_checks(claims: Sequence[Claim]) -> tuple[Check, ...]:
    """The judged claims as checks of a run."""
    return tuple(Check(c.name, c.required, c.figure, c.holds) for c in claims if c.judged)


@dataclass(frozen=True)
class MedianInterval:
    """Median of a few values, and the range that covers the median of all there could be.

    Parameters
    ----------
    median, low, high : float
    coverage : float
        Probability with which least and largest value have the true median between them: 1 - 2 (1/2)^n, whatever the
        distribution.
    """

    median: float
    low: float
    high: float
    coverage: float

    @classmethod
    def of(cls, values: ArrayLike) -> MedianInterval:
        """Of at least one value; ValueError of none."""
        found = np.asarray(values, np.float64).ravel()
        if found.size == 0:
            raise ValueError("median: there must be at least one value, not none")
        return cls(float(np.median(found)), float(found.min()), float(found.max()), 1 - 2 * 0.5**found.size)

    def as_dict(self) -> dict[str, float]:
        """For report.json."""
        return {"median": self.median, "low": self.low, "high": self.high, "coverage": self.coverage}

    def text(self, unit: str = " %") -> str:
        """Range and coverage in words; a single value has no interval."""
        if self.coverage <= 0:
            return "one seed: none"
        return f"{self.low:.1f} … {self.high:.1f}{unit} ({100 * self.coverage:.0f} %)"


@dataclass(frozen=True)
class MeanInterval:
    """Mean of a figure over seeds, and the 95 % interval of the mean over all seeds there could be.

    Parameters
    ----------
    mean, low, high : float
        The interval is Student's; without width where there is one seed.
    seeds : int
    """

    mean: float
    low: float
    high: float
    seeds: int

    @classmethod
    def of(cls, values: ArrayLike) -> MeanInterval:
        """Of one value for each seed; ValueError of none."""
        from scipy.stats import t

        found = np.asarray(values, np.float64).ravel()
        if found.size == 0:
            raise ValueError("mean: there must be at least one value, not none")
        mean, reach = float(found.mean()), 0.0
        if found.size > 1:
            reach = float(t.ppf(0.975, found.size - 1)) * float(found.std(ddof=1)) / math.sqrt(found.size)
        return cls(mean, mean - reach, mean + reach, found.size)

    def as_dict(self) -> dict[str, float]:
        """For report.json."""
        return {"mean": self.mean, "low": self.low, "high": self.high}

    def text(self, unit: str = " %", digits: int = 2) -> str:
        """The interval in words; a single value has none."""
        if self.seeds == 1:
            return "one seed: none"
        return f"{self.low:.{digits}f} … {self.high:.{digits}f}{unit}"
