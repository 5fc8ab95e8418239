# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re

import numpy as np
import pytest
from spintile.model.device import (
    Junction,
    Pinhole,
    Variation,
    error_rate,
    sample_junctions,
    switching_probability,
    with_pinholes,
)

NOMINAL = Junction(diameter=40.0, ra=3.2, tmr=1.24)
SHAPE = (40, 25, 25)


def test_a_die_depends_on_seed_and_die_only() -> None:
    again = [sample_junctions(NOMINAL, Variation(), SHAPE, seed=3, die=7) for _ in range(2)]
    assert np.array_equal(again[0].ra, again[1].ra)
    for other in ({"seed": 4, "die": 7}, {"seed": 3, "die": 8}):
        assert not np.array_equal(again[0].ra, sample_junctions(NOMINAL, Variation(), SHAPE, **other).ra)


def test_one_spread_can_change_and_the_rest_of_the_die_stays() -> None:
    one, other = (sample_junctions(NOMINAL, Variation(tmr=tmr, die_ra=0.1), SHAPE, seed=1) for tmr in (0.0, 0.1))
    assert np.array_equal(one.ra, other.ra)
    assert np.array_equal(one.v_c0_to_p, other.v_c0_to_p)
    assert not np.array_equal(one.tmr, other.tmr)


def test_default_spread_of_the_switching_voltage_is_the_published_one() -> None:
    volts = np.ravel(sample_junctions(NOMINAL, Variation(), SHAPE, seed=1).v_c0_to_p)
    # 25,000 devices: the standard deviation is known to 0.45 % of itself (one sigma).
    assert np.std(volts) / np.mean(volts) == pytest.approx(0.044, rel=0.02)
    # Sources: at 0.8 V, 6.5 % of devices with a threshold of 0.75 V and this spread lie above the pulse.
    assert np.mean(volts > 0.8) == pytest.approx(0.065, abs=0.006)


def test_spreads_follow_their_parameters() -> None:
    die = sample_junctions(NOMINAL, Variation(ra=0.05, diameter=0.02, tmr=0.03, anisotropy=0.04), SHAPE, seed=2)
    # One sigma of each estimate from 25,000 devices is 0.45 %.
    assert np.std(np.log(die.ra)) == pytest.approx(0.05, rel=0.02)
    assert np.std(die.diameter) / 40.0 == pytest.approx(0.02, rel=0.02)
    assert np.std(die.tmr) / 1.24 == pytest.approx(0.03, rel=0.02)
    assert np.std(np.log(die.resistance_p())) == pytest.approx(np.hypot(0.05, 0.04), rel=0.02)
    assert np.std(die.delta_p) / 60.0 == pytest.approx(np.hypot(0.04, 0.04), rel=0.02)


def test_dies_differ_by_the_spread_between_dies() -> None:
    variation = Variation(ra=0.0, die_ra=0.1)
    log_ra = [np.log(sample_junctions(NOMINAL, variation, (2,), seed=1, die=die).ra) for die in range(2000)]
    assert np.ptp(log_ra, axis=1) == pytest.approx(0.0, abs=1e-12)
    # One sigma of a standard deviation from 2,000 dies is 1.6 %.
    assert np.std(log_ra) == pytest.approx(0.1, rel=0.05)


def test_no_spread_gives_the_nominal_junction_everywhere() -> None:
    none = Variation(ra=0.0, diameter=0.0, tmr=0.0, anisotropy=0.0)
    die = sample_junctions(NOMINAL, none, (3,), seed=1)
    assert np.array_equal(die.resistance_p(), np.full(3, NOMINAL.resistance_p()))


def test_a_normal_spread_makes_error_rates_log_normal() -> None:
    # Published for normal RA and anisotropy; holds for small error rates and a small spread.
    die = sample_junctions(NOMINAL, Variation(ra=0.01, anisotropy=0.01, diameter=0.0), SHAPE, seed=1)
    logs = np.ravel(np.log(error_rate(die, False, 1.5, 4.0)))
    standard = (logs - logs.mean()) / logs.std()
    # Skewness of the rates themselves is far from 0, that of their logarithm is small.
    assert abs(np.mean(standard**3)) < 0.15
    rates = np.exp(logs - logs.mean())
    assert np.mean(((rates - rates.mean()) / rates.std()) ** 3) > 0.5


def test_a_pinhole_lowers_ra_tmr_and_critical_current() -> None:
    mask = np.array([False, True])
    pair = with_pinholes(NOMINAL, mask, Pinhole(ra=0.4, tmr=0.3, critical_current=0.6))
    healthy, pinhole = pair.resistance_p()
    assert pinhole == pytest.approx(0.4 * healthy, rel=1e-12)
    assert pair.tmr_at(0.0) == pytest.approx([1.24, 0.372])
    critical_current = pair.v_c0_to_p / pair.resistance_p()
    assert critical_current[1] == pytest.approx(0.6 * critical_current[0])


def test_a_pinhole_is_no_parallel_resistor() -> None:
    pair = with_pinholes(NOMINAL, np.array([False, True]))
    g_p, g_ap = pair.conductance(True), pair.conductance(False)
    # A resistor in parallel would add the same to both states and leave their difference as it was.
    assert g_p[1] - g_ap[1] != pytest.approx(g_p[0] - g_ap[0], rel=0.05)
    # And it would switch at the same voltage as before; a pinhole switches where the healthy junction does not.
    healthy, pinhole = switching_probability(pair, False, 0.4, 50.0)
    assert healthy < 1e-3
    assert pinhole > 0.999


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Variation(ra=-0.1), "variation: ra must be a relative spread from 0 to 0.2, not -0.1"),
        (lambda: Variation(die_tmr=0.5), "variation: die_tmr must be a relative spread from 0 to 0.2, not 0.5"),
        (lambda: Pinhole(ra=0.0), "pinhole: ra must be a factor above 0 and at most 1, not 0.0"),
        (
            lambda: sample_junctions(NOMINAL, Variation(), (1,), seed=-1),
            "seed and die must be non-negative integers, not -1 and 0",
        ),
        (
            lambda: sample_junctions(NOMINAL.replace(ra=np.ones(2)), Variation(), (1,), seed=1),
            "nominal must be one junction, not a population of shape (2,)",
        ),
    ],
)
def test_what_cannot_be_is_refused(make: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()  # type: ignore[operator]
