# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the demonstration: what ``config.toml`` of its run folder holds."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadInput
from .files import write_text

FORMAT_VERSION = 1

Count = Annotated[int, Field(ge=1)]


class DemoSettings(BaseModel):
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
        How many of them get weights of their own.
    train_images, test_images : int
        Only the first of each; 0: all.
    epochs, tuning_epochs : int
        Passes over the training images in software, and through the array afterwards; 0: the library's choice.
    cosim_dies, cosim_images : int
        What the RTL runs.
    engine : {"verilator", "icarus"}
        The simulator.
    seed : int
        Of everything drawn at random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chip: str = "borders"
    data: str = "mnist"
    hidden: tuple[Count, ...] = (36,)
    output_copies: Count = 3
    input_bits: Annotated[int, Field(ge=1, le=8)] = 1
    dies: Count = 36
    die_aware: Count = 4
    train_images: Annotated[int, Field(ge=0)] = 0
    test_images: Annotated[int, Field(ge=0)] = 0
    epochs: Annotated[int, Field(ge=0)] = 0
    tuning_epochs: Annotated[int, Field(ge=0)] = 0
    cosim_dies: Count = 4
    cosim_images: Annotated[int, Field(ge=2)] = 25
    engine: Literal["verilator", "icarus"] = "verilator"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1

    def model_post_init(self, context: object) -> None:
        """Check what fields say about each other."""
        for name in ("die_aware", "cosim_dies"):
            if getattr(self, name) > self.dies:
                raise BadInput(f"demo settings: {name} must be at most dies ({self.dies}), not {getattr(self, name)}")

    def save(self, path: Path) -> None:
        """Write as TOML."""
        lines = ["# Settings of a spintile demo; run it again with: spintile demo --config THIS_FILE"]
        lines.append(f"format_version = {FORMAT_VERSION}")
        # JSON's strings, numbers and flat lists are TOML's.
        lines += [f"{name} = {json.dumps(value)}" for name, value in self.model_dump(mode="json").items()]
        write_text(path, "\n".join(lines) + "\n")


def load_settings(path: Path | None, **overrides: object) -> DemoSettings:
    """Settings from a file, or the defaults, with some replaced.

    Raises
    ------
    BadInput
        One line: the file, the field, what is wrong with it.
    """
    table: dict[str, object] = {}
    if path is not None:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadInput(f"{path}: must be a TOML file: {error}") from None
        version = table.pop("format_version", None)
        if version != FORMAT_VERSION:
            raise BadInput(f"{path}: format_version must be {FORMAT_VERSION}, not {version!r}")
    try:
        return DemoSettings.model_validate(
            {**table, **{name: value for name, value in overrides.items() if value is not None}}
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        where = f"{path}: " if path is not None else ""
        raise BadInput(f"{where}{field}: {first['msg'].lower()}, not {first['input']!r}") from None
