# SPDX-License-Identifier: BSD-3-Clause
"""Forty mutants: the good design agrees with the golden model, most mutants do not; an ended campaign goes on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from spintile.cosim.mutation import Campaign, run_campaign
from spintile.cosim.mutation.campaign import DATA_PATH
from spintile.cosim.mutation.events import read_reference, reference_differences
from spintile.cosim.mutation.mutants import Mutant
from spintile.cosim.mutation.workload import make_workload
from spintile.cosim.tools import find_compiler, find_make, find_verilator, find_yosys
from spintile.model.geometry import Geometry

#: Small, with everything in it; the last column has no partner.
SMALL = Geometry(
    name="small", rows=6, cols=7, kernels=8, adc_bits=6, fraction_bits=4, acc_bits=16, activation_depth=128,
    instruction_depth=64, segment_depth=32, threshold_depth=24, layer_limit=4, loop_depth=2, input_bits=2,
    activation_bits=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for tool in (find_verilator(), find_compiler(), find_make(), find_yosys()):
        if not tool.usable:
            pytest.skip(f"{tool.name} is {tool.state}; {tool.install}")
    return tmp_path_factory.mktemp("mutation")


@pytest.fixture(scope="module")
def campaign(folder: Path) -> Campaign:
    return run_campaign(SMALL, 40, seed=2, out=folder, prove=False)


def test_most_of_forty_mutants_are_killed(campaign: Campaign) -> None:
    assert len(campaign.killed) + len(campaign.survived) == 40
    # Some of the others change nothing: the proof, which takes longer, is left to the whole campaign.
    assert campaign.score >= 0.7, [mutant.text for mutant in campaign.mutants if mutant.number in campaign.survived]


def test_an_ended_campaign_goes_on_where_it_was(campaign: Campaign, folder: Path) -> None:
    path = folder / "mutants.jsonl"
    whole = path.read_text().splitlines()
    told = sorted(json.loads(line)["mutant"] for line in whole[1:])
    path.write_text("\n".join(whole[:20]) + '\n{"mutant": 3, "ver')
    seen: list[int] = []
    again = run_campaign(SMALL, 40, seed=2, out=folder, prove=False, progress=lambda done, total: seen.append(done))
    assert dataclasses.replace(again, seconds=0) == dataclasses.replace(campaign, seconds=0)
    assert seen[-1] == 40
    assert (
        sorted(json.loads(line)["mutant"] for line in path.read_text().splitlines()[1:] if line.endswith("}")) == told
    )


def test_the_design_itself_agrees_with_the_golden_model_on_every_part(campaign: Campaign, folder: Path) -> None:
    workload = make_workload(SMALL, 2)
    assert reference_differences(workload, folder / "reference") == ""
    assert campaign.cycles == int(read_reference(folder / "reference")["ends"][-1])
    assert {part.name for part in workload.parts} >= {"wide", "flags", "blind", "windows", "differential", "deep"}


@pytest.mark.parametrize(("channel", "stage"), [("codes", "codes"), ("accumulators", "accumulators")])
def test_a_changed_event_of_the_design_is_a_difference(
    campaign: Campaign, folder: Path, tmp_path: Path, channel: str, stage: str
) -> None:
    words = read_reference(folder / "reference")
    changed = tmp_path / "reference"
    with changed.open("wb") as file:
        for name, values in words.items():
            altered = values.copy()
            if name == channel:
                altered[0] ^= 1
            file.write(len(altered).to_bytes(8, "little") + altered.astype("<u4").tobytes())
    assert f"wide: {stage}:" in reference_differences(make_workload(SMALL, 2), changed)


def test_the_score_leaves_out_what_was_proved_equivalent() -> None:
    blocks = ("accumulator", "accumulator", "writer", "gather")
    mutants = tuple(
        Mutant(number, "inv", f"$flatten\\{block}.$1", "A", 0, "", "", "") for number, block in enumerate(blocks, 1)
    )
    found = Campaign("small", 0, {1: "codes", 3: "pulses"}, (2,), (4,), mutants, 10, 0.0)
    assert found.score == pytest.approx(2 / 3)
    assert found.data_path_score == pytest.approx(1 / 2)
    told = found.as_dict()
    assert (told["total"], told["killed"], told["equivalent"], told["survived"]) == (4, 2, 1, 1)
    assert told["blocks"]["gather"] == {"survived": 1}
    assert "gather" in DATA_PATH
