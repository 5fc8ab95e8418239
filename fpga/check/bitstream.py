# SPDX-License-Identifier: BSD-3-Clause
"""The bitstream of an iCE40, decoded back to logic: what the FPGA will be, whatever the tools before it meant."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from spintile.cosim.tools import require

from ..bitstream.plan import NAME
from ..bitstream.programs import find_program
from ..boards import Board
from .faults import flip_bitstream
from .netlist import clock_pin, wrapped

__all__ = ["bitstream_verilog"]


def bitstream_verilog(board: Board, folder: str | Path, *, flip: int | None = None) -> str:
    """Verilog of a bitstream in a build's folder, with the gateware's ports around it.

    Parameters
    ----------
    board : Board
        Which board it was built for; of the family ``ice40``.
    folder : path
        Of the build.
    flip : int, optional
        Seed of one bit of a lookup table to turn over (a deliberate fault).

    Raises
    ------
    MissingTool
        If a program is not there.
    ValueError
        If the family's bitstreams cannot be decoded.
    RuntimeError
        If one cannot.
    """
    if board.family != "ice40":
        raise ValueError(f"family must be ice40 to decode a bitstream, not {board.family}")
    unpack, decode = (require(find_program(name)) for name in ("iceunpack", "icebox_vlog"))
    packed = (Path(folder) / f"{board.name}.bin").read_bytes()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "packed.bin").write_bytes(packed)
        (work / "pins.pcf").write_bytes((Path(folder) / f"{NAME}.pcf").read_bytes())
        _run([*unpack.command, "packed.bin", "unpacked.asc"], work)
        if flip is not None:
            text = (work / "unpacked.asc").read_text()
            (work / "unpacked.asc").write_text(flip_bitstream(text, flip))
        decoded = _run([*decode.command, "-s", "-n", NAME, "-p", "pins.pcf", "unpacked.asc"], work)
    # icebox_vlog knows no name for a pad that goes to a PLL.
    return wrapped(board, re.sub(r"\.PACKAGEPIN\(n\d+\)", f".PACKAGEPIN({clock_pin(board)})", decoded))


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()] or ["no reason"]
        raise RuntimeError(f"{Path(command[0]).name} must decode the bitstream, not fail with: {said[-1]}")
    return done.stdout
