# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the half-moons: how much of everything, and which trainings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ....errors import BadInput
from ....options import ChosenEngineName

Effort = Literal["quick", "default", "full"]

#: Wire of a passive crossbar between neighbouring devices [Ohm], as the chip's preset has it.
SEGMENT = 2.0


@dataclass(frozen=True)
class DroletSettings:
    """Everything that the numbers depend on.

    Parameters
    ----------
    effort : {"quick", "default", "full"}
        What the page says; quick results are shown, and only the gain and the RTL are judged.
    seeds : int
        Trainings of each kind, with seeds from 0.
    transfers, points : int
        Transfers of each network, and fresh points.
    epochs : int
        Of regular training.
    narrow, wide : mapping
        Changes of the recipe for 2-8-1 and for 2-48-1.
    further : bool
        Also train with wires in the loop, with one array per layer, and a 2-24-1 network.
    rtl_points, rtl_dies : int
        Points and transfers that go through the RTL.
    engine : {"verilator", "icarus", "model"}
        Simulator; ``model``: nothing goes through the RTL.
    disturbance : tuple or None
        Table of the disturbance by neighbours; None: the package's own.
    grid : int
        Points along each side of the picture.

    Raises
    ------
    BadInput
        If a number is out of range; the message names the option.
    """

    effort: Effort = "default"
    seeds: int = 5
    transfers: int = 3000
    points: int = 4000
    epochs: int = 10_000
    narrow: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    wide: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    further: bool = False
    rtl_points: int = 200
    rtl_dies: int = 4
    engine: ChosenEngineName = "verilator"
    disturbance: tuple[tuple[float, float, float], ...] | None = None
    grid: int = 81

    def __post_init__(self) -> None:
        for name, most in (("seeds", 1000), ("transfers", 1_000_000)):
            if not 1 <= getattr(self, name) <= most:
                raise BadInput(f"--{name} must be from 1 to {most:,}, not {getattr(self, name):,}")
        if self.transfers < self.rtl_dies:
            raise BadInput(
                f"--transfers must be at least {self.rtl_dies}, as many as the RTL runs, not {self.transfers}"
            )

    @classmethod
    def of(cls, effort: Effort, **given: Any) -> DroletSettings:
        """The settings of an effort, changed by what is given and not None."""
        changes = {name: value for name, value in given.items() if value is not None}
        return cls(**{**_EFFORTS[effort], "effort": effort, **changes})

    @property
    def judged(self) -> bool:
        """Whether the figures are enough to be judged."""
        return self.effort != "quick"

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)


_WIDE = {"hidden": 48, "scales": (20.0, 2.0), "starts": 1, "batch": 200, "transfers": 64}
_EFFORTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {
        "seeds": 1,
        "transfers": 500,
        "points": 1000,
        "epochs": 1000,
        "narrow": {"starts": 2, "clean_steps": 100, "short_steps": 200, "long_steps": 600, "transfers": 64},
        "wide": {**_WIDE, "clean_steps": 100, "short_steps": 0, "long_steps": 250, "transfers": 32},
        "rtl_points": 24,
        "rtl_dies": 2,
        "grid": 41,
    },
    "default": {"wide": {**_WIDE, "clean_steps": 100, "short_steps": 0, "long_steps": 1200}},
    "full": {
        "seeds": 10,
        "transfers": 10_000,
        "wide": {**_WIDE, "clean_steps": 100, "short_steps": 0, "long_steps": 1500},
        "further": True,
        "rtl_points": 1000,
    },
}
