# SPDX-License-Identifier: BSD-3-Clause
"""Jobs: what makes no sense is refused, and what the simulator's process reads is what was written."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cosim_cases import WIDE, chip, job
from spintile.cosim.job import BenchJob, Disturbance


def equal(a: Any, b: Any) -> bool:
    """Deep equality of dataclasses that hold arrays."""
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and all(equal(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return bool(a == b)


def test_a_job_survives_its_file(tmp_path: Path) -> None:
    wanted = job(chip(WIDE, 6, noise=1.0), "three", disturbance=Disturbance(0.1, 0.2, 0.3, 4), first_index=9, settle=7)
    part = wanted.bench_job(wanted.golden(), [1])
    part.save(tmp_path / "job.safetensors")
    assert equal(BenchJob.load(tmp_path / "job.safetensors"), part)


def test_flags_and_a_k_for_each_pair_survive_the_file(tmp_path: Path) -> None:
    wanted = job(chip(WIDE, 6, "check"), "median", flags=True)
    repair = wanted.repair.replace(K=tuple(range(500, 505)))
    part = wanted.replace(repair=repair).bench_job(wanted.golden(), [1])
    assert wanted.image.flags is not None
    assert wanted.image.flags.any()
    part.save(tmp_path / "job.safetensors")
    loaded = BenchJob.load(tmp_path / "job.safetensors")
    assert equal(loaded, part)
    assert loaded.repair.K == (500, 501, 502, 503, 504)
    assert np.array_equal(loaded.image.flags, wanted.image.flags[1:])  # type: ignore[arg-type]


def test_a_network_without_hidden_layers_survives_its_file(tmp_path: Path) -> None:
    wanted = job(chip(WIDE, 6), "output")
    part = wanted.bench_job(wanted.golden(), [0, 1])
    part.save(tmp_path / "job.safetensors")
    assert equal(BenchJob.load(tmp_path / "job.safetensors"), part)


def test_the_same_job_is_the_same_file(tmp_path: Path) -> None:
    wanted = job(chip(WIDE, 6), "two")
    for name in ("a", "b"):
        wanted.bench_job(wanted.golden(), [0]).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_part_expects_what_its_dies_must_show() -> None:
    wanted = job(chip(WIDE, 6, noise=1.0), "two", dies=3, first_index=70)
    record = wanted.golden()
    part = wanted.bench_job(record, [2, 0])
    expected = part.expected(0)
    assert record.codes is not None
    assert (expected.die, expected.first_index, part.dies) == (2, 70, 2)
    assert np.array_equal(expected.codes, record.codes[2])
    assert np.array_equal(expected.accumulators[1], record.accumulators[1][2])


def test_files_that_are_no_job_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="must be a safetensors file, truncated or foreign"):
        BenchJob.load(tmp_path / "x")
    with pytest.raises(ValueError, match="no such file"):
        BenchJob.load(tmp_path / "y")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"images": np.zeros((0, 23), np.uint8)}, "job: images must be at least 1, not 0"),
        ({"settle": 256}, "job: settle must be from 0 to 255, not 256"),
        ({"first_index": -1}, r"job: image indices must be from 0 to below 2\^24, not -1 and up"),
        ({"first_index": 1 << 24}, r"job: image indices must be from 0 to below 2\^24, not 16777216 and up"),
    ],
)
def test_jobs_that_make_no_sense_are_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        job(chip(WIDE, 6), "two").replace(**changes)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"image_pause": 1.0}, "disturbance: image_pause must be from 0 to below 1, not 1.0"),
        ({"stall": -0.1}, "disturbance: stall must be from 0 to below 1, not -0.1"),
        ({"soft_reset_after": -1}, "disturbance: soft_reset_after must be at least 0, not -1"),
        ({"abort_after": -1}, "disturbance: abort_after must be at least 0, not -1"),
        ({"reset_after": -2}, "disturbance: reset_after must be at least 0, not -2"),
    ],
)
def test_disturbances_that_never_end_are_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Disturbance(**settings)
