# SPDX-License-Identifier: BSD-3-Clause
"""Trainings repeat themselves, stay in the window, and know the crossbar where they should."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from spintile.model.array import Wires
from spintile.model.training.moons import (
    Recipe,
    Transfers,
    WritingErrors,
    correct_shares,
    fit_hardware_aware,
    fit_regular,
    load_points,
)
from spintile.model.training.moons.forward import Crossbars
from spintile.model.training.moons.regular import gradients, written_weights

TRAIN, FRESH = load_points(300)
SHORT = Recipe(starts=1, clean_steps=60, short_steps=0, long_steps=150, transfers=32, batch=128)
COUNTED = Transfers(WritingErrors(), 300, 99)


@pytest.fixture(scope="module")
def aware() -> np.ndarray:
    torch.set_num_threads(1)
    written = fit_hardware_aware(TRAIN, WritingErrors(), SHORT, 0)
    return correct_shares(written, FRESH, COUNTED)[0]


def test_training_for_transfers_beats_training_that_knows_nothing_of_them(aware: np.ndarray) -> None:
    plain, clean = correct_shares(fit_regular(TRAIN, 0, epochs=600), FRESH, COUNTED)
    assert clean.mean() > 0.95
    # 45 points are wanted of a full training; the short one of a test is well above the regular one too.
    assert (aware >= 0.95).mean() > (plain >= 0.95).mean() + 0.3


def test_the_same_seed_gives_the_same_network_and_another_one_another() -> None:
    recipe = SHORT.replace(clean_steps=3, long_steps=3)
    first, again, other = (fit_hardware_aware(TRAIN, WritingErrors(), recipe, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first.targets, again.targets, strict=True))
    assert not np.array_equal(first.targets[0], other.targets[0])


def test_targets_stay_in_the_window() -> None:
    written = fit_hardware_aware(TRAIN, WritingErrors(), SHORT.replace(rate=3.0, long_steps=5), 0)
    assert all(layer.min() >= 100 and layer.max() <= 500 for layer in written.targets)


def test_wires_in_the_loop_change_what_is_learned() -> None:
    recipe = SHORT.replace(clean_steps=2, long_steps=3, transfers=8)
    ideal, wired = (fit_hardware_aware(TRAIN, WritingErrors(), recipe, 0, Wires(w, w)) for w in (0.0, 2.0))
    assert not np.array_equal(ideal.targets[0], wired.targets[0])


def test_a_stuck_device_gets_no_gradient_and_others_get_theirs() -> None:
    network = Crossbars(fit_regular(TRAIN, 0, epochs=1))
    for errors, moved in ((WritingErrors(stuck_low=0.5, stuck_high=0.5), False), (WritingErrors(), True)):
        drawn = network.draw(errors, 1, np.random.default_rng(0), Wires())
        (gradient,) = torch.autograd.grad(drawn[0].sum(), [network.shares[0]])
        assert bool((gradient != 0).any()) == moved


def test_gradients_of_regular_training_are_those_of_its_loss() -> None:
    generator = np.random.default_rng(0)
    layers = [generator.standard_normal((8, 3)), generator.standard_normal((1, 9))]
    x = np.concatenate([TRAIN.x[:20], np.ones((20, 1))], axis=1)
    tensors = [torch.tensor(layer, requires_grad=True) for layer in layers]
    hidden = torch.sigmoid(torch.tensor(x) @ tensors[0].T)
    logits = hidden @ tensors[1][0, :-1] + tensors[1][0, -1]
    labels = torch.tensor(TRAIN.label[:20].astype(float))
    torch.nn.functional.binary_cross_entropy_with_logits(logits, labels).backward()
    ours = gradients(layers, x, TRAIN.label[:20])
    assert all(np.allclose(a, b.grad) for a, b in zip(ours, tensors, strict=True))
    assert not np.allclose(gradients(layers, x, ~TRAIN.label[:20])[0], tensors[0].grad)


def test_the_weight_range_holds_and_each_layer_takes_the_whole_window() -> None:
    written = fit_regular(TRAIN, 0, epochs=150, weight_range=5.0)
    assert max(written.scales) <= 5.0
    assert max(fit_regular(TRAIN, 0, epochs=150).scales) > 5.0
    assert [layer.max() for layer in written.targets] == [500, 500]
    assert [layer.min(axis=-1).max() for layer in written.targets] == [100, 100]
    layer = np.array([[2.0, -1.0]])
    assert written_weights([layer], written.arrays).targets[0].tolist() == [[[500, 100], [100, 300]]]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hidden": 0}, "recipe: hidden must be at least 1, not 0"),
        ({"short_steps": -1}, "recipe: short_steps must be at least 0, not -1"),
    ],
)
def test_a_recipe_that_is_none_is_refused(changes: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError) as error:
        Recipe(**changes)
    assert str(error.value) == said


def test_regular_training_needs_epochs() -> None:
    with pytest.raises(ValueError, match="must be positive, not 0, None"):
        fit_regular(TRAIN, 0, epochs=0)


def test_there_must_be_fresh_points() -> None:
    with pytest.raises(ValueError, match="fresh points must be at least 1, not 0"):
        load_points(0)
