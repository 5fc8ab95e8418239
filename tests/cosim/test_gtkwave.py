# SPDX-License-Identifier: BSD-3-Clause
"""The view beside the waveforms names signals that are in them, and its tables decode what the RTL did."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from cosim_cases import MINI, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.design import TOP
from spintile.cosim.run import cosimulate

#: Where the sequencer may go from each state, in words of its docstring.
FOLLOWING: dict[str, set[str]] = {
    "between": {"layer"},
    "layer": {"run", "between"},
    "run": {"layer", "between", "stopped"},
    "stopped": set(),
}


def shown(view: Path) -> dict[str, tuple[str, str]]:
    """Signals of a save file with names: signal as it is there, and filter file, by title."""
    found, place = {}, ""
    for line in view.read_text().splitlines():
        if line.startswith("^"):
            place = line.partition(" ")[2]
        elif line.startswith("+{"):
            title, _, signal = line[2:].partition("} ")
            found[title] = (signal, place)
    return found


def variables(waves: Path) -> dict[str, str]:
    """Identifier of each variable of a VCD file, by its whole name with its range of bits."""
    scopes: list[str] = []
    found = {}
    for line in waves.read_text().partition("$enddefinitions")[0].splitlines():
        words = line.split()
        if words[:1] == ["$scope"]:
            scopes.append(words[2])
        elif words[:1] == ["$upscope"]:
            scopes.pop()
        elif words[:1] == ["$var"]:
            found[".".join([*scopes, "".join(words[4:-1])])] = words[3]
    return found


def names_over_time(waves: Path, signal: str, table: dict[int, str]) -> list[str]:
    """What a signal was called, change by change."""
    code = variables(waves)[signal]
    values = [
        int(line.split()[0][1:], 2)
        for line in waves.read_text().splitlines()
        if line.startswith("b") and line.split()[-1] == code and set(line.split()[0][1:]) <= {"0", "1"}
    ]
    return [table[value] for number, value in enumerate(values) if number == 0 or value != values[number - 1]]


def steps_allowed(path: list[str]) -> bool:
    return path[0] == "between" and all(after in FOLLOWING[before] for before, after in itertools.pairwise(path))


@pytest.mark.parametrize("engine", ["icarus", "verilator"])
def test_a_run_leaves_a_view_that_fits_its_waveforms(engine: str, tmp_path: Path) -> None:
    result = cosimulate(
        job(chip(MINI, 4), "output", dies=1, images=1), engine_or_skip(engine), out=tmp_path, waves="vcd"
    )
    assert result.passed, result.message
    waves = tmp_path / "simulation" / "waves.vcd"
    view = waves.with_suffix(".gtkw")
    text = view.read_text()
    assert '[dumpfile] "waves.vcd"' in text
    assert str(tmp_path) not in text

    signals, there = shown(view), variables(waves)
    assert {"sequencer", "activation", "bit on trial", "repair", "read response", "row 0", "column 7"} <= set(signals)
    plain = [line for line in text.splitlines() if line.startswith(f"{TOP}.")]
    assert [name for name in (*plain, *(signal for signal, _ in signals.values())) if name not in there] == []

    tables = {
        title: {
            int(number, 16): name
            for number, _, name in (line.partition(" ") for line in (view.parent / place).read_text().splitlines())
        }
        for title, (_, place) in signals.items()
    }
    path = names_over_time(waves, signals["sequencer"][0], tables["sequencer"])
    assert "run" in path
    assert steps_allowed(path)
    assert names_over_time(waves, signals["repair"][0], tables["repair"])[-1] == "PAIR_CHECK"
    assert set(names_over_time(waves, signals["bit on trial"][0], tables["bit on trial"])) == {
        "none", "bit 0", "bit 1", "bit 2", "bit 3",
    }  # fmt: skip
    # A table whose names are in the wrong place is found out.
    wrong = {number: tables["sequencer"][number ^ 1] for number in tables["sequencer"]}
    assert not steps_allowed(names_over_time(waves, signals["sequencer"][0], wrong))
