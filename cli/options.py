# SPDX-License-Identifier: BSD-3-Clause
"""Options that several commands share, and how their values become objects."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from .errors import BadInput

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.sensing import RepairMode

Seed = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of everything drawn at random.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0: one per processor.")]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", help="Address of a dask scheduler, as tcp://host:8786: its workers are used instead."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON instead of a table.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
ChipName = Annotated[
    str,
    typer.Option(
        "--chip",
        help="A preset (borders, borders-12bit, goodwill, goodwill-40nm, goodwill-11nm, drolet, demo) or a chip's TOML "
        "file.",
    ),
]
DataName = Annotated[
    str,
    typer.Option(
        "--data",
        help="mnist (bundled), mnist-8x6 (its middle, for 48 inputs), digits, wine, moons, or a folder of IDX files, "
        "plain or gzipped.",
    ),
]
RepairName = Annotated[
    str | None,
    typer.Option("--repair", help="Column repair: none, range-guard, pair-check or check; the chip's own by default."),
]
FlagsName = Literal["none", "self-test", "chosen"]
Flags = Annotated[
    FlagsName,
    typer.Option(
        "--flags",
        help="self-test: every die is read cell by cell in both states, and the repair check then knows which columns "
        "to leave out where a sum is wrong. chosen: the same, with flags chosen by the rows that 256 training images "
        "drive, and for three copies together: the best for a network whose data set is at hand.",
    ),
]

AdcBits = Annotated[
    int | None,
    typer.Option(
        "--adc-bits", min=2, max=12, help="Bits of the reads; at most the converters'. The chip's by default."
    ),
]

Segment = Annotated[
    float | None,
    typer.Option("--segment", min=0, help="Wire between neighbouring cells [Ohm]; the chip's own by default."),
]
Calibrate = Annotated[
    bool,
    typer.Option("--calibrate", help="Set each die's offset registers from its own reads without a driven row."),
]

States = Annotated[
    Path | None,
    typer.Option(
        "--states",
        help="What the dies hold: states.safetensors of spintile write. By default, what the network asks for.",
    ),
]

PlacementFile = Annotated[
    Path | None,
    typer.Option(
        "--placement", help="Where the network's weights sit: a die's JSON file of spintile remap. Plainly, by default."
    ),
]

#: Simulators and deliberate faults, as ``spintile.cosim`` names them; repeated here so that --help need not load it.
EngineName = Literal["verilator", "icarus"]
#: Where images are only inferred, the compiled engine too.
CosimEngineName = Literal["verilator", "icarus", "compiled"]
FaultName = Literal["die-image", "threshold", "instruction", "gate", "flag", "median"]
CombineName = Literal["sum", "median"]
WriteFaultName = Literal["step", "target", "gate", "comparator"]
WriteEngineName = Literal["auto", "model", "verilator", "icarus"]
#: What ``auto`` becomes.
ChosenEngineName = Literal["model", "verilator", "icarus"]
RegimeName = Literal["software", "die-aware", "statistics-aware"]


def worker_count(jobs: int) -> int:
    """Worker processes: as asked, or the processors that this process may use."""
    return jobs or len(os.sched_getaffinity(0))


def load_chip(name: str, repair: str | None = None, adc_bits: int | None = None, segment: float | None = None) -> Chip:
    """A preset's or a file's chip.

    Parameters
    ----------
    name : str
        A preset, or the path of a TOML file (anything with a dot or a slash).
    repair : str or None
        Column repair in place of the chip's own, with hyphens or underscores.
    adc_bits : int or None
        Bits of a read in place of the chip's own; at most what its converters have.
    segment : float or None
        Resistance of every wire segment [Ohm] in place of the chip's own.
    """
    from spintile.model.chip import Chip

    chip = Chip.load(name) if "/" in name or "." in name else Chip.preset(name)
    if repair is not None:
        mode = repair.replace("-", "_")
        if mode not in ("none", "range_guard", "pair_check", "check"):
            raise BadInput(f"--repair must be none, range-guard, pair-check or check, not {repair!r}")
        chip = chip.with_repair(cast("RepairMode", mode))
    if adc_bits is not None:
        if adc_bits > chip.geometry.adc_bits:
            raise BadInput(
                f"--adc-bits must be at most {chip.geometry.adc_bits}, what the converters of {chip.geometry.name} "
                f"have, "
                f"not {adc_bits}"
            )
        chip = chip.replace(sensing=chip.sensing.replace(adc_bits=adc_bits))
    if segment is not None:
        chip = chip.replace(wires=dataclasses.replace(chip.wires, row_segment=segment, col_segment=segment))
    return chip


def uses_flags(flags: FlagsName, chip: Chip) -> bool:
    """Whether dies are to be flagged; BadInput if the chip's repair would not look at flags."""
    if flags != "none" and chip.repair_mode != "check":
        repair = chip.repair_mode.replace("_", "-")
        raise BadInput(f"--flags {flags} must go with --repair check, not with {repair}")
    return flags != "none"


def parse_numbers(text: str, option: str) -> list[int]:
    """Numbers like ``0,2,5-8`` in the order given.

    Raises
    ------
    BadInput
        If the text is something else; the message names the option.
    """
    numbers: list[int] = []
    most = 1_000_000
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or (dash and int(last) < int(first)):
            raise BadInput(f"{option} must be numbers like 0,2,5-8, not {text!r}")
        wanted = range(int(first), int(last or first) + 1)
        if len(numbers) + wanted.stop - wanted.start > most:
            raise BadInput(f"{option} must be at most {most} numbers, not {text!r}")
        numbers.extend(wanted)
    return numbers


def parse_layers(text: str, option: str) -> list[int]:
    """Neurons of layers, ``64,32``; none of an empty text. BadInput names the option."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if any(not part.isdecimal() or int(part) < 1 for part in parts):
        raise BadInput(f"{option} must be positive numbers like 36 or 64,32, not {text!r}")
    return [int(part) for part in parts]


def existing_file(path: Path, what: str) -> Path:
    """The path, if a file is there; BadInput says what was looked for."""
    if not path.exists():
        raise BadInput(f"{path}: {what} must be a file, and there is none")
    from spintile.model.reading import check_regular

    try:
        check_regular(path)
    except ValueError as error:
        raise BadInput(str(error)) from None
    return path


def writable_file(path: Path | None, option: str) -> None:
    """BadInput if a file cannot be written there; asked before long work starts."""
    if path is None:
        return
    if path.is_dir():
        raise BadInput(f"{option} must be a file, and {path} is a folder")
    if not path.resolve().parent.is_dir():
        raise BadInput(f"{path}: its folder must exist")
    if not os.access(path.resolve().parent, os.W_OK):
        raise BadInput(f"{path}: its folder must be writable")


def writable_folder(path: Path) -> Path:
    """The folder, made if need be; BadInput if it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{path}: output folder cannot be made: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise BadInput(f"{path}: output folder must be writable")
    return path
