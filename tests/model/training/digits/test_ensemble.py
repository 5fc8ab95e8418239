# SPDX-License-Identifier: BSD-3-Clause
"""Stuck devices and what helps against them, as a task of plain settings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spintile.model.data import load
from spintile.model.training.digits.ensemble import ENSEMBLE_METHODS, ensemble_task, middle_of, stuck_chip

#: One pass over the training images, few images asked.
BRIEF: dict[str, Any] = {"seed": 1, "data": "mnist", "dies": [0, 5], "images": 1000, "epochs": 1}


def test_mapping_wins_back_what_stuck_devices_cost() -> None:
    plain, mapped = (ensemble_task(name, rate=20.0, **BRIEF) for name in ("single", "remapped"))
    assert plain["software"] == mapped["software"] == mapped["own_software"]
    assert plain["software"] - plain["accuracies"].mean() > 5
    assert mapped["software"] - mapped["accuracies"].mean() < 3
    assert plain["kernels"] == 26


def test_an_ensemble_takes_every_kernel_and_loses_less() -> None:
    single, ensemble = (ensemble_task(name, rate=20.0, **BRIEF) for name in ("single", "ensemble"))
    assert ensemble["kernels"] == 32
    losses = [found["software"] - found["accuracies"].mean() for found in (single, ensemble)]
    assert losses[1] < losses[0]


def test_training_at_that_rate_is_held_against_software_training() -> None:
    found = ensemble_task("aware", rate=20.0, **BRIEF)
    assert found["software"] != found["own_software"]
    assert found["accuracies"].shape == (2,)


def test_without_stuck_devices_little_is_lost() -> None:
    found = ensemble_task("single", rate=0.0, **BRIEF)
    assert abs(found["software"] - found["accuracies"].mean()) < 2


def test_half_of_the_stuck_devices_are_in_either_state() -> None:
    statistics = stuck_chip(20.0).statistics
    assert (statistics.stuck_p, statistics.stuck_ap, statistics.short, statistics.open) == (0.1, 0.1, 0.0, 0.0)


def test_the_middle_of_the_images_holds_nearly_all_strokes() -> None:
    dataset = load("mnist").take(train=500, test=500)
    middle = middle_of(dataset)
    assert middle.shape == (10, 10)
    np.testing.assert_array_equal(middle.test_images[3], dataset.test_images[3, 2:12, 2:12])
    assert middle.train_images.sum() > 0.96 * dataset.train_images.sum()
    assert dataset.train_images[:, :10, :10].sum() < 0.9 * dataset.train_images.sum()


def test_other_methods_rates_and_data_are_refused() -> None:
    with pytest.raises(ValueError, match=rf"^method must be one of {', '.join(ENSEMBLE_METHODS)}, not 'vote'$"):
        ensemble_task("vote", rate=20.0, **BRIEF)
    with pytest.raises(ValueError, match=r"^rate must be from 0 to 100 percent, not 120.0$"):
        ensemble_task("single", rate=120.0, **BRIEF)
    with pytest.raises(ValueError, match=r"^moons: images must be at least 10 x 10, not \(2,\)$"):
        middle_of(load("moons"))
