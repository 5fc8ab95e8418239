# SPDX-License-Identifier: BSD-3-Clause
"""A bitstream from its board's file: whole or not there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from needed_tools import usable_or_skip
from spintile.fpga.bitstream import BuildFailed, Built, TimingNotMet, build_bitstream
from spintile.fpga.bitstream.programs import find_program
from tiny_board import TINY


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The tiny board's bitstream."""
    usable_or_skip(*(find_program(name) for name in ("yosys", "nextpnr-ice40", "icepack")))
    return build_bitstream(TINY, tmp_path_factory.mktemp("tiny"))


def test_bitstream_report_and_log_are_there_and_belong_together(built: Built) -> None:
    report = json.loads((built.folder / "report.json").read_text())
    assert report["sha256"] == hashlib.sha256(built.bitstream.read_bytes()).hexdigest()
    assert report["met"]
    assert report["fmax_mhz"] >= report["target_mhz"] == 24.0
    assert 0 < report["logic"]["used"] < report["logic"]["available"] == 5280
    assert "nextpnr-ice40" in (built.folder / "build.log").read_text()
    used = json.loads((built.folder / "placed.json").read_text())["utilization"]
    assert used["ICESTORM_DSP"]["used"] == used["ICESTORM_SPRAM"]["used"] == 0, "the bitstream decodes whole"


def test_the_same_inputs_give_the_same_bytes(built: Built, tmp_path: Path) -> None:
    again = build_bitstream(TINY, tmp_path / "elsewhere")
    assert again.bitstream.read_bytes() == built.bitstream.read_bytes()


def test_a_clock_that_is_not_reached_is_an_error_and_leaves_no_bitstream(built: Built, tmp_path: Path) -> None:
    fast = dataclasses.replace(TINY, clock_hz=900_000_000, baud=9_000_000)
    with pytest.raises(TimingNotMet, match=r"^tiny must reach 900 MHz, not [\d.]+: try another --seed, from "):
        build_bitstream(fast, tmp_path)
    assert (tmp_path / "report.json").is_file()
    assert not list(tmp_path.glob("*.bin"))


def test_a_program_that_fails_is_named_and_leaves_only_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho ERROR: out of thought >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("NEXTPNR_ICE40", str(broken))
    with pytest.raises(BuildFailed, match=r"^nextpnr-ice40 must build tiny, not fail with: ERROR: out of thought$"):
        build_bitstream(TINY, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["build.log"]
