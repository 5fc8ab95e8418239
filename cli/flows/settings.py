# SPDX-License-Identifier: BSD-3-Clause
"""Settings of long runs as TOML: what ``config.toml`` of a run folder holds."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadInput
from .files import write_text

FORMAT_VERSION = 1

Count = Annotated[int, Field(ge=1)]
CountOrAll = Annotated[int, Field(ge=0)]


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
        write_text(path, "\n".join(lines) + "\n")

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
            where = f"{path}: " if path is not None else ""
            raise BadInput(f"{where}{field}: {first['msg'].lower()}, not {first['input']!r}") from None


def _table(path: Path) -> dict[str, object]:
    try:
        table: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: must be a TOML file: {error}") from None
    version = table.pop("format_version", None)
    if version != FORMAT_VERSION:
        raise BadInput(f"{path}: format_version must be {FORMAT_VERSION}, not {version!r}")
    return table
