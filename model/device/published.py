# SPDX-License-Identifier: BSD-3-Clause
"""Parameter sets of published devices. Each field says whether it was published or is this project's choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .junction import Junction

_CHOICE = "this project's choice within textbook values, not published for this device"
_LIBRARY = "public device library of the group behind a 20,000-device platform (Borders et al. 2024)"


@dataclass(frozen=True)
class PublishedDevice:
    """A junction and where its numbers come from.

    Parameters
    ----------
    name : str
        Key of ``PUBLISHED``.
    junction : Junction
        Parameters.
    sources : mapping from field to text
        Origin of every field of the junction.
    figures : mapping from figure to value
        Published figures that follow from the parameters and that they were checked against.
    """

    name: str
    junction: Junction
    sources: Mapping[str, str]
    figures: Mapping[str, float]


def published(name: str) -> PublishedDevice:
    """A published device by name; ValueError lists the names."""
    if name not in PUBLISHED:
        raise ValueError(f"published device must be one of {', '.join(sorted(PUBLISHED))}, not {name!r}")
    return PUBLISHED[name]


def _sources(**known: str) -> dict[str, str]:
    chosen = dict.fromkeys(
        (
            "diameter",
            "ra",
            "tmr",
            "v_half",
            "v_c0_to_p",
            "v_c0_to_ap",
            "delta_p",
            "delta_ap",
            "damping",
            "anisotropy",
            "barrier_exponent",
            "polarization_loss",
        ),
        _CHOICE,
    )
    return chosen | known


_THRESHOLD = (
    f"{_LIBRARY}: switching threshold 0.75 V; taken as V_c0, which is a choice: a threshold seen with long pulses lies "
    "below V_c0"
)
_BOTH_THRESHOLDS = {"v_c0_to_p": _THRESHOLD, "v_c0_to_ap": _THRESHOLD}
_FITTED = "fitted: with the other fields, 7.5 uA for 10 ns gives the published write error rate of 7e-10"

#: Devices by name. ``mtj-50nm``, ``mtj-40nm``: RA, TMR and diameter of a public device library. ``mtj-11nm``: a
#: published write error rate at one current and width; everything else of it is chosen.
PUBLISHED: dict[str, PublishedDevice] = {
    "mtj-50nm": PublishedDevice(
        "mtj-50nm",
        Junction(diameter=50.0, ra=9.8, tmr=1.2, v_c0_to_p=0.75, v_c0_to_ap=0.75),
        _sources(diameter=_LIBRARY, ra=_LIBRARY, tmr=_LIBRARY, **_BOTH_THRESHOLDS),
        {"r_p": 5000.0},
    ),
    "mtj-40nm": PublishedDevice(
        "mtj-40nm",
        Junction(diameter=40.0, ra=3.2, tmr=1.24, v_c0_to_p=0.75, v_c0_to_ap=0.75),
        _sources(diameter=_LIBRARY, ra=_LIBRARY, tmr=_LIBRARY, **_BOTH_THRESHOLDS),
        {"r_p": 2530.0},
    ),
    "mtj-11nm": PublishedDevice(
        "mtj-11nm",
        Junction(diameter=11.0, ra=5.0, tmr=1.0, v_c0_to_p=0.2373, v_c0_to_ap=0.2373, delta_p=40.0, delta_ap=40.0),
        _sources(diameter="published with the error rate", v_c0_to_p=_FITTED, v_c0_to_ap=_FITTED),
        {"write_current": 7.5e-6, "pulse_width": 10.0, "write_error_rate": 7e-10},
    ),
}
