# SPDX-License-Identifier: BSD-3-Clause
"""Jobs of the write path: what is refused, and what comes back from the files between the processes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spintile.cosim.job import Disturbance
from spintile.cosim.writing.controller import pulse_rules
from spintile.cosim.writing.job import ProgramJob, WritingBenchJob, WritingOutcome
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.programming import WriteCommand
from writing_cases import SHARED, WIDE, chip, job, targets


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other) and one.dtype == other.dtype
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one) if f.compare)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def test_the_bench_gets_what_the_job_says(tmp_path: Path) -> None:
    on = chip(SHARED, noise=1.0, preset="goodwill").replace(wires=Wires(1.0, 2.0))
    given = job(
        on,
        WriteCommand("targets", np.stack([targets(SHARED, seed) for seed in range(3)]), rows=(1, 2)),
        WriteCommand("read"),
        dies=3,
        adc_bits=6,
        disturbance=Disturbance(stall=0.5, abort_after=3),
        settle=4,
        stuck=(2, 1, 0),
        loaded_writing=on.writing.replace(setup_cycles=9),
    )
    bench = given.bench_job([0, 2])
    bench.save(tmp_path)
    again = WritingBenchJob.load(tmp_path)
    assert same(bench.commands, again.commands)
    assert again.commands[0].targets is not None
    assert np.array_equal(again.commands[0].targets[1], targets(SHARED, 2))
    assert np.array_equal(again.population.g_p, given.population.g_p[[0, 2]])
    assert again.population.die_ids.tolist() == [0, 2]
    assert again.chip == given.chip
    assert again.chip.adc_bits == 6
    assert again.loaded.writing.setup_cycles == 9
    assert (again.seed, again.settle, again.stuck) == (7, 4, (1, 1, 0))
    assert again.disturbance == given.disturbance
    assert again.initial is None


def test_broken_lines_and_given_states_reach_the_bench(tmp_path: Path) -> None:
    sound = job(chip(SHARED))
    breaks = np.zeros(sound.population.shape, np.bool_)
    breaks[1, 0, 2, 3:] = True
    initial = np.zeros(sound.population.shape, np.bool_)
    initial[1, 1] = True
    population = dataclasses.replace(sound.population, row_breaks=breaks)
    sound.replace(population=population, initial=initial).bench_job([1]).save(tmp_path)
    again = WritingBenchJob.load(tmp_path)
    assert again.population.row_breaks is not None
    assert np.array_equal(again.population.row_breaks, breaks[[1]])
    assert again.population.col_breaks is None
    assert again.initial is not None
    assert np.array_equal(again.initial, initial[[1]])


def test_what_the_bench_found_comes_back(tmp_path: Path) -> None:
    found = WritingOutcome(
        words=[[np.array([1, 1 << 63], np.uint64), np.zeros(0, np.uint64)], []],
        times=[[np.array([10.0, 20.0]), np.zeros(0)], []],
        counters=[[(1, 2), (3, 4)], []],
        states=np.ones((1, 2, 3, 4), np.bool_),
        initial=np.zeros((2, 2, 3, 4), np.bool_),
        error="said",
        cycles=5,
        pulses=6,
        reads=7,
        seconds=8.0,
    )
    found.save(tmp_path / "outcome.safetensors")
    assert same(found, WritingOutcome.load(tmp_path / "outcome.safetensors"))


def test_files_that_are_missing_or_foreign_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        WritingBenchJob.load(tmp_path)
    job(chip(SHARED)).bench_job([0]).save(tmp_path)
    with pytest.raises(ValueError, match="format must be spintile-writing-outcome, not 'spintile-writing-job'"):
        WritingOutcome.load(tmp_path / "job.safetensors")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"commands": ()}, "job: commands must be at least 1, not 0"),
        ({"settle": 256}, "job: settle must be from 0 to 255, not 256"),
        ({"adc_bits": 9}, "sensing: adc_bits must be at most 8"),
        ({"adc_bits": 1}, "converters must tell one P device from an AP one"),
        ({"commands": (WriteCommand("read", rows=(0, 7)),)}, "region: rows must be from 0 to 6, not 0 to 7"),
        ({"commands": (WriteCommand("targets", targets(WIDE)),)}, "job: targets of command 0 must have shape"),
        ({"chip": chip(WIDE)}, "job: population must have"),
        ({"initial": np.zeros((7, 15), np.bool_)}, r"job: initial must have shape \(2, 12, 7, 15\), not \(7, 15\)"),
        ({"stuck": (0, 15, 1)}, "job: stuck must be a die, a column and a level of this chip, not"),
    ],
)
def test_jobs_that_make_no_sense_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        job(chip(SHARED)).replace(**changes)


def test_a_chip_that_pulses_do_not_write_can_only_be_read() -> None:
    sound = job(chip(SHARED))
    unwritten = sound.chip.replace(writing=sound.chip.writing.replace(junction=""))
    with pytest.raises(ValueError, match="must have devices that pulses write"):
        sound.replace(chip=unwritten)
    assert sound.replace(chip=unwritten, commands=(WriteCommand("read"),)).dies == 2


def test_a_dropped_attempt_counts_as_a_command_unless_a_reset_dropped_it() -> None:
    sound = job(chip(SHARED))
    assert sound.first_number == 0
    assert sound.replace(disturbance=Disturbance(abort_after=5)).first_number == 1
    assert sound.replace(disturbance=Disturbance(abort_after=5, soft_reset_after=5)).first_number == 2
    assert sound.replace(disturbance=Disturbance(reset_after=5)).first_number == 0


def test_rules_of_pulses_follow_from_the_settings() -> None:
    on = chip(SHARED, levels_p=(900, 900, 1000), levels_ap=(900, 1100, 1200), widths=(1, 2, 3), setup_cycles=5)
    rules = pulse_rules(on)
    assert (rules.setup, rules.passive, rules.floating) == (5, False, False)
    assert rules.widths == {
        (True, 900): {1, 2},
        (True, 1000): {3},
        (False, 900): {1},
        (False, 1100): {2},
        (False, 1200): {3},
    }
    floating = pulse_rules(chip(SHARED, preset="goodwill", scheme="floating"))
    assert (floating.passive, floating.floating) == (True, True)


def test_presets_make_jobs_as_they_are() -> None:
    for name in ("borders", "demo", "goodwill"):
        on = Chip.preset(name)
        assert ProgramJob(on, job(on, WriteCommand("read")).population, 1, (WriteCommand("all_p"),)).dies == 2
