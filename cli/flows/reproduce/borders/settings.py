# SPDX-License-Identifier: BSD-3-Clause
"""How much of everything is done: quick, default, full."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ....errors import BadInput
from ....options import ChosenEngineName

Effort = Literal["quick", "default", "full"]

#: Strength of a short [G_P] and whether there are wires: what the rates of the report are of, and the other settings.
MAIN: tuple[float, bool] = (6.0, True)
SETTINGS: tuple[tuple[float, bool], ...] = (MAIN, (6.0, False), (2.3, True), (2.3, False))
#: Rates at which figures are asked for [%].
CLAIMED: tuple[float, ...] = (0.2, 0.5, 1.0)

#: Of the best network: warped copies of the images do more for it than a teacher, and cost less.
_BEST: Mapping[str, Any] = {"teacher_epochs": 0, "copies": 4, "epochs": 15}


@dataclass(frozen=True)
class BordersSettings:
    """Everything that the numbers depend on.

    Parameters
    ----------
    effort : {"quick", "default", "full"}
        What the page says; a quick run shows its figures and is judged by the RTL alone.
    seeds : int
        Trainings of each kind, with seeds from 0.
    epochs, train_images : int or None
        Of dense training; None: as long as pays, all images.
    brief_epochs : int
        Of each network of a table of ways to train.
    images : int or None
        Test images asked; None: all.
    dies : int
        Dies asked.
    swept : tuple of float
        Rates at which networks are asked [%].
    trained_rate : float
        Rate at which the statistics-aware networks without repair are trained that are asked at every rate [%].
    trained : tuple of float
        Rates of the table of trained against true rates [%].
    trained_repaired : float
        Rate at which networks whose reads are repaired are trained [%].
    known_dies : int
        Dies that a die-aware network is trained for, one network each.
    known_rates : tuple of float
        At which rates [%].
    transfer_dies : int
        Dies of the transfer matrix.
    fitted : tuple of int
        Numbers of dies that statistics are fitted to.
    flips, draws, landscape_images
        Shares of flipped weights [%], draws of each, and test images of the loss landscape.
    ablation_seeds : int
        Seeds of the table of ingredients of training; 0: none.
    mapping_rates, mapping_strengths, mapping_dies, mapping_seeds
        Where mapping is measured, with wires; 0 seeds: not at all.
    ensemble_rates : tuple of float
        Rates of stuck devices at which copies of layers are averaged [%]; none: not at all.
    ensemble_dies, ensemble_seeds : int
        Dies and seeds of these.
    best : mapping
        Fields of the plan of the best network.
    best_seeds : int
        Seeds of it; 0: none.
    best_combinations : tuple of (float, bool)
        Strengths and wires under which it is asked.
    best_images : int or None
        Test images that it is asked; None: all.
    rtl_images, rtl_dies : int
        What goes through the RTL.
    engine : {"verilator", "icarus", "model"}
        Simulator; ``model``: nothing goes through the RTL.
    data : str
        "mnist", the bundled 14 x 14 images, or a folder of IDX files.
    device : {"cpu", "cuda"}
        Where the best network is trained.

    Raises
    ------
    BadInput
        If a number is out of range; the message names the option.
    """

    effort: Effort = "default"
    seeds: int = 3
    epochs: int | None = None
    brief_epochs: int = 30
    train_images: int | None = None
    images: int | None = None
    dies: int = 36
    swept: tuple[float, ...] = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
    trained_rate: float = 0.2
    trained: tuple[float, ...] = CLAIMED
    trained_repaired: float = 1.0
    known_dies: int = 3
    known_rates: tuple[float, ...] = (0.5,)
    transfer_dies: int = 8
    fitted: tuple[int, ...] = (1, 4, 36)
    flips: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
    draws: int = 20
    landscape_images: int = 1000
    ablation_seeds: int = 1
    mapping_rates: tuple[float, ...] = (0.5, 2.0)
    mapping_strengths: tuple[float, ...] = (6.0,)
    mapping_dies: int = 6
    mapping_seeds: int = 1
    ensemble_rates: tuple[float, ...] = (5.0, 10.0, 20.0)
    ensemble_dies: int = 12
    ensemble_seeds: int = 1
    best: Mapping[str, Any] = dataclasses.field(default_factory=lambda: dict(_BEST))
    best_seeds: int = 1
    best_combinations: tuple[tuple[float, bool], ...] = (MAIN,)
    best_images: int | None = 2000
    rtl_images: int = 200
    rtl_dies: int = 4
    engine: ChosenEngineName = "verilator"
    data: str = "mnist"
    device: Literal["cpu", "cuda"] = "cpu"

    def __post_init__(self) -> None:
        for name, most in (("seeds", 1000), ("dies", 1000)):
            if not 1 <= getattr(self, name) <= most:
                raise BadInput(f"--{name} must be from 1 to {most:,}, not {getattr(self, name):,}")
        if self.dies < max(self.rtl_dies, self.transfer_dies, self.known_dies):
            least = max(self.rtl_dies, self.transfer_dies, self.known_dies)
            raise BadInput(f"--dies must be at least {least}, as many as are known to training, not {self.dies}")
        if not set(CLAIMED) <= set(self.swept):
            raise ValueError(f"borders: swept must hold {CLAIMED}, not only {self.swept}")

    @classmethod
    def of(cls, effort: Effort, **given: Any) -> BordersSettings:
        """The settings of an effort, changed by what is given and not None."""
        changes = {name: value for name, value in given.items() if value is not None}
        return cls(**{**_EFFORTS[effort], "effort": effort, **changes})

    @property
    def judged(self) -> bool:
        """Whether the figures are enough to be judged."""
        return self.effort != "quick"

    @property
    def combinations(self) -> tuple[tuple[float, bool], ...]:
        """Strengths of a short, and wires or none; the main one first."""
        return SETTINGS if self.effort != "quick" else (MAIN,)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; without the place of the data, which is no part of the result."""
        return {**dataclasses.asdict(self), "data": "bundled" if self.data == "mnist" else "IDX files"}


_EFFORTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {
        "seeds": 1,
        "epochs": 5,
        "train_images": 12_000,
        "images": 1000,
        "dies": 8,
        "swept": (0.0, 0.2, 0.5, 1.0),
        "trained": (0.2,),
        "known_dies": 1,
        "transfer_dies": 3,
        "fitted": (2,),
        "flips": (0.5, 2.0),
        "draws": 4,
        "landscape_images": 300,
        "ablation_seeds": 0,
        "mapping_rates": (0.5,),
        "mapping_dies": 1,
        "ensemble_rates": (),
        "best_seeds": 0,
        "rtl_images": 10,
        "rtl_dies": 2,
    },
    "default": {},
    "full": {
        "seeds": 5,
        "trained": (0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
        "known_dies": 2,
        "known_rates": CLAIMED,
        "transfer_dies": 36,
        "fitted": (1, 2, 4, 9, 18, 36),
        "draws": 50,
        "landscape_images": 2000,
        "ablation_seeds": 3,
        "mapping_rates": (0.2, 0.5, 1.0, 2.0, 5.0),
        "mapping_strengths": (6.0, 2.3),
        "mapping_dies": 12,
        "mapping_seeds": 2,
        "ensemble_seeds": 3,
        "best_seeds": 3,
        "best_images": None,
    },
}
