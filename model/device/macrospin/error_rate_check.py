# SPDX-License-Identifier: BSD-3-Clause
"""The closed forms of switching held against trajectories of a macrospin, point by point.

At each point the trajectories (``trajectories``) give a rate and a two-sided interval; the error probability of the
intervals is divided by the number of points, so that all of them together miss with at most 1 - confidence. A point
agrees when the closed form lies inside. The Fokker-Planck equation and Butler's published formula are listed beside it.
Points between 0.8 and 1.2 V_c0 are simulated and reported, and judged not: there the closed form is an interpolation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ...files import write_atomically
from ..junction import Junction
from ..published import published
from ..switching import butler_error_rate, drive, error_rate, stability, switching_probability, time_unit
from ..switching_laws import PRECESSIONAL_LIMIT, THERMAL_LIMIT
from .fokker_planck import error_rates
from .trajectories import Event, Macrospin, estimate_rate

FORMAT_VERSION = 1

Regime = Literal["thermal", "interpolation", "precessional"]

#: Two junctions: a published one, and one with a low barrier and strong damping, on which thermal switching can be
#: followed to error rates of 1e-5 at a bearable cost.
JUNCTIONS: dict[str, Junction] = {
    "mtj-40nm": published("mtj-40nm").junction,
    "low-barrier": Junction(
        diameter=30.0, ra=5.0, tmr=1.0, v_c0_to_p=0.5, v_c0_to_ap=0.5, delta_p=40.0, delta_ap=40.0, damping=0.1
    ),
}


@dataclass(frozen=True)
class Point:
    """One pulse.

    Parameters
    ----------
    junction : str
        Key of ``JUNCTIONS``.
    drive : float
        V / V_c0.
    width : float
        Pulse width [ns].
    event : {"unswitched", "switched"}
        Whose probability is compared: write errors, or unwanted or rare switching.
    """

    junction: str
    drive: float
    width: float
    event: Event = "unswitched"

    @property
    def regime(self) -> Regime:
        """Which law holds at this drive."""
        if self.drive <= THERMAL_LIMIT:
            return "thermal"
        return "precessional" if self.drive >= PRECESSIONAL_LIMIT else "interpolation"


#: Widths chosen for error rates of about 1e-1, 1e-2, ... 1e-5 (precessional) and for switching probabilities and error
#: rates from 1e-5 to 1e-1 (thermal).
CAMPAIGN: tuple[Point, ...] = (
    *(Point("mtj-40nm", 1.2, width) for width in (5.2, 7.7, 10.4, 13.0, 15.7)),
    *(Point("mtj-40nm", 1.5, width) for width in (3.0, 4.2, 5.5, 6.7, 8.0)),
    *(Point("mtj-40nm", 2.0, width) for width in (1.73, 2.38, 3.03, 3.68, 4.32)),
    *(Point("mtj-40nm", 3.0, width) for width in (0.96, 1.30, 1.62, 1.95, 2.28)),
    *(Point("low-barrier", 2.0, width) for width in (0.37, 0.63, 0.89)),
    Point("mtj-40nm", 0.5, 28.0, "switched"),
    Point("mtj-40nm", 0.6, 11.0, "switched"),
    Point("mtj-40nm", 0.6, 28.0, "switched"),
    Point("mtj-40nm", 0.7, 14.0, "switched"),
    Point("mtj-40nm", 0.7, 28.0, "switched"),
    *(Point("low-barrier", 0.75, width) for width in (11.0, 31.0, 52.0)),
    *(Point("low-barrier", 0.8, width) for width in (6.0, 12.0, 23.0, 28.0)),
    Point("mtj-40nm", 0.9, 28.0),
    *(Point("mtj-40nm", 1.0, width) for width in (8.5, 20.0)),
    Point("mtj-40nm", 1.1, 14.0),
)

#: A slice that takes seconds: both regimes, from 1e-1 to 1e-5.
QUICK: tuple[Point, ...] = (
    Point("mtj-40nm", 3.0, 1.62),
    Point("low-barrier", 1.5, 1.5),
    Point("low-barrier", 2.0, 0.37),
    Point("low-barrier", 2.0, 0.63),
    Point("low-barrier", 2.0, 0.89),
    Point("low-barrier", 0.7, 2.0, "switched"),
    Point("low-barrier", 0.8, 4.0),
)

Law = Callable[[Junction, Point], float]


def closed_form(junction: Junction, point: Point) -> float:
    """The rate that ``switching`` gives."""
    law = error_rate if point.event == "unswitched" else switching_probability
    return float(law(junction, False, point.drive * junction.v_c0_to_p, point.width))


def check_error_rates(
    points: Sequence[Point] = CAMPAIGN,
    *,
    seed: int = 1,
    trajectories: int = 2048,
    replicates: int = 16,
    confidence: float = 0.95,
    law: Law = closed_form,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Simulate every point and compare.

    Parameters
    ----------
    points : sequence of Point
        Which pulses.
    seed : int
        Of the thermal fields; point k uses (seed, k).
    trajectories, replicates : int
        Per point; see ``macrospin.estimate_rate``. The campaign takes some ten minutes on one idle core.
    confidence : float
        Of all intervals together.
    law : callable
        What is held against the trajectories.
    progress : callable, optional
        Called with (points done, points).

    Returns
    -------
    dict
        Ready for JSON: ``agrees``, ``worst_relative_deviation``, ``points`` and what was run.
    """
    rows = []
    for number, point in enumerate(points):
        junction = JUNCTIONS[point.junction]
        voltage = point.drive * float(junction.v_c0_to_p)
        estimate = estimate_rate(
            Macrospin.of(junction, state=False),
            voltage,
            point.width,
            (seed, number),
            event=point.event,
            trajectories=trajectories,
            replicates=replicates,
        )
        low, high = estimate.interval((1 - confidence) / len(points))
        predicted = law(junction, point)
        rows.append(
            asdict(point)
            | {
                "regime": point.regime,
                "voltage": voltage,
                "simulated": estimate.rate,
                "standard_error": estimate.standard_error,
                "low": low,
                "high": high,
                "closed_form": predicted,
                "fokker_planck": _fokker_planck(junction, point),
                "butler": _butler(junction, point),
                "relative_deviation": predicted / estimate.rate - 1 if estimate.rate else None,
                "inside": low <= predicted <= high,
            }
        )
        if progress:
            progress(number + 1, len(points))
    judged = [row for row in rows if row["regime"] != "interpolation"]
    return {
        "format_version": FORMAT_VERSION,
        "agrees": all(row["inside"] for row in judged),
        "judged": len(judged),
        "outside": sum(not row["inside"] for row in judged),
        "fokker_planck_outside": sum(not row["low"] <= row["fokker_planck"] <= row["high"] for row in rows),
        "worst_relative_deviation": max(
            (abs(row["relative_deviation"]) for row in judged if row["relative_deviation"] is not None), default=None
        ),
        "confidence": confidence,
        "seed": seed,
        "trajectories": trajectories,
        "replicates": replicates,
        "points": rows,
    }


def save_check(report: dict[str, Any], path: str | Path) -> None:
    """Write a report as JSON, atomically."""
    write_atomically(path, (json.dumps(report, indent=1) + "\n").encode())


def _fokker_planck(junction: Junction, point: Point) -> float:
    volts = point.drive * junction.v_c0_to_p
    unswitched = error_rates(
        float(stability(junction, False)),
        float(drive(junction, False, volts)),
        [point.width / float(time_unit(junction))],
        cells=800,
    )[0]
    return float(unswitched if point.event == "unswitched" else 1 - unswitched)


def _butler(junction: Junction, point: Point) -> float | None:
    if point.drive <= 1:
        return None
    rate = float(butler_error_rate(junction, False, point.drive * junction.v_c0_to_p, point.width))
    return rate if point.event == "unswitched" else 1 - rate
