# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spintile.cli.errors import BadInput
from spintile.cli.flows.writing.programming import load_states, make_targets, run_commands, save_states
from spintile.model.chip import Chip
from spintile.model.dies import Population, sample_population
from spintile.model.programming import WriteCommand

CHIP = Chip.preset("demo")
SHAPE = (CHIP.geometry.kernels, CHIP.geometry.rows, CHIP.geometry.cols)


def draw(dies: int = 3, seed: int = 1) -> Population:
    return sample_population(CHIP.geometry, CHIP.cell, CHIP.statistics, dies, seed)


def silent(step: str, done: float, remark: str = "") -> None:
    pass


@pytest.mark.parametrize(("name", "share"), [("checkerboard", 0.5), ("all-p", 1.0), ("all-ap", 0.0), ("random", 0.5)])
def test_patterns_are_what_they_are_called(name: str, share: float) -> None:
    targets, what = make_targets(name, CHIP, 1, seed=3)
    assert (targets.shape, targets.dtype, what) == (SHAPE, np.bool_, name)
    assert targets.mean() == pytest.approx(share, abs=0.05)
    if name == "checkerboard":
        assert np.all(targets[:, 1:] != targets[:, :-1])
        assert np.all(targets[:, :, 1:] != targets[:, :, :-1])


def test_targets_come_from_a_file(tmp_path: Path) -> None:
    wanted = np.random.default_rng(1).random((2, *SHAPE)) < 0.5
    np.save(tmp_path / "t.npy", wanted.astype(np.float64))
    targets, _ = make_targets(str(tmp_path / "t.npy"), CHIP, 2, seed=0)
    assert np.array_equal(targets, wanted)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros(SHAPE[1:]), r"targets must have \(kernels, rows, cols\) = \(8, 16, 8\) or .* not \(16, 8\)$"),
        (np.full(SHAPE, 2), r"targets must be 0 \(AP\) or 1 \(P\) everywhere, and some are not$"),
        (np.full(SHAPE, np.nan), r"targets must be 0 \(AP\) or 1 \(P\) everywhere, and some are not$"),
        (np.full(SHAPE, "a"), r"targets must be 0 \(AP\) or 1 \(P\) everywhere, and some are not$"),
        (np.zeros((4, *SHAPE)), r"not \(4, 8, 16, 8\)$"),
    ],
)
def test_targets_of_another_shape_or_kind_are_refused(tmp_path: Path, values: np.ndarray, said: str) -> None:
    np.save(tmp_path / "t.npy", values)
    with pytest.raises(BadInput, match=said):
        make_targets(str(tmp_path / "t.npy"), CHIP, 3, seed=0)


@pytest.mark.parametrize(
    ("contents", "said"),
    [(b"", "must be an array"), (b"nonsense" * 9, "must be an array"), (None, "there is no such file")],
)
def test_a_file_that_is_no_array_is_refused_in_one_line(tmp_path: Path, contents: bytes | None, said: str) -> None:
    if contents is not None:
        (tmp_path / "t.npy").write_bytes(contents)
    with pytest.raises(BadInput, match=said) as caught:
        make_targets(str(tmp_path / "t.npy"), CHIP, 3, seed=0)
    assert "\n" not in str(caught.value)


def test_anything_else_is_no_target() -> None:
    with pytest.raises(
        BadInput, match=r"^targets must be checkerboard, all-p, all-ap, random, a network .* not 'stripes'$"
    ):
        make_targets("stripes", CHIP, 1, seed=0)


def test_commands_follow_each_other_on_the_same_states() -> None:
    dies = draw()
    targets, _ = make_targets("checkerboard", CHIP, 3, 0)
    done = run_commands(
        CHIP, dies, [WriteCommand("targets", targets), WriteCommand("all_p")], seed=1, engine="model", progress=silent
    )
    healthy = dies.defect == 0
    assert len(done.reports) == 2
    assert done.states[healthy].all()
    assert done.comparison()["compared"] == 0
    again = run_commands(CHIP, dies, [WriteCommand("targets", targets)], seed=1, engine="model", progress=silent)
    assert np.array_equal(again.states[healthy], np.broadcast_to(targets, dies.shape)[healthy])
    assert np.array_equal(again.initial, done.initial)


def test_states_survive_their_file_whatever_the_order_of_the_dies(tmp_path: Path) -> None:
    dies = draw(12)
    states = np.random.default_rng(1).random(dies.shape) < 0.5
    save_states(tmp_path / "s.safetensors", dies, states, {"what": "random"})
    chosen = [11, 2, 10]
    assert np.array_equal(load_states(tmp_path / "s.safetensors", dies.select(chosen)), states[chosen])


def test_states_of_other_dies_are_refused(tmp_path: Path) -> None:
    dies, path = draw(2), tmp_path / "s.safetensors"
    save_states(path, dies, np.zeros(dies.shape, np.bool_), {})
    with pytest.raises(BadInput, match=r"states must be of these dies; the devices of die 0 are others$"):
        load_states(path, draw(2, seed=2))
    with pytest.raises(BadInput, match=r"every die that is asked for, and die 2 was not written$"):
        load_states(path, draw(3))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"must be a safetensors file, truncated or foreign"):
        load_states(path, dies)
