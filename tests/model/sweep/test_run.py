# SPDX-License-Identifier: BSD-3-Clause
"""A sweep ends with the same files however it is run, and says what failed."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from spintile.model.sweep import Progress, Sweep, SweepFailed, collect, grid, run
from sweep_functions import folder_bytes

PRODUCTS = Sweep.of("sweep_functions:product", grid(seed=[2, 3], die=range(3)), "1")
ARRAYS = Sweep.of("sweep_functions:products", grid(seed=range(5), size=[64]), "1")


def test_results_come_in_the_order_of_the_settings(tmp_path: Path) -> None:
    run(PRODUCTS, tmp_path)
    assert collect(PRODUCTS, tmp_path) == [{"product": value} for value in (0, 2, 4, 0, 3, 6)]
    backwards = Sweep(PRODUCTS.function, PRODUCTS.settings[::-1], PRODUCTS.version)
    assert collect(backwards, tmp_path) == collect(PRODUCTS, tmp_path)[::-1]


def test_every_number_of_processes_gives_the_same_files(tmp_path: Path) -> None:
    for jobs in (1, 2, 3):
        run(ARRAYS, tmp_path / str(jobs), jobs=jobs)
    files = folder_bytes(tmp_path / "1")
    assert folder_bytes(tmp_path / "2") == files
    assert folder_bytes(tmp_path / "3") == files
    assert len(files) == 5 + 2  # manifest and guard
    # What would be seen if results differed in their last bits.
    other = Sweep.of("sweep_functions:products", [*grid(seed=range(4), size=[64]), {"seed": 4, "size": 65}], "1")
    run(other, tmp_path / "other")
    assert folder_bytes(tmp_path / "other") != files


@pytest.mark.parametrize("jobs", [1, 2])
def test_workers_have_one_thread_and_leave_standard_output_alone(
    tmp_path: Path, jobs: int, capfd: pytest.CaptureFixture[str]
) -> None:
    sweep = Sweep.of("sweep_functions:environment", grid(index=range(2)), "1")
    run(sweep, tmp_path / "threads", jobs=jobs)
    assert collect(sweep, tmp_path / "threads") == 2 * [{"threads": "1", "blas": "1"}]
    capfd.readouterr()
    run(Sweep.of("sweep_functions:chatty", grid(index=range(2)), "1"), tmp_path / "words", jobs=jobs)
    if jobs > 1:
        assert capfd.readouterr().out == ""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failed_task_is_recorded_and_the_rest_goes_on(tmp_path: Path, jobs: int) -> None:
    values = [1, 2, 3, 4, 6] if jobs == 1 else [1, 2, 3, 4, 5, 6]  # 5 ends its own process
    sweep = Sweep.of("sweep_functions:picky", grid(value=values), "1")
    with pytest.raises(SweepFailed) as caught:
        run(sweep, tmp_path, jobs=jobs)
    errors = {failure.setting["value"]: failure.error for failure in caught.value.failures}
    expected = {3: "ValueError: three is too many", 5: "its process ended with exit status 7"}
    assert errors == {value: expected[value] for value in values if value in expected}
    assert str(caught.value) == (
        f'{len(errors)} of {len(values)} tasks failed, the first with {{"value":3}}: ValueError: three is too many'
    )
    assert len(list((tmp_path / "tasks").iterdir())) == len(values) - len(errors)
    with pytest.raises(ValueError, match=r"tasks lack a result: {\"value\":3}: ValueError: three is too many"):
        collect(sweep, tmp_path)


def test_a_failed_task_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = Sweep.of("sweep_functions:picky", grid(value=[1, 3]), "1")
    with pytest.raises(SweepFailed):
        run(sweep, tmp_path)
    monkeypatch.setattr("sweep_functions.picky", lambda value: value)
    run(sweep, tmp_path)
    assert collect(sweep, tmp_path) == [1, 3]
    assert not list((tmp_path / "failed").iterdir())


def test_a_result_that_no_file_can_hold_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SweepFailed, match=r"ValueError: result.network must be numbers, texts, arrays, lists or"):
        run(Sweep.of("sweep_functions:unwritable", [{"value": 1}], "1"), tmp_path)


@pytest.mark.parametrize("jobs", [1, 2])
def test_nan_is_a_result(tmp_path: Path, jobs: int) -> None:
    sweep = Sweep.of("sweep_functions:not_a_number", grid(value=[1.5, 2.5]), "1")
    run(sweep, tmp_path, jobs=jobs)
    found: list[Any] = collect(sweep, tmp_path)
    assert all(math.isnan(result["mean"]) for result in found)
    assert found[1]["values"][1] == 2.5
    run(sweep, tmp_path, progress=lambda progress: pytest.fail("again") if progress.done < 2 else None)


def test_progress_counts_tasks_and_estimates_from_measured_ones(tmp_path: Path) -> None:
    seen: list[Progress] = []
    run(PRODUCTS, tmp_path, progress=seen.append)
    assert [(p.done, p.failed, p.total) for p in seen] == [(done, 0, 6) for done in range(7)]
    assert seen[0].seconds_left is None
    assert all(p.seconds_left is not None and p.seconds_left >= 0 for p in seen[1:])
    assert seen[-1].seconds_left == 0
    seen.clear()
    run(PRODUCTS, tmp_path, progress=seen.append)
    assert [p.done for p in seen] == [6]


def test_damaged_results_are_done_again_and_whole_ones_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(ARRAYS, tmp_path)
    files = folder_bytes(tmp_path)
    damaged = [name for name in files if name.startswith("tasks/")][:3]
    (tmp_path / damaged[0]).write_bytes(b"")
    (tmp_path / damaged[1]).write_bytes(files[damaged[1]][:-1])
    (tmp_path / damaged[2]).unlink()
    with pytest.raises(ValueError, match="3 of 5 tasks lack a result"):
        collect(ARRAYS, tmp_path)
    seen: list[int] = []
    run(ARRAYS, tmp_path, progress=lambda progress: seen.append(progress.done))
    assert seen == [2, 3, 4, 5]
    assert folder_bytes(tmp_path) == files


def test_what_a_killed_process_left_of_a_file_goes(tmp_path: Path) -> None:
    run(PRODUCTS, tmp_path)
    files = folder_bytes(tmp_path)
    name = PRODUCTS.names[2]
    (tmp_path / "tasks" / f"{name}.json").unlink()
    (tmp_path / "tasks" / f".{name}.json.abcd1234").write_bytes(b"half")
    run(PRODUCTS, tmp_path)
    assert folder_bytes(tmp_path) == files


@pytest.mark.parametrize(
    ("sweep", "sentence"),
    [
        (
            Sweep.of("sweep_functions:products", ARRAYS.settings, "1"),
            "function must be 'sweep_functions:products', not 'sweep_functions:product'",
        ),
        (Sweep(PRODUCTS.function, PRODUCTS.settings, "2"), "version must be '2', not '1'"),
        (
            Sweep(PRODUCTS.function, PRODUCTS.settings[:5], "1"),
            'settings must be among those of this sweep, not {"die":2,"seed":3} (1 such)',
        ),
    ],
)
def test_another_sweep_is_refused_in_the_same_folder(tmp_path: Path, sweep: Sweep, sentence: str) -> None:
    run(PRODUCTS, tmp_path)
    files = folder_bytes(tmp_path)
    with pytest.raises(ValueError) as caught:
        run(sweep, tmp_path)
    assert str(caught.value) == f"{tmp_path}/sweep.json: {sentence}: choose another folder or remove this one"
    assert folder_bytes(tmp_path) == files


def test_a_sweep_with_further_settings_goes_on_where_the_smaller_one_ended(tmp_path: Path) -> None:
    run(PRODUCTS, tmp_path / "grown")
    more = Sweep.of("sweep_functions:product", grid(seed=[1, 2, 3], die=range(3)), "1")
    seen: list[int] = []
    run(more, tmp_path / "grown", progress=lambda progress: seen.append(progress.done))
    assert seen == [6, 7, 8, 9]
    run(more, tmp_path / "at once")
    assert folder_bytes(tmp_path / "grown") == folder_bytes(tmp_path / "at once")


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "sweep.json").write_text(json.dumps({"format_version": 7}))
    with pytest.raises(ValueError, match=r"sweep.json: must be the manifest of a sweep: format_version must be 1"):
        run(PRODUCTS, tmp_path)


@pytest.mark.parametrize("jobs", [0, 1.5, True])
def test_jobs_out_of_range_are_refused(tmp_path: Path, jobs: Any) -> None:
    with pytest.raises(ValueError, match="sweep: jobs must be a positive integer, not "):
        run(PRODUCTS, tmp_path, jobs=jobs)
