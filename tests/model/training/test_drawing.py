# SPDX-License-Identifier: BSD-3-Clause
"""Devices drawn fast have the distributions of dies drawn whole, in every parameter of the statistics."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import DefectStatistics
from spintile.model.dies.statistics import RATES
from spintile.model.training import NetworkSpec
from spintile.model.training.devices import Devices
from spintile.model.training.drawing import DeviceSource
from spintile.model.training.log_normal import LogNormalPool
from spintile.model.training.wiring import Wiring

from .array_networks import STATISTICS, small_chip

SPEC = NetworkSpec.dense((11,), 5, output_copies=2)
DRAWS, DIES = 25, 8

PROCESSES: dict[str, tuple[DefectStatistics, dict[str, float]]] = {
    "plain": (STATISTICS, {}),
    "no defects": (DefectStatistics(spread=0.2), {}),
    "no spread": (STATISTICS.replace(spread=0.0), {}),
    "die spreads": (STATISTICS.replace(die_spread=0.2, tmr_spread=0.1, die_tmr_spread=0.15), {}),
    "pinholes": (STATISTICS.replace(pinhole=0.1, tmr_spread=0.1), {}),
    "spread shorts": (STATISTICS.replace(short_spread=0.3), {}),
    "bad dies": (STATISTICS.with_rate_spread(1.0, 0.5), {}),
    "open lines": (STATISTICS.replace(open_row=0.05, open_col=0.08), {}),
    "column errors": (STATISTICS, {"offset_sigma": 2.0, "gain_sigma": 0.1, "pedestal": 3.0}),
    "hardly anything works": (DefectStatistics(spread=0.1, short=0.4, open=0.3, stuck_p=0.2, stuck_ap=0.1), {}),
}


def of_process(name: str) -> Chip:
    statistics, sensing = PROCESSES[name]
    return small_chip(statistics=statistics, sensing=sensing)


def wirings(chip: Chip) -> list[Wiring]:
    template, placement = SPEC.template((23,)), SPEC.placed((23,), chip.geometry)
    return [Wiring.of(*pair, chip.geometry) for pair in zip(template.layers, placement.layers, strict=True)]


def fast(chip: Chip, seed: int = 1) -> list[list[Devices]]:
    source = DeviceSource(chip, wirings(chip), 0, torch.Generator().manual_seed(seed))
    return [source.draw(DIES) for _ in range(DRAWS)]


def whole(chip: Chip) -> list[list[Devices]]:
    generator = torch.Generator().manual_seed(2)
    return [Devices.drawn(chip, wirings(chip), DIES, 0, generator) for _ in range(DRAWS)]


def figures(draws: list[list[Devices]]) -> dict[str, np.ndarray]:
    """One number for each die (or column of one), so that all of them are independent."""
    found: dict[str, list[np.ndarray]] = {}

    def add(name: str, values: Any) -> None:
        found.setdefault(name, []).append(np.asarray(values, np.float64).ravel())

    for layers in draws:
        joined = [
            torch.cat([getattr(d, state).reshape(DIES, -1) for d in layers], 1).numpy() for state in ("on", "off")
        ]
        on, off = joined
        healthy = on > off
        add("share open", (on == 0).mean(1))
        add("share of one state", ((on == off) & (on > 0)).mean(1))
        add("mean P", [row[good].mean() if good.any() else 0 for row, good in zip(on, healthy, strict=True)])
        add("mean AP", [row[good].mean() if good.any() else 0 for row, good in zip(off, healthy, strict=True)])
        add("spread P", [row[good].std() if good.any() else 0 for row, good in zip(on, healthy, strict=True)])
        add("spread ratio", [(b[g] / a[g]).std() if g.any() else 0 for a, b, g in zip(on, off, healthy, strict=True)])
        add("largest", on.max(1))
        first = layers[0].on.view(DIES, -1, *layers[0].on.shape[1:])
        add("open columns", (first == 0).all(4).float().mean((1, 2, 3)))
        add("open rows", (first == 0).all(3).float().mean((1, 2, 3)))
        add("columns apart", first.mean((1, 4)).std((1, 2)))
        if layers[0].offset is not None:
            add("offset", layers[0].offset[:: layers[0].offset.shape[0] // DIES, 0, 0])
    return {name: np.concatenate(values) for name, values in found.items()}


def furthest(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """Smallest probability that a figure of both comes from one distribution (Kolmogorov and Smirnov)."""
    assert one.keys() == other.keys()
    return min(float(ks_2samp(one[name], other[name]).pvalue) for name in one)


# The least of ten figures in ten processes: with other seeds, one run in a hundred would fall below.
LIMIT = 1e-4


@pytest.mark.parametrize("name", PROCESSES)
def test_devices_have_the_distributions_of_dies_drawn_whole(name: str) -> None:
    chip = of_process(name)
    assert furthest(figures(fast(chip)), figures(whole(chip))) > LIMIT


def test_every_parameter_of_the_statistics_is_drawn_here_or_leads_to_whole_dies() -> None:
    # A parameter that is new to the statistics needs its place in DeviceSource, and a process above.
    plain, whole = DefectStatistics(), {"spatial_clustering", "spatial_range"}
    names = {field.name for field in dataclasses.fields(DefectStatistics)} - whole - {"short_strength"}
    drawn = {
        name
        for name in names
        for statistics, _ in PROCESSES.values()
        if getattr(statistics, name) != getattr(plain, name)
    }
    assert drawn == names


@pytest.mark.parametrize(
    "changes",
    [
        {"spread": 0.07},
        {"die_spread": 0.05},
        {"tmr_spread": 0.05},
        {"short": 0.045},
        {"open": 0.03},
        {"stuck_ap": 0.035},
        {"open_col": 0.05},
        {"pinhole": 0.02},
        {"short_strength": 6.5},
    ],
)
def test_another_process_shows(changes: dict[str, float]) -> None:
    right, wrong = small_chip(), small_chip(statistics=STATISTICS.replace(**changes))
    assert furthest(figures(fast(wrong)), figures(whole(right))) < LIMIT


def test_every_value_is_one_of_a_die_image() -> None:
    chip = of_process("column errors")
    for devices in fast(chip)[0]:
        for values in (devices.on, devices.off, devices.offset):
            assert values is not None
            steps = values * (1 << chip.geometry.fraction_bits)
            assert torch.equal(steps, steps.round())


def test_large_contributions_saturate() -> None:
    statistics = DefectStatistics(short=0.5, short_strength=1e6)
    chip = small_chip(statistics=statistics)
    assert float(fast(chip)[0][0].on.max()) == float(whole(chip)[0][0].on.max())


def test_the_generator_alone_decides_and_no_two_draws_are_alike() -> None:
    chip = of_process("die spreads")
    first, again, other = fast(chip), fast(chip), fast(chip, seed=3)
    assert all(torch.equal(a[0].on, b[0].on) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0][0].on, other[0][0].on)
    assert not torch.equal(first[0][0].on, first[1][0].on)


def test_draws_know_nothing_of_each_other() -> None:
    chip = of_process("no defects")
    source = DeviceSource(chip, wirings(chip), 0, torch.Generator().manual_seed(1))
    values = np.stack([source.draw(1)[0].on.numpy().ravel() for _ in range(60)])
    together = np.corrcoef(values)[np.triu_indices(60, 1)]
    # 616 devices: a correlation of unrelated draws has the deviation 0.04; five of them in 1,770 are rare.
    assert np.abs(together).max() < 0.2
    assert abs(together.mean()) < 0.01


TIED: list[dict[str, Any]] = [{"wires": Wires(2.0, 2.0)}, {"statistics": STATISTICS.replace(spatial_clustering=1.0)}]


@pytest.mark.parametrize("changes", TIED)
def test_dies_whose_devices_are_tied_are_drawn_whole(changes: dict[str, Any]) -> None:
    chip = small_chip(**changes)
    drawn = DeviceSource(chip, wirings(chip), 5, torch.Generator().manual_seed(1)).draw(2)
    generator = torch.Generator().manual_seed(1)
    kept = [Devices.drawn(chip, wirings(chip), 1, 5, generator) for _ in range(32)]
    chosen = torch.randperm(32, generator=generator)[:2].tolist()
    for layer, found in enumerate(drawn):
        assert torch.equal(found.on, torch.cat([kept[die][layer].on for die in chosen]))
        assert torch.equal(found.off, torch.cat([kept[die][layer].off for die in chosen]))


def test_whole_dies_are_different_in_a_draw_and_replaced_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spintile.model.training.whole_dies._KEPT", 4)
    monkeypatch.setattr("spintile.model.training.whole_dies._DRAWS", 2)
    chip = small_chip(**TIED[0])
    source = DeviceSource(chip, wirings(chip), 5, torch.Generator().manual_seed(1))
    seen: list[list[float]] = []
    for _ in range(40):
        seen.append(source.draw(1)[0].on.sum((0, 1, 2, 3)).view(-1).tolist())
    # Four at the beginning, twenty later, each there for eight draws: one in ten is never taken.
    assert 16 <= len({value for draw in seen for value in draw}) <= 24
    first = source.draw(4)[0].on.view(4, -1)
    assert len({tuple(die.tolist()) for die in first}) == 4


def test_a_pool_gives_independent_log_normal_numbers_again_and_again() -> None:
    pool = LogNormalPool(torch.Generator().manual_seed(1))
    windows = [pool.take(5000, 0.3) for _ in range(50)]
    logarithms = torch.log(torch.cat(windows)) / 0.3
    # Of 250,000 numbers, five standard errors: 0.01 of the mean, 0.007 of the deviation.
    assert float(logarithms.mean()) == pytest.approx(0, abs=0.01)
    assert float(logarithms.std()) == pytest.approx(1, abs=0.007)
    assert len(torch.unique(windows[0])) > 4900
    kept = windows[0].clone()
    windows[0].zero_()
    assert not any(bool((pool.take(5000, 0.3) == 0).any()) for _ in range(50))
    assert torch.equal(kept, LogNormalPool(torch.Generator().manual_seed(1)).take(5000, 0.3))


def test_a_pool_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spintile.model.training.log_normal._LEAST", 0)
    pool = LogNormalPool(torch.Generator().manual_seed(1))
    pool.take(500, 0.3)
    before = set(pool._factors.tolist())
    for _ in range(1000):
        pool.take(500, 0.3)
    assert len(before & set(pool._factors.tolist())) < 0.1 * len(before)


@pytest.mark.parametrize("name", ["plain", "bad dies"])
def test_a_factor_on_the_rates_draws_dies_of_a_better_process(name: str) -> None:
    statistics = PROCESSES[name][0]
    better = statistics.replace(**{rate: 0.4 * getattr(statistics, rate) for rate in RATES})

    def scaled(rate: float) -> dict[str, np.ndarray]:
        source = DeviceSource(of_process(name), wirings(of_process(name)), 0, torch.Generator().manual_seed(1))
        return figures([source.draw(DIES, rate) for _ in range(DRAWS)])

    wanted = figures(fast(small_chip(statistics=better), seed=2))
    assert furthest(scaled(0.4), wanted) > LIMIT
    assert furthest(scaled(1.0), wanted) < LIMIT


def test_a_factor_out_of_range_or_of_whole_dies_is_refused() -> None:
    chip = small_chip()
    generator = torch.Generator()
    with pytest.raises(ValueError, match=r"rate must be from 0 to 1, not 1\.5"):
        DeviceSource(chip, wirings(chip), 0, generator).draw(1, 1.5)
    wired = chip.replace(wires=Wires(row_segment=1.0))
    with pytest.raises(ValueError, match=r"rate must be 1 where clusters or wires tie devices together, not 0\.5"):
        DeviceSource(wired, wirings(wired), 0, generator).draw(1, 0.5)
