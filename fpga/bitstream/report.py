# SPDX-License-Identifier: BSD-3-Clause
"""``report.json``: what a bitstream takes of its FPGA, and how fast it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..boards import Board
from .speed import Speed, speed_of

__all__ = ["BuildReport", "Used", "report_of"]

#: Of this report.
_FORMAT = 1


@dataclass(frozen=True)
class Used:
    """Cells of one kind: how many are used, and how many there are."""

    used: int
    available: int


@dataclass(frozen=True)
class BuildReport:
    """A build.

    Parameters
    ----------
    board, geometry : str
        Names.
    geometry_digest : str
        As the register ``GEOMETRY`` has it.
    features : str
        As the register ``FEATURES`` has it.
    target_mhz, fmax_mhz : float
        Clock that the board runs at, and the fastest one that nextpnr finds.
    logic, memory : Used
        Logic cells and block RAMs.
    speed : Speed
        At the clock that the board runs at.
    critical_path : tuple of str
        Where the slowest path begins and ends.
    seed : int
        Of the placement.
    bitstream, sha256 : str
        Name and hash of the file.
    tools : dict of str to str
        Versions.
    """

    board: str
    geometry: str
    geometry_digest: str
    features: str
    target_mhz: float
    fmax_mhz: float
    logic: Used
    memory: Used
    speed: Speed
    critical_path: tuple[str, ...]
    seed: int
    bitstream: str
    sha256: str
    tools: dict[str, str]

    @property
    def met(self) -> bool:
        """Whether the clock is reached."""
        return self.fmax_mhz >= self.target_mhz

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        speed = asdict(self.speed)
        return {
            "format_version": _FORMAT,
            **{name: value for name, value in asdict(self).items() if name != "speed"},
            **speed,
            "microseconds_per_image": self.speed.cycles_per_image / self.target_mhz,
            "met": self.met,
        }


def report_of(
    board: Board, placed: Mapping[str, Any], *, seed: int, bitstream: str, sha256: str, tools: dict[str, str]
) -> BuildReport:
    """A report from nextpnr's.

    Parameters
    ----------
    board : Board
        Which board.
    placed : mapping
        nextpnr's report: ``fmax`` by clock, ``utilization`` by kind of cell, ``critical_paths``.
    seed, bitstream, sha256, tools
        As in the report.

    Raises
    ------
    ValueError
        If nextpnr's report has no clock, or lacks a kind of cell.
    """
    if not placed.get("fmax"):
        raise ValueError("nextpnr's report must have a clock in fmax, and has none")
    # The clock of the gateware is the one that falls shortest of what was asked for: others drive next to nothing.
    clock, rates = min(placed["fmax"].items(), key=lambda item: item[1]["achieved"] / item[1]["constraint"])
    used = {}
    for name, kind in board.cells.items():
        if kind not in placed.get("utilization", {}):
            raise ValueError(f"nextpnr's report must count {kind}, and does not")
        used[name] = Used(placed["utilization"][kind]["used"], placed["utilization"][kind]["available"])
    return BuildReport(
        board=board.name,
        geometry=board.geometry.name,
        geometry_digest=f"0x{board.geometry.digest():08x}",
        features=f"0x{board.features.word:08x}",
        target_mhz=board.clock_hz / 1e6,
        fmax_mhz=round(rates["achieved"], 2),
        logic=used["logic"],
        memory=used["memory"],
        speed=speed_of(board, board.clock_hz),
        critical_path=_ends(placed, clock),
        seed=seed,
        bitstream=bitstream,
        sha256=sha256,
        tools=tools,
    )


def _ends(placed: Mapping[str, Any], clock: str) -> tuple[str, ...]:
    """Cells at both ends of the slowest path of a clock; nothing if nextpnr does not say."""
    for path in placed.get("critical_paths", ()):
        if path["from"].endswith(clock) and path["to"].endswith(clock) and path["path"]:
            first, last = path["path"][0], path["path"][-1]
            return (first["from"]["cell"], last["to"]["cell"])
    return ()
