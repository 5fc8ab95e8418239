# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...errors import BadInput
from ..settings import Count, CountOrAll, RunSettings


class DemoSettings(RunSettings):
    """Everything that the demonstration's numbers depend on.

    Parameters
    ----------
    chip : str
        Preset, or TOML file of a chip.
    data : str
        Data set, as ``spintile train --data``.
    hidden : tuple of int
        Neurons of the hidden layers.
    output_copies : int
        How often the output layer is placed; the worst dies are bad there.
    input_bits : int
        Bits of an input.
    dies : int
        Dies of the population.
    die_aware : int
        How many of them get weights of their own; by default 4, or all of fewer.
    train_images, test_images : int
        Only the first of each; 0: all.
    epochs, tuning_epochs : int
        Passes over the training images in software, and through the array afterwards; 0: the library's choice.
    cosim_dies, cosim_images : int
        What the RTL runs; by default 4 dies, or all of fewer.
    engine : {"verilator", "icarus"}
        The simulator.
    seed : int
        Of everything drawn at random.
    """

    command: ClassVar[str] = "demo"

    chip: str = "borders"
    data: str = "mnist"
    hidden: tuple[Count, ...] = (36,)
    output_copies: Count = 3
    input_bits: Annotated[int, Field(ge=1, le=8)] = 1
    dies: Count = 36
    die_aware: Count = 4
    train_images: CountOrAll = 0
    test_images: CountOrAll = 0
    epochs: CountOrAll = 0
    tuning_epochs: CountOrAll = 0
    cosim_dies: Count = 4
    cosim_images: Annotated[int, Field(ge=2)] = 25
    engine: Literal["verilator", "icarus"] = "verilator"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1

    def model_post_init(self, context: object) -> None:
        """Check what fields say about each other."""
        for name in ("die_aware", "cosim_dies"):
            if getattr(self, name) > self.dies:
                raise BadInput(f"demo settings: {name} must be at most dies ({self.dies}), not {getattr(self, name)}")

    @classmethod
    def defaults_for(cls, given: Mapping[str, object]) -> dict[str, object]:
        """Of few dies, all."""
        dies = given.get("dies")
        if not isinstance(dies, int) or dies < 1:
            return {}
        return {name: min(dies, int(cls.model_fields[name].default)) for name in ("die_aware", "cosim_dies")}


def load_settings(path: Path | None, **overrides: object) -> DemoSettings:
    """Settings from a file, or the defaults, with some replaced; BadInput in one line."""
    return DemoSettings.load(path, **overrides)
