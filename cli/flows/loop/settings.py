# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the closed loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ...errors import BadInput
from ..settings import Count, CountOrAll, RunSettings

#: What ``--quick`` changes.
QUICK: Mapping[str, Any] = {
    "dies": 3,
    "fresh_dies": 9,
    "rtl_dies": 1,
    "rtl_images": 2,
    "train_images": 15000,
    "epochs": 6,
    "tuning_epochs": 4,
    "trainings": 1,
}


class LoopSettings(RunSettings):
    """Everything that the loop's numbers depend on.

    Parameters
    ----------
    chip : str
        Preset, or TOML file of a chip; its converters are widened to ``characterise_bits`` if they have fewer.
    statistics : str
        TOML file of the true statistics; empty: the process of ``true_statistics``.
    characterise_bits : int
        Bits of the reads that characterise. Inference reads with the chip's own.
    dies : int
        Dies that are characterised through the RTL, and fitted.
    fresh_dies : int
        Further dies of the same process that nobody measured.
    rtl_dies : int
        Dies into which the RTL programs the trained network and on which it infers: the first measured and the first
        fresh ones in turn; by default 2, or fewer if there are fewer.
    rtl_images : int
        Images on each of them.
    data, hidden, output_copies, input_bits
        Data set and network, as ``spintile train`` takes them.
    train_images, test_images : int
        Only the first of each; 0: all.
    epochs, tuning_epochs : int
        Passes over the training images in software, and through the array afterwards; 0: the library's choice.
    trainings : int
        Networks trained for the true and for the fitted statistics, from the same start with seeds of their own: two
        trainings that differ in nothing but chance are some tenths of a point apart.
    gap : float
        Most points of accuracy that training for the fitted statistics may cost against the true ones, on average.
    engine : {"auto", "verilator", "icarus", "model"}
        The simulator; ``model``: the golden model alone, nothing runs through the RTL.
    seed : int
        Of everything drawn at random.
    """

    command: ClassVar[str] = "loop"

    chip: str = "borders"
    statistics: str = ""
    characterise_bits: Annotated[int, Field(ge=2, le=12)] = 12
    dies: Count = 16
    fresh_dies: CountOrAll = 20
    rtl_dies: Count = 2
    rtl_images: Annotated[int, Field(ge=1)] = 8
    data: str = "mnist"
    hidden: tuple[Count, ...] = (36,)
    output_copies: Count = 3
    input_bits: Annotated[int, Field(ge=1, le=8)] = 1
    train_images: CountOrAll = 0
    test_images: CountOrAll = 0
    epochs: CountOrAll = 0
    tuning_epochs: CountOrAll = 0
    trainings: Count = 3
    gap: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.5
    engine: Literal["auto", "verilator", "icarus", "model"] = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1

    def model_post_init(self, context: object) -> None:
        """Check what fields say about each other."""
        if self.rtl_dies > self.all_dies:
            raise BadInput(f"loop settings: rtl_dies must be at most all dies ({self.all_dies}), not {self.rtl_dies}")

    @property
    def all_dies(self) -> int:
        """Dies of the process: measured ones first, then fresh ones."""
        return self.dies + self.fresh_dies

    @property
    def programmed(self) -> tuple[int, ...]:
        """Numbers of the dies that the RTL programs with the network: measured and fresh ones in turn."""
        measured, fresh = range(self.dies), range(self.dies, self.all_dies)
        turns = [number for pair in zip(measured, fresh, strict=False) for number in pair]
        rest = [number for number in range(self.all_dies) if number not in turns]
        return tuple((turns + rest)[: self.rtl_dies])

    @classmethod
    def defaults_for(cls, given: Mapping[str, object]) -> dict[str, object]:
        """Of few dies, all."""
        dies, fresh = (given.get(name, cls.model_fields[name].default) for name in ("dies", "fresh_dies"))
        if not isinstance(dies, int) or not isinstance(fresh, int) or dies + fresh < 1:
            return {}
        return {"rtl_dies": min(dies + fresh, int(cls.model_fields["rtl_dies"].default))}
