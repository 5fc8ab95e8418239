# SPDX-License-Identifier: BSD-3-Clause
"""Verilog of periphery and twin: the host's ports and one stream more, kept in the cache, clean under lint."""

from __future__ import annotations

from pathlib import Path

import pytest
from spintile.cosim.build import ports_of
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.signoff.lint import lint
from spintile.cosim.tools import find_verilator, find_yosys
from spintile.cosim.twin.design import twin_verilog
from spintile.model.geometry import Geometry

pytestmark = pytest.mark.skipif(not find_yosys().usable, reason="Yosys is missing")

TINY = Geometry(name="tiny", rows=3, cols=4, kernels=2, adc_bits=2, fraction_bits=2, activation_depth=64)


def test_a_host_sees_the_same_ports_and_the_stream_of_dies() -> None:
    twin, periphery = ports_of(twin_verilog(TINY), TOP), ports_of(periphery_verilog(TINY), TOP)
    host = {name: way for name, way in periphery.items() if name.isidentifier() and not name.startswith("array__")}
    assert host.items() <= twin.items()
    added = {name for name in twin if name.isidentifier() and name not in host and not name.startswith("array__")}
    assert added == {"die__tdata", "die__tvalid", "die__tlast", "die__tready", "loaded", "error"}
    monitored = {name: way for name, way in twin.items() if name.startswith("array__")}
    assert set(monitored.values()) == {"output"}
    assert "array__comparator" not in monitored


def test_it_is_exported_once(tmp_path: Path) -> None:
    text = twin_verilog(TINY, cache=tmp_path)
    (kept,) = (tmp_path / "verilog").glob("twin-*.v")
    kept.write_text("kept")
    assert text != "kept"
    assert twin_verilog(TINY, cache=tmp_path) == "kept"


@pytest.mark.skipif(not find_verilator().usable, reason="Verilator is missing")
def test_no_latch_no_loop_no_warning() -> None:
    assert lint(twin_verilog(TINY)).findings == ()
