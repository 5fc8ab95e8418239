# SPDX-License-Identifier: BSD-3-Clause
"""Programs of a bitstream flow: from packages, from PATH, or as the environment names them."""

from __future__ import annotations

from pathlib import Path

import pytest
from spintile.cosim.tools import MissingTool, require
from spintile.fpga.bitstream.programs import PACKAGES, find_program


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_bring_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name.upper().replace("-", "_"), raising=False)
    tool = find_program(name)
    assert tool.usable
    assert tool.command[0].endswith(f"yowasp-{name}")


def test_the_environment_goes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("NEXTPNR_ICE40", str(own))
    assert find_program("nextpnr-ice40").command == (str(own),)
    monkeypatch.setenv("NEXTPNR_ICE40", str(tmp_path / "none"))
    with pytest.raises(MissingTool, match=r"^nextpnr-ice40 was not found: no bitstream; install it with: pip install "):
        require(find_program("nextpnr-ice40"))


def test_what_no_package_has_is_looked_for_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("ICEBOX_VLOG", raising=False)
    with pytest.raises(MissingTool, match=r"icebox_vlog was not found: .* apt-get install fpga-icestorm"):
        require(find_program("icebox_vlog"))
