# SPDX-License-Identifier: BSD-3-Clause
"""What a page may ask, checked before anything is done with it."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from spintile.model.reading import one_line, parse_json, shown

__all__ = ["MOST_BYTES", "BadRequest", "DieRequest", "DigitRequest", "EmptyRequest", "StrokesRequest", "parse_request"]

#: Of a request's body: far more than a hand draws.
MOST_BYTES = 1 << 18
_STROKES, _POINTS = 64, 2048

_Part = Annotated[float, Field(ge=0, le=1, strict=True)]
_Number = Annotated[int, Field(ge=0, lt=2**31, strict=True)]


class BadRequest(ValueError):
    """A request that cannot be used; the message is one line."""


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StrokesRequest(_Request):
    """A digit that was drawn: points of each stroke, to the right and down, from 0 to 1."""

    strokes: Annotated[
        list[Annotated[list[tuple[_Part, _Part]], Field(min_length=1, max_length=_POINTS)]],
        Field(max_length=_STROKES),
    ]


class DigitRequest(_Request):
    """A digit of the test set."""

    digit: _Number


class DieRequest(_Request):
    """Another die."""

    die: _Number


class EmptyRequest(_Request):
    """Nothing but that it is asked."""


_Kind = TypeVar("_Kind", bound=_Request)


def parse_request(kind: type[_Kind], body: bytes) -> _Kind:
    """A request of that kind from the JSON of its body; BadRequest if it is none."""
    try:
        return kind.model_validate(parse_json(body))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "request"
        raise BadRequest(one_line(f"{field}: {first['msg'].lower()}, not {shown(first['input'])}")) from None
    except ValueError as error:
        raise BadRequest(f"request must be JSON: {one_line(error)}") from None
