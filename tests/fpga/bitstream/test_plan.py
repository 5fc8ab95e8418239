# SPDX-License-Identifier: BSD-3-Clause
"""Plans: the same every time, without a path of this machine, with what makes memories block RAM as it is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from spintile.fpga.bitstream.plan import make_plan
from spintile.fpga.boards import board
from tiny_board import TINY


def test_a_plan_is_the_same_every_time_and_names_no_file_of_this_machine() -> None:
    plan = make_plan(TINY)
    assert plan == make_plan(TINY)
    assert str(Path(__file__).parents[3]) not in plan.files["top.il"]
    assert "\\src" not in plan.files["top.il"]


def test_commands_are_those_of_the_family_with_seed_and_report() -> None:
    plan = make_plan(TINY, seed=5)
    assert [words[0] for words in plan.commands] == ["yosys", "nextpnr-ice40", "icepack"]
    place = plan.commands[1]
    assert place[place.index("--seed") + 1] == "5"
    assert place[place.index("--report") + 1] == "placed.json"
    assert plan.bitstream == "top.bin"


def test_only_memories_of_die_and_program_may_give_anything_as_they_are_written() -> None:
    (line,) = (line for line in make_plan(TINY).files["top.ys"].splitlines() if line.startswith("setparam"))
    assert line.split()[4:] == [
        "top.gateware.linked.chip.twin.memory/t:$memrd_v2",
        "top.gateware.linked.chip.periphery.program/t:$memrd_v2",
    ]
    modules = make_plan(TINY).files["top.il"]
    assert all(f"module \\{part.split('/')[0]}\n" in modules for part in line.split()[4:])


@pytest.mark.parametrize("memory", ["segments", "instructions"])
def test_what_a_sequencer_of_an_ecp5_reads_is_in_lookup_tables(memory: str) -> None:
    chip = "top.gateware.linked.chip.periphery.program"
    plan = make_plan(dataclasses.replace(board("ulx3s"), geometry=TINY.geometry, features=TINY.features))
    assert f'setattr -set ram_style "distributed" {chip}/m:{memory}' in plan.files["top.ys"]
    module = plan.files["top.il"].split(f"module \\{chip}\n")[1].split("\nend\n")[0]
    assert f"\\{memory}\n" in module
    assert "distributed" not in make_plan(TINY).files["top.ys"], "an iCE40 has none of that kind"
