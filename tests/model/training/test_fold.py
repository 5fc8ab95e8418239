# SPDX-License-Identifier: BSD-3-Clause
"""Folding loses nothing: for every accumulator the integer thresholds decide as the normalisation does."""

from __future__ import annotations

import numpy as np
import pytest
from spintile.model.training.fold import Normalisation, activation_levels, fold

LIMIT = 300
ACCUMULATORS = np.arange(-LIMIT + 1, LIMIT)[:, np.newaxis]


def random_normalisation(neurons: int, seed: int) -> Normalisation:
    """Slopes of both signs and sizes, zero among them; centres on integers and between them."""
    rng = np.random.default_rng(seed)
    slope = rng.choice([-1.0, 1.0], neurons) * 10.0 ** rng.uniform(-4, 2, neurons)
    slope[::17] = 0.0
    centre = np.where(rng.random(neurons) < 0.3, rng.integers(-9, 9, neurons), 40 * rng.standard_normal(neurons))
    shift = np.where(rng.random(neurons) < 0.3, 0.0, 2 * rng.standard_normal(neurons))
    return Normalisation(centre, slope, shift)


def by_normalisation(normalisation: Normalisation, bits: int) -> np.ndarray:
    z = normalisation(ACCUMULATORS.astype(np.float64))
    return np.sum(z[..., np.newaxis] >= activation_levels(bits), axis=-1)


def by_thresholds(thresholds: np.ndarray, invert: np.ndarray) -> np.ndarray:
    met = np.sum(ACCUMULATORS[..., np.newaxis] >= thresholds, axis=-1)
    return np.where(invert, thresholds.shape[1] - met, met)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_thresholds_decide_every_accumulator_alike(bits: int, seed: int) -> None:
    normalisation = random_normalisation(200, seed)
    thresholds, invert = fold(normalisation, bits, LIMIT)
    assert np.all(np.diff(thresholds, axis=1) >= 0)
    assert np.array_equal(by_thresholds(thresholds, invert), by_normalisation(normalisation, bits))


def test_a_threshold_moved_by_one_is_noticed() -> None:
    normalisation = random_normalisation(200, 0)
    thresholds, invert = fold(normalisation, 1, LIMIT)
    inside = int(np.flatnonzero(np.abs(thresholds[:, 0]) < LIMIT)[0])
    thresholds[inside] += 1
    assert not np.array_equal(by_thresholds(thresholds, invert), by_normalisation(normalisation, 1))


def test_a_neuron_that_sees_nothing_is_always_or_never_active() -> None:
    flat = Normalisation(np.zeros(2), np.zeros(2), np.array([0.0, -0.1]))
    thresholds, invert = fold(flat, 1, LIMIT)
    assert thresholds.tolist() == [[-LIMIT], [LIMIT]]
    assert not invert.any()


def test_levels_are_even_and_symmetric() -> None:
    assert activation_levels(1).tolist() == [0]
    assert activation_levels(2).tolist() == [-1, 0, 1]
    assert activation_levels(3).tolist() == [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]
