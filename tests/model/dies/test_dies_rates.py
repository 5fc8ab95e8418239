# SPDX-License-Identifier: BSD-3-Clause
"""Intervals of rates and over-dispersions, on counts alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from spintile.model.dies.fitting.rates import rate_correlation_estimate, rate_estimate, rate_spread_estimate


@pytest.mark.parametrize("rate_spread", [0.0, 0.3, 0.6])
def test_rates_of_36_dies_are_covered_as_often_as_they_should_be(rate_spread: float) -> None:
    """A slice of ``coverage_campaign`` on counts alone: 4,000 populations of a chip, and of one of few defects."""
    generator = np.random.default_rng([5, int(10 * rate_spread)])
    for devices, rate in ((20_000, 0.001), (20_000, 0.005), (450, 0.001), (450, 0.005)):
        factors = generator.gamma(rate_spread**-2, rate_spread**2, (4000, 36)) if rate_spread else np.ones((4000, 36))
        counts = generator.binomial(devices, rate * factors)
        estimates = np.array([rate_estimate(each, np.full(36, devices)) for each in counts])
        covered = np.mean((estimates[:, 1] <= rate) & (rate <= estimates[:, 2]))
        # 4,000 repetitions know the coverage to 0.35 points: the band's edges are five of them from 94.3 and 95.7 %.
        assert 0.925 <= covered <= 0.975
        error = estimates[:, 0].std() / math.sqrt(4000)
        assert abs(estimates[:, 0].mean() - rate) <= 3.5 * error


@pytest.mark.parametrize("quantile", ["normal", "binomial"])
def test_intervals_that_ignore_the_dies_fail_the_same_check(quantile: str) -> None:
    generator = np.random.default_rng(6)
    rate, devices = 0.005, 20_000
    counts = generator.binomial(devices, rate * generator.gamma(0.6**-2, 0.6**2, (1000, 36)))
    if quantile == "binomial":
        error = np.sqrt(counts.sum(axis=1)) / (36 * devices)
    else:
        error = counts.std(axis=1) / devices / 36  # forgets the root
    means = counts.mean(axis=1) / devices
    assert np.mean(np.abs(means - rate) <= 1.96 * error) < 0.8


def test_no_defect_at_all_still_bounds_the_rate() -> None:
    value, low, high = rate_estimate(np.zeros(36, np.int64), np.full(36, 1000))
    assert (value, low) == (0.0, 0.0)
    # The exact one-sided bound of a Poisson count of 0 at 97.5 % is 3.69.
    assert 3 / 36_000 < high < 4.5 / 36_000


def test_one_die_has_the_interval_of_counting_alone() -> None:
    value, low, high = rate_estimate(np.array([40]), np.array([20_000]))
    assert value == 0.002
    # Garwood's exact interval of a count of 40: 28.6 to 54.5.
    assert math.isclose(low * 20_000, 29.4, abs_tol=0.9)
    assert math.isclose(high * 20_000, 54.5, abs_tol=0.9)


def test_two_dies_that_differ_leave_the_rate_nearly_open() -> None:
    _, low, high = rate_estimate(np.array([10, 100]), np.array([20_000, 20_000]))
    assert low < 0.0005
    assert high == 1.0


def test_dies_of_different_sizes_count_by_their_devices() -> None:
    counts, devices = np.array([10, 0, 30]), np.array([1000, 0, 3000])
    assert rate_estimate(counts, devices).value == 0.01
    with pytest.raises(ValueError, match=r"^rate: at least one die must have devices, not none$"):
        rate_estimate(np.array([0]), np.array([0]))


@pytest.mark.parametrize("truth", [0.0, 0.3, 0.6])
def test_over_dispersion_is_found_and_its_interval_holds(truth: float) -> None:
    generator = np.random.default_rng(9)
    estimates = []
    for _ in range(200):
        factors = generator.gamma(truth**-2, truth**2, 36) if truth else np.ones(36)
        estimates.append(rate_spread_estimate(generator.binomial(20_000, 0.003 * factors), np.full(36, 20_000)))
    values, low, high = np.array(estimates).T
    # The profile's chi-square is approximate; of 200, 180 fewer than 5 deviations below 95 % is 174.
    assert np.mean((low <= truth) & (truth <= high)) >= 0.87
    if truth:
        assert abs(values.mean() / truth - 1) < 0.06
    else:
        assert values.mean() < 0.06


def test_over_dispersion_of_what_never_occurs_is_unknown() -> None:
    assert rate_spread_estimate(np.zeros(36, np.int64), np.full(36, 1000)) == (0.0, 0.0, math.inf)


def test_correlation_of_classes_is_found() -> None:
    generator = np.random.default_rng(10)
    factors = generator.gamma(4.0, 0.25, 400)
    devices = np.full(400, 20_000)
    counts = generator.binomial(20_000, 0.003 * np.stack([factors, factors]))
    spreads = np.array([0.5, 0.5])
    assert rate_correlation_estimate(counts, devices, spreads).low > 0.7
    counts[1] = generator.permutation(counts[1])
    assert rate_correlation_estimate(counts, devices, spreads).high < 0.3
    assert rate_correlation_estimate(counts, devices, np.array([0.5, 0.0])) == (0.0, 0.0, 1.0)
