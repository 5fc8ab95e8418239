# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json
import re

import numpy as np
import pytest
from spintile.cli.console import ProgressDisplay, complain, show_json, show_table


def test_a_complaint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    complain("rate must be small,\n  not   large")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "spintile: rate must be small, not large\n")


def test_json_holds_arrays_and_numbers_of_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    show_json({"a": np.arange(3), "b": np.float64(0.5), "c": np.int64(4)})
    assert json.loads(capsys.readouterr().out) == {"a": [0, 1, 2], "b": 0.5, "c": 4}


def test_brackets_in_a_table_are_only_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("a [bold] title", ("G_P [uS]",), [("[red]x[/red]",), ("✓",)])
    shown = capsys.readouterr().out
    for text in ("a [bold] title", "G_P [uS]", "[red]x[/red]", "✓"):
        assert text in shown


def test_away_from_a_terminal_each_finished_step_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay() as progress:
        for done in (0.0, 0.5, 1.0, 1.0):
            progress("first", done, "remark")
        progress("second", 0.3)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"first +0\.\d s  remark\n", shown.err)


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay(quiet=True) as progress:
        progress("first", 1.0)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")
