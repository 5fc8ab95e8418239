# SPDX-License-Identifier: BSD-3-Clause
"""A case: one chip, and programs that run on it one after the other. Plain numbers, kept as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError
from spintile.model.geometry import Geometry
from spintile.model.reading import JSON_BYTES, one_line, parse_json, read_regular
from spintile.model.sensing import RepairMode

__all__ = ["ENDINGS", "TRAFFIC", "Case", "Ending", "EndingKind", "HiddenLayer", "Program", "Traffic", "TrafficKind"]

FORMAT_VERSION = 1

TrafficKind = Literal["read", "write", "same", "bad_read", "bad_write", "bad_strobe", "start", "pause"]
#: What a host may do to the registers while images run, and must not change any answer:
#: read a register; write one of the write controller's; write what a register holds already; read or write where
#: nothing is, or what is not readable or writable; write a part of a word; start a command, which is refused (left out
#: beside a pause, in which it would not be); clear ``enable`` for ``data`` cycles.
TRAFFIC: tuple[TrafficKind, ...] = get_args(TrafficKind)

EndingKind = Literal[
    "finish", "soft_reset", "reset", "early_last", "late_last", "bad_setting", "bad_program", "reckless", "stuck",
    "loose", "not_ready", "no_taker", "half_write", "command",
]  # fmt: skip
#: How a program ends: ``endings.py`` says what must be seen of each.
ENDINGS: tuple[EndingKind, ...] = get_args(EndingKind)

_STRICT = ConfigDict(extra="forbid")
#: Largest of any number of cycles or images in a case.
_MOST_CYCLES, _MOST_IMAGES = 1 << 20, 256


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}, not {value}")


@dataclass(frozen=True)
class HiddenLayer:
    """A hidden layer.

    Parameters
    ----------
    neurons, bits : int
        Neurons, and bits of their activations.
    copies : int
        1 or 2, or 3, of which the median is taken if ``median``.
    median : bool
    window : int
        Side of the window of a convolution; 0, or a window that the map cannot hold: dense.
    pool : int
        Side of the pooling window of a convolution, at most the map's.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    neurons: int
    bits: int = 1
    copies: int = 1
    median: bool = False
    window: int = 0
    pool: int = 1


@dataclass(frozen=True)
class Traffic:
    """A register access while images run.

    Parameters
    ----------
    kind : str
        One of ``TRAFFIC``.
    place : int
        Which of the registers that fit the kind, counted round and round.
    data : int
        What is written.
    cycle, address_delay, data_delay, answer_delay : int
        As of :class:`~spintile.cosim.compiled.BusAccess`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    kind: TrafficKind
    place: int = 0
    data: int = 0
    cycle: int = 0
    address_delay: int = 0
    data_delay: int = 0
    answer_delay: int = 0

    def __post_init__(self) -> None:
        for name in ("cycle", "address_delay", "data_delay", "answer_delay"):
            _check(name, getattr(self, name), 0, _MOST_CYCLES)


@dataclass(frozen=True)
class Ending:
    """How a program ends.

    Parameters
    ----------
    kind : str
        One of ``ENDINGS``.
    cycle : int
        After how many cycles of the run it comes, where that matters.
    place, data : int
        Which word, register or column, counted round and round; what becomes of it.
    again : bool
        Run the same images once more at the end, with nothing loaded that the chip must have kept.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    kind: EndingKind = "finish"
    cycle: int = 0
    place: int = 0
    data: int = 0
    again: bool = False

    def __post_init__(self) -> None:
        _check("cycle", self.cycle, 0, _MOST_CYCLES)


@dataclass(frozen=True)
class Program:
    """A network, a die, images and settings; what is random in them follows from ``seed``.

    Parameters
    ----------
    seed : int
        Of weights, thresholds, die, images, and of pauses.
    shape : tuple of int
        Of an image: (inputs,), or (height, width, channels).
    hidden : tuple of HiddenLayer
    input_bits, classes, copies : int
        Bits of an input; output neurons; copies of the output layer.
    median, ternary : bool
        Of the output layer's three copies the median counts; weights may be 0.
    adc_bits : int
    repair : str
    strict, extreme, flags : bool
        Settings of the repair; constants of any size; a die with flags that all layers look at.
    wild : bool
        A die of any integers instead of one with nominal devices and defects.
    noise : float
        [LSB]
    images, first_index : int
    settle : int or None
        Register SETTLE; the geometry's unless given.
    pauses : (float, float, float)
        Probability in each cycle that the image stream pauses, that no result is taken, that the array is not ready.
    gaps : tuple of (int, int)
        Words of the image stream, counted round and round, and cycles for which the stream stops before each.
    results_held, ready_held : (int, int)
        From which cycle on, and for how many, no result is taken, the array is not ready.
    traffic : tuple of Traffic
    ending : Ending
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    seed: int
    shape: tuple[int, ...]
    hidden: tuple[HiddenLayer, ...] = ()
    input_bits: int = 1
    classes: int = 2
    copies: int = 1
    median: bool = False
    ternary: bool = False
    adc_bits: int = 1
    repair: RepairMode = "none"
    strict: bool = False
    extreme: bool = False
    flags: bool = False
    wild: bool = False
    noise: float = 0.0
    images: int = 1
    first_index: int = 0
    settle: int | None = None
    pauses: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gaps: tuple[tuple[int, int], ...] = ()
    results_held: tuple[int, int] = (0, 0)
    ready_held: tuple[int, int] = (0, 0)
    traffic: tuple[Traffic, ...] = ()
    ending: Ending = dataclasses.field(default_factory=Ending)

    def __post_init__(self) -> None:
        _check("images", self.images, 1, _MOST_IMAGES)
        _check("inputs", math.prod(self.shape), 1, 1 << 16)
        for _, cycles in (*self.gaps, self.results_held, self.ready_held):
            _check("cycles", cycles, 0, _MOST_CYCLES)
        if not all(0 <= pause <= 0.95 for pause in self.pauses):
            raise ValueError(f"pauses must be from 0 to 0.95, not {self.pauses}")


@dataclass(frozen=True)
class Case:
    """Programs that run on one chip, one after the other, without a reset that none of them asks for.

    Parameters
    ----------
    geometry : Geometry
    programs : tuple of Program
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    geometry: Geometry
    programs: tuple[Program, ...]

    def as_json(self) -> str:
        """Short: what has its default is left out."""
        fields = {"format_version": FORMAT_VERSION, **_shortened(self)}
        return json.dumps(fields, indent=1) + "\n"

    @classmethod
    def load(cls, path: str | Path) -> Case:
        """Read what ``as_json`` gave.

        Raises
        ------
        ValueError
            If the file is no case; the message names file and field.
        """
        fields = parse_json(read_regular(path, JSON_BYTES))
        version = fields.pop("format_version", None) if isinstance(fields, dict) else None
        if version != FORMAT_VERSION:
            raise ValueError(f"{path}: format_version must be {FORMAT_VERSION}, not {version!r}")
        try:
            return _reader().validate_python(fields)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise ValueError(f"{path}: {place or 'case'}: {one_line(first['msg'])}") from None


def _reader() -> TypeAdapter[Case]:
    return TypeAdapter(Case)


def _shortened(value: Any) -> Any:
    """Dataclasses as dicts without the fields that have their defaults."""
    if isinstance(value, tuple):
        return [_shortened(each) for each in value]
    if not dataclasses.is_dataclass(value):
        return value
    found = {}
    for field in dataclasses.fields(value):
        here = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        if here != default:
            found[field.name] = _shortened(here)
    return found
