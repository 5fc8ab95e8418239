# SPDX-License-Identifier: BSD-3-Clause
"""A piece of a VCD file begins with the levels that hold there, and has every change up to its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from spintile.cosim.waves import cut_vcd, last_time

WHOLE = """$date today $end
$version some simulator $end
$timescale 10ps $end
$scope module top $end
$var wire 1 ! clk $end
$var wire 8 # code [7:0] $end
$upscope $end
$enddefinitions $end
#0
$dumpvars
0!
b0 #
$end
#100
1!
b101 #
#200
0!
#300
1!
b111 #
#400
0!
"""


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "whole.vcd"
    path.write_text(WHOLE)
    return path


def body(path: Path) -> list[str]:
    return path.read_text().partition("$enddefinitions $end\n")[2].splitlines()


def test_a_piece_has_the_levels_at_its_start_and_the_changes_within(whole: Path) -> None:
    piece = whole.with_name("piece.vcd")
    assert cut_vcd(whole, piece, 1.5, 3.0) == 3
    assert body(piece) == [
        "#150", "$dumpvars", "1!", "b101 #", "$end", "#200", "0!", "#300", "1!", "b111 #", "#300",
    ]  # fmt: skip
    header = piece.read_text().partition("$enddefinitions")[0]
    assert "$var wire 8 # code [7:0] $end" in header
    assert "today" not in header


def test_changes_at_both_ends_are_in_the_piece(whole: Path) -> None:
    piece = whole.with_name("piece.vcd")
    assert cut_vcd(whole, piece, 0.0, 100.0) == 8
    assert body(piece)[:4] == ["#0", "$dumpvars", "$end", "#0"]
    assert body(piece)[-3:] == ["#400", "0!", "#10000"]


def test_a_piece_after_the_last_change_is_its_levels(whole: Path) -> None:
    piece = whole.with_name("piece.vcd")
    assert cut_vcd(whole, piece, 10.0, 20.0) == 0
    assert body(piece) == ["#1000", "$dumpvars", "0!", "b111 #", "$end", "#2000"]


def test_the_last_time_is_told_in_nanoseconds(whole: Path) -> None:
    assert last_time(whole) == pytest.approx(4.0)


def test_other_files_and_times_are_refused(whole: Path) -> None:
    foreign = whole.with_name("foreign.vcd")
    foreign.write_text("#0\n1!\n")
    with pytest.raises(ValueError, match=r"foreign.vcd: must be a VCD file with a timescale and definitions$"):
        last_time(foreign)
    with pytest.raises(ValueError, match=r"^waveforms: start must be at most stop, not 2 and 1 ns$"):
        cut_vcd(whole, whole.with_name("piece.vcd"), 2.0, 1.0)
