# SPDX-License-Identifier: BSD-3-Clause
"""Which simulator a reproduction uses, and whether it is there."""

from __future__ import annotations

from ...errors import need
from ...options import ChosenEngineName, WriteEngineName


def choose_engine(engine: WriteEngineName, quick: bool = False) -> ChosenEngineName:
    """The simulator asked for, or the one there is; a quick run takes Icarus, which needs no compiler, where it can.

    Parameters
    ----------
    engine : str
        ``verilator``, ``icarus``, ``auto``, or ``model``: none.
    quick : bool

    Raises
    ------
    BadInput, MissingTool
        If something is missing; the message says what to install.
    """
    from spintile.cosim.tools import find_icarus

    from ..writing.programming import resolve_engine

    chosen = "icarus" if engine == "auto" and quick and find_icarus().usable else resolve_engine(engine)
    if chosen != "model":
        need("amaranth", "cocotb")
        from spintile.cosim.tools import find_libpython, find_yosys, require

        require(find_yosys())
        require(find_libpython())
    return chosen
