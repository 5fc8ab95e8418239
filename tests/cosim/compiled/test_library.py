# SPDX-License-Identifier: BSD-3-Clause
"""Libraries: built once, for any top module that the harness can drive; told in one line when they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiled_designs import SMALL, STUB
from needed_tools import engine_or_skip
from spintile.cosim.builds import BuildError
from spintile.cosim.compiled import build_library
from spintile.cosim.compiled.library import _ports


def test_ports_are_read_from_what_verilator_declares() -> None:
    header = """
    VL_IN8(&clk,0,0);
    VL_OUT16(&trace___05Fresult___05Flabel,15,0);
    VL_OUTW(&array___05Ftrial,199,0,7);
    VL_IN64(&wide,39,0);
    """
    ports = _ports(header)
    assert {name: (port.direction, port.width, port.words) for name, port in ports.items()} == {
        "clk": ("input", 1, 1),
        "trace__result__label": ("output", 16, 1),
        "array__trial": ("output", 200, 7),
        "wide": ("input", 40, 2),
    }
    assert ports["array__trial"].member == "array___05Ftrial"


def test_the_same_design_is_built_once_and_another_is_another(tmp_path: Path) -> None:
    engine_or_skip("compiled")
    first = build_library(STUB, "stub", SMALL, optimise="-O0", cache=tmp_path)
    stamp = first.path.stat().st_mtime_ns
    again = build_library(STUB, "stub", SMALL, optimise="-O0", cache=tmp_path)
    assert again == first
    assert again.path.stat().st_mtime_ns == stamp
    assert build_library(STUB, "stub", SMALL.replace(rows=5), optimise="-O0", cache=tmp_path).path != first.path
    assert not first.has_array
    assert not first.has_trace
    assert (first.ports["extra"].direction, first.ports["extra"].width) == ("input", 70)


def test_a_top_that_cannot_be_driven_is_refused(tmp_path: Path) -> None:
    engine_or_skip("compiled")
    with pytest.raises(ValueError, match=r"^top module 'stub' must have an input 'image__tvalid'$"):
        build_library(STUB.replace("image__tvalid", "image__valid"), "stub", SMALL, cache=tmp_path)
    assert not [path for path in (tmp_path / "libraries").iterdir() if path.is_dir()]


def test_a_design_that_does_not_compile_is_told_in_one_line(tmp_path: Path) -> None:
    engine_or_skip("compiled")
    broken = STUB.replace("assign image__tready = 0;", "assign image__tready = nothing + ;")
    with pytest.raises(
        BuildError, match=r"^Verilator could not make a library of 'stub': .*design\.v:\d+.* \(log: .*\)$"
    ):
        build_library(broken, "stub", SMALL, cache=tmp_path)
