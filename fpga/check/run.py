# SPDX-License-Identifier: BSD-3-Clause
"""Images through a design of a board in the simulator, over its serial line, compared with the golden model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..boards import Board
from ..host.board import Board as HostBoard
from ..host.contents import Contents
from ..host.errors import BoardError
from ..link.uart import divisor_for
from ..virtual.direct_line import DirectLine
from ..virtual.library import build_board
from ..virtual.simulation import SimulatedBoard

__all__ = ["CheckResult", "run_design"]

#: Seconds of the board's clock that an answer may take.
_PATIENCE = 0.02
#: Cycles from byte to byte, where they pass beside the serial line.
_GAP = 20


@dataclass(frozen=True)
class CheckResult:
    """What was compared, and what was found.

    Parameters
    ----------
    design : str
        ``netlist`` or ``bitstream``.
    board : str
        Name of the board.
    images : int
        Images sent.
    mismatches : int
        Answers other than golden's, and images without one.
    message : str
        The first of them; empty if there is none.
    cycles : int
        Clock cycles simulated.
    """

    design: str
    board: str
    images: int
    mismatches: int
    message: str
    cycles: int

    @property
    def passed(self) -> bool:
        """Whether every image was answered as the golden model does."""
        return not self.mismatches

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": self.passed}


def run_design(
    board: Board,
    design: str,
    verilog: str,
    contents: Contents,
    images: ArrayLike,
    classes: ArrayLike,
    *,
    beside: bool = False,
    optimise: str = "-O1",
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CheckResult:
    """Load a network and a die over the serial line, and run images.

    Parameters
    ----------
    board : Board
        Which board.
    design : str
        What ``verilog`` is, for messages.
    verilog : str
        Of :func:`~spintile.fpga.check.netlist.netlist_verilog` and the like.
    contents : Contents
        Network and die, for the board's geometry.
    images : int array (images, ...)
        As the network takes them.
    classes : int array (images,)
        What the golden model answers.
    beside : bool
        Whether bytes pass beside the serial line, as ``verilog`` must have been made for.
    optimise : str
        Option of the C++ compiler: what takes less time to compile takes more to run.
    cache : Path, optional
        Where simulators are kept.
    progress : function (done, total), optional
        Told of every request.

    Raises
    ------
    MissingTool, BuildError
        If there is no simulator, or the design does not build.
    ValueError
        If the contents do not fit the board.
    """
    divisor = divisor_for(board.clock_hz, board.baud)
    library = build_board(
        board.geometry, divisor=divisor, verilog=verilog, beside=beside, optimise=optimise, cache=cache
    )
    # Images come as fast as a chip of this size takes them.
    simulated = SimulatedBoard(library, gap=_GAP)
    # A sound design answers at once and needs no second session; a faulty one may never answer.
    host = HostBoard(
        DirectLine(simulated, clock_hz=board.clock_hz),
        board.geometry,
        timeout=_PATIENCE,
        retries=3,
        session=1,
        attempts=1,
        backoff=0.0,
    )
    wanted = np.asarray(classes)

    def result(mismatches: int, message: str) -> CheckResult:
        told = f"{design} of {board.name}: {message}" if message else ""
        return CheckResult(design, board.name, len(wanted), mismatches, told, simulated.cycles)

    try:
        host.program(contents)
        answers = host.run(images, progress=progress)
    except BoardError as error:
        return result(len(wanted), str(error))
    finally:
        host.close()
    wrong = np.flatnonzero(answers.classes != wanted)
    if not len(wrong):
        return result(0, "")
    first = int(wrong[0])
    reason = f" ({answers.error})" if answers.error else ""
    return result(len(wrong), f"image {first}: class must be {wanted[first]}, not {answers.classes[first]}{reason}")
