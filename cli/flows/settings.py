# SPDX-License-Identifier: BSD-3-Clause
"""Settings of long runs as TOML: what ``config.toml`` of a run folder holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from spintile.model.files import read_toml, write_toml
from spintile.model.reading import one_line, shown

from ..errors import BadInput

FORMAT_VERSION = 1

Count = Annotated[int, Field(ge=1, lt=2**31)]
CountOrAll = Annotated[int, Field(ge=0, lt=2**31)]


class RunSettings(BaseModel):
    """Everything that the numbers of a run depend on; frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: The command that these are settings of.
    command: ClassVar[str] = ""

    @classmethod
    def defaults_for(cls, given: Mapping[str, object]) -> dict[str, object]:
        """Defaults that follow from what was given."""
        return {}

    def save(self, path: Path) -> None:
        """Write as TOML."""
        again = f"spintile {self.command} --config THIS_FILE"
        lines = [f"# Settings of spintile {self.command}; run it again with: {again}"]
        lines.append(f"format_version = {FORMAT_VERSION}")
        # JSON's strings, numbers and flat lists are TOML's.
        lines += [f"{name} = {json.dumps(value)}" for name, value in self.model_dump(mode="json").items()]
        write_toml(path, lines)

    @classmethod
    def load(cls, path: Path | None, **overrides: object) -> Self:
        """Settings from a file, or the defaults, with some replaced; overrides that are None are left out.

        Raises
        ------
        BadInput
            One line: the file, the field, what is wrong with it.
        """
        table = {} if path is None else _table(path)
        given = {**table, **{name: value for name, value in overrides.items() if value is not None}}
        try:
            return cls.model_validate({**cls.defaults_for(given), **given})
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise BadInput(_of(path, f"{field}: {first['msg'].lower()}, not {shown(first['input'])}")) from None
        except BadInput as error:
            raise BadInput(_of(path, str(error))) from None


def _of(path: Path | None, said: str) -> str:
    """What is wrong, with the file that it is in; short, whatever the file's fields are called."""
    return one_line(said, 600) if path is None else f"{path}: {one_line(said, 600)}"


def _table(path: Path) -> dict[str, object]:
    try:
        return read_toml(path, FORMAT_VERSION)
    except ValueError as error:
        raise BadInput(str(error)) from None
