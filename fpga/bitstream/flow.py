# SPDX-License-Identifier: BSD-3-Clause
"""From a board's name to its bitstream."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spintile.cosim.tools import require
from spintile.model.files import write_atomically

from ..boards import Board
from .plan import NAME, PLACED, make_plan
from .programs import find_program
from .report import BuildReport, report_of

__all__ = ["BuildFailed", "Built", "TimingNotMet", "build_bitstream"]


class BuildFailed(RuntimeError):
    """A program of the flow did not do its part; one line with its own reason."""


class TimingNotMet(BuildFailed):
    """The bitstream would not run at the board's clock."""


@dataclass(frozen=True)
class Built:
    """What a build leaves in its folder.

    Parameters
    ----------
    report : BuildReport
        Also in ``report.json``.
    bitstream : Path
        What is flashed.
    folder : Path
        With ``build.log``, the netlist ``top.json`` and the constraints.
    """

    report: BuildReport
    bitstream: Path
    folder: Path


def build_bitstream(
    board: Board, out: str | Path, *, seed: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Built:
    """Build the bitstream of a board; the same sources and tools give the same bytes.

    Parameters
    ----------
    board : Board
        Which one.
    out : path
        Folder for bitstream, ``report.json``, ``build.log`` and what checks need; made if it is not there.
    seed : int, optional
        Of the placement; the board's own unless given.
    progress : function (done, total), optional
        Told after each program.

    Returns
    -------
    Built

    Raises
    ------
    MissingTool, ModuleNotFoundError
        If a program or package is not there.
    BuildFailed
        If a program fails; the log stays in ``out``.
    TimingNotMet
        If the clock is not reached; report and log stay in ``out``, the bitstream does not.
    """
    folder = Path(out)
    chosen = board.seed if seed is None else seed
    plan = make_plan(board, chosen)
    tools = {name: require(find_program(name)) for name, *_ in plan.commands}
    folder.mkdir(parents=True, exist_ok=True)
    bitstream = folder / f"{board.name}{Path(plan.bitstream).suffix}"
    bitstream.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for file, text in plan.files.items():
            (work / file).write_text(text)
        log: list[str] = []
        for done, (program, *arguments) in enumerate(plan.commands):
            if progress is not None:
                progress(done, len(plan.commands))
            tool = tools[program]
            ended = subprocess.run(
                [*tool.command, *arguments],
                cwd=work,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            log += [f"$ {program} {' '.join(arguments)}", ended.stdout + ended.stderr]
            write_atomically(folder / "build.log", "\n".join(log).encode())
            if ended.returncode:
                raise BuildFailed(f"{program} must build {board.name}, not fail with: {_reason(log[-1])}")
        if progress is not None:
            progress(len(plan.commands), len(plan.commands))
        packed = (work / plan.bitstream).read_bytes()
        report = report_of(
            board,
            json.loads((work / PLACED).read_text()),
            seed=chosen,
            bitstream=bitstream.name,
            sha256=hashlib.sha256(packed).hexdigest(),
            tools={name: tool.version for name, tool in tools.items()},
        )
        for kept in (f"{NAME}.json", f"{NAME}.il", f"{NAME}.ys", f"{NAME}.pcf", f"{NAME}.asc", f"{NAME}.lpf", PLACED):
            if (work / kept).is_file():
                write_atomically(folder / kept, (work / kept).read_bytes())
    write_atomically(folder / "report.json", (json.dumps(report.as_dict(), indent=2) + "\n").encode())
    if not report.met:
        path = f", from {' to '.join(report.critical_path)}" if report.critical_path else ""
        raise TimingNotMet(
            f"{board.name} must reach {report.target_mhz:g} MHz, not {report.fmax_mhz:g}: try another --seed{path}"
        )
    write_atomically(bitstream, packed)
    return Built(report, bitstream, folder)


def _reason(said: str) -> str:
    """The line of a log that tells why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "no reason")
