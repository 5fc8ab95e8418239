# SPDX-License-Identifier: BSD-3-Clause
"""The exported folder is a core that FuseSoC itself reads and lints."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from needed_tools import usable_or_skip
from spintile.cli.main import main
from spintile.cosim.signoff.core_file import core_file, core_name
from spintile.cosim.tools import find_make, find_verilator, find_yosys
from spintile.model.geometry import preset


def fusesoc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real FuseSoC on a folder, with Verilator under the name that it looks for."""
    verilator = find_verilator()
    usable_or_skip(verilator, find_make())
    pytest.importorskip("fusesoc", reason="needs fusesoc (pip install fusesoc)")
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "verilator").write_text(f'#!/bin/sh\nexec {shlex.join(verilator.command)} "$@"\n')
    (programs / "verilator").chmod(0o755)
    return subprocess.run(
        [sys.executable, "-m", "fusesoc.main", "--cores-root", str(folder), *arguments],
        cwd=folder.parent,
        env={**os.environ, **verilator.environment, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
             "HOME": str(folder.parent), "XDG_CACHE_HOME": str(folder.parent / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small chip, as the command writes it."""
    usable_or_skip(find_yosys())
    folder = tmp_path_factory.mktemp("core") / "rtl"
    assert main(["rtl", "export", "--geometry", "drolet", "--out", str(folder), "--json", "--quiet"]) == 0
    return folder


def test_fusesoc_reads_the_core(exported: Path) -> None:
    done = fusesoc(exported, "core-info", core_name())
    assert done.returncode == 0, done.stderr
    assert f"Name:        {core_name()}" in done.stdout
    assert "lint" in done.stdout


def test_its_lint_is_clean_and_a_fault_shows(exported: Path) -> None:
    clean = fusesoc(exported, "run", "--clean", "--target", "lint", core_name())
    assert (clean.returncode, "%Warning" in clean.stdout + clean.stderr) == (0, False), clean.stdout + clean.stderr
    design = exported / "spintile_top.v"
    whole = design.read_text()
    try:
        top = whole.index("\nmodule spintile_top(")
        end = whole.index("endmodule", top)
        design.write_text(f"{whole[:end]}  wire [3:0] narrow = 8'hff;\n{whole[end:]}")
        broken = fusesoc(exported, "run", "--clean", "--target", "lint", core_name())
    finally:
        design.write_text(whole)
    assert broken.returncode != 0
    assert "%Warning" in broken.stdout + broken.stderr


def test_no_file_names_a_place_on_this_machine(exported: Path) -> None:
    for path in exported.iterdir():
        text = path.read_text()
        assert str(Path(__file__).parents[3]) not in text
        assert str(exported.parent) not in text


def test_every_file_beside_the_core_is_in_it(exported: Path) -> None:
    text = (exported / "spintile.core").read_text()
    assert [path.name for path in exported.iterdir() if path.suffix != ".core" and f"- {path.name}:" not in text] == []


@pytest.mark.parametrize(
    ("filesets", "message"),
    [
        ({"rtl": ["a.v"]}, "^core file: fileset waivers must have a file, not none$"),
        (
            {"rtl": ["a.v"], "waivers": ["a.vlt"], "sdc": ["a.sdc"], "pcf": ["a.pcf"], "lpf": ["a.doc"]},
            "^core file: a.doc must end in one of ",
        ),
    ],
)
def test_a_core_that_lacks_a_file_is_one_clear_error(filesets: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        core_file(preset("demo"), filesets)
