# SPDX-License-Identifier: BSD-3-Clause
"""Gateware Verilated into a shared library, kept in a cache."""

from __future__ import annotations

import ctypes
import hashlib
import json
import shutil
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint64, c_void_p
from pathlib import Path

from spintile.cosim.builds import build_once, compile_verilated
from spintile.cosim.compiled.library import link_shared, verilate_shared
from spintile.cosim.design import TOP
from spintile.cosim.tools import cache_folder, find_compiler, find_make, find_verilator, require
from spintile.model.geometry import Geometry
from spintile.rtl.features import FULL, Features

from ..gateware.design import gateware_verilog

__all__ = ["build_board", "load_board"]

_HARNESS = Path(__file__).with_name("harness.cpp")
_LIBRARY = "board.so"
#: Changes when what a build folder holds changes.
_FORMAT = 1
_FUNCTIONS = {
    "board_new": (c_void_p, ()),
    "board_delete": (None, (c_void_p,)),
    "board_reset": (None, (c_void_p,)),
    "board_cycles": (c_uint64, (c_void_p,)),
    "board_run": (
        None,
        (
            c_void_p,
            c_char_p,
            c_size_t,
            POINTER(c_size_t),
            c_char_p,
            c_size_t,
            POINTER(c_size_t),
            c_uint64,
            c_uint64,
            c_int,
        ),
    ),
}


def build_board(
    geometry: Geometry,
    features: Features = FULL,
    *,
    divisor: int | None = None,
    patience: int | None = None,
    verilog: str | None = None,
    beside: bool = False,
    optimise: str = "-O2",
    cache: Path | None = None,
    jobs: int | None = None,
) -> Path:
    """The shared library of a board's gateware, from the cache or built now.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    features : Features
        What of the chip is built.
    divisor : int, optional
        Cycles of a bit of its serial line; without it bytes pass beside the line, hundreds of times as fast.
    patience : int, optional
        Of the link; its own unless given.
    verilog : str, optional
        Gateware in place of ours (deliberate faults).
    beside : bool
        Whether the registers of the serial line are ports of ``verilog``
        (:func:`~spintile.fpga.check.netlist.netlist_verilog`).
    optimise : str
        Option of the C++ compiler for the gateware.
    cache : Path, optional
        Where builds are kept; :func:`~spintile.cosim.tools.cache_folder` unless given.
    jobs : int, optional
        C++ compilations at once; the number of processors unless given.

    Raises
    ------
    MissingTool
        If Verilator, Yosys, a C++ compiler or make is missing.
    BuildError
        If the build fails.
    """
    versions = [require(tool).version for tool in (find_verilator(), find_compiler(), find_make())]
    root = cache or cache_folder()
    if verilog is None:
        verilog = gateware_verilog(geometry, features, divisor=divisor, patience=patience, cache=cache)
    digest = hashlib.sha256(json.dumps([_FORMAT, divisor, versions, find_compiler().source, optimise, beside]).encode())
    digest.update(_HARNESS.read_bytes() + b"\0" + verilog.encode())

    def make(folder: Path) -> None:
        (folder / "design.v").write_text(verilog)
        verilate_shared(folder, TOP)
        serial = "" if divisor is None else f"#define SERIAL {divisor}\n"
        if beside:
            serial = "#define BESIDE\n"
        source = folder / "model" / _HARNESS.name
        source.write_text(serial + _HARNESS.read_text())
        compile_verilated(
            folder,
            root / "runtimes",
            targets=("Vtop__ALL.a", "libverilated.a"),
            optimise=optimise,
            variant="-shared",
            jobs=jobs,
        )
        link_shared(folder, source, _LIBRARY)
        shutil.rmtree(folder / "model")

    folder = root / "boards" / digest.hexdigest()[:24]
    return build_once(folder, _LIBRARY, make, "Verilator could not make a virtual board") / _LIBRARY


def load_board(path: Path) -> ctypes.CDLL:
    """The library's functions with their types."""
    library = ctypes.CDLL(str(path))
    for name, (returned, taken) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = returned, taken
    return library
