# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga check`` says in one line what it cannot check."""

from __future__ import annotations

from pathlib import Path

import pytest
from spintile.cli.main import main


@pytest.mark.parametrize(("board", "options", "message"), [
    ("icebreaker", (), "build: must be the folder of a build, and has no report.json: spintile fpga build --board"),
    ("abacus", (), "--board: board must be one of icebreaker, ulx3s, not 'abacus'"),
    ("ulx3s", ("--stage", "proof"), "build: family must be ice40 to prove a netlist, not ecp5"),
])  # fmt: skip
def test_what_cannot_be_checked_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    board: str,
    options: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("build").mkdir()
    if options:
        Path("build/report.json").write_text("{}")
    assert main(["fpga", "check", "--board", board, "--build", "build", "--quiet", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"spintile: {message}")
    assert len(said.splitlines()) == 1
