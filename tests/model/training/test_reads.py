# SPDX-License-Identifier: BSD-3-Clause
"""Reads in torch give the golden model's integers, and gradients that follow the arithmetic they went through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from spintile.model.golden.arithmetic import repair as golden_repair
from spintile.model.training.devices import Devices
from spintile.model.training.reads import BitPlanes, Differences, ReadSettings, repair

from .array_networks import small_chip

ROWS = 7


@pytest.mark.parametrize("mode", ["none", "range_guard", "pair_check", "check"])
@pytest.mark.parametrize("strict", [False, True])
def test_repair_is_the_golden_models_for_every_pair_of_codes(mode: str, strict: bool) -> None:
    chip = small_chip(adc_bits=5, repair_mode=mode, strict=strict)
    codes = np.stack(np.meshgrid(np.arange(32), np.arange(32), indexing="ij"), axis=-1).reshape(-1, 2)
    for driven in range(ROWS + 1):
        expected = golden_repair(codes, driven, chip.repair, 5, chip.geometry.fraction_bits)[:, 0]
        plus, minus = (torch.from_numpy(codes[:, side]).float().view(1, -1, 1) for side in (0, 1))
        counts = torch.full((1, len(codes)), driven)
        found, _ = repair(plus, minus, counts, ReadSettings.of(chip).repair)
        assert np.array_equal(found.view(-1).numpy(), expected)


def one_pair(plus: float = 0.0, minus: float = 0.0, row: int = 0, **changes: Any) -> tuple[Devices, ReadSettings]:
    """A pair of nominal devices, with something added to one device of each column."""
    chip = small_chip(**changes)
    scale = chip.sensing.steps_per_siemens(chip.geometry, chip.cell) / (1 << chip.geometry.fraction_bits)
    on, off = (torch.full((1, ROWS, 1), g * scale, dtype=torch.float64) for g in (chip.cell.g_p, chip.cell.g_ap))
    extra = torch.zeros_like(on)
    extra[0, row, 0] = chip.cell.g_p * scale
    devices = Devices.of_sides(on + plus * extra, off + plus * extra, on + minus * extra, off + minus * extra)
    return devices, ReadSettings.of(chip)


def gradients(
    devices: Devices, settings: ReadSettings, bits: torch.Tensor, weights: torch.Tensor
) -> list[torch.Tensor]:
    """Difference, and its gradients against bits and weights."""
    bits, weights = bits.clone().requires_grad_(), weights.clone().requires_grad_()
    difference = Differences.apply(bits, weights, devices, settings, None)
    difference.sum().backward()
    assert bits.grad is not None
    assert weights.grad is not None
    return [difference.detach(), bits.grad, weights.grad]


BITS = torch.tensor([1, 0, 1, 1, 1, 1, 0], dtype=torch.float64).view(1, 1, ROWS)
WEIGHTS = torch.tensor([1, 1, -1, 1, -1, 1, -1], dtype=torch.float64).view(1, ROWS, 1)


def test_a_healthy_pair_has_the_gradients_of_a_product() -> None:
    devices, settings = one_pair()
    difference, to_bits, to_weights = gradients(devices, settings, BITS, WEIGHTS)
    product = float((BITS.view(-1) * WEIGHTS.view(-1)).sum())
    assert float(difference) == pytest.approx(product * settings.codes_per_weight, abs=1.0)  # two codes rounded by half
    assert to_weights.view(-1).numpy() == pytest.approx(settings.codes_per_weight * BITS.view(-1).numpy(), rel=1e-3)
    assert to_bits.view(-1).numpy() == pytest.approx(settings.codes_per_weight * WEIGHTS.view(-1).numpy(), rel=1e-3)


@pytest.mark.parametrize("side", ["plus", "minus"])
@pytest.mark.parametrize("mode", ["pair_check", "check"])
def test_a_repaired_pair_has_the_gradients_of_a_healthy_one(side: str, mode: str) -> None:
    devices, settings = one_pair(**{side: 6.0}, repair_mode=mode)  # type: ignore[arg-type]
    difference, to_bits, to_weights = gradients(devices, settings, BITS, WEIGHTS)
    healthy = gradients(*one_pair(), BITS, WEIGHTS)
    assert float(difference) == pytest.approx(float(healthy[0]), abs=2.0)  # twice one code's rounding
    # The expected sum is rounded to 1/2^F of a code for each row.
    assert to_weights.view(-1).numpy() == pytest.approx(healthy[2].view(-1).numpy(), abs=0.01)
    assert to_bits.view(-1).numpy() == pytest.approx(healthy[1].view(-1).numpy(), abs=0.01)


def test_without_repair_the_short_shows_in_the_difference_and_in_its_row() -> None:
    devices, settings = one_pair(plus=3.0, repair_mode="none")
    difference, to_bits, _ = gradients(devices, settings, BITS, WEIGHTS)
    healthy = gradients(*one_pair(), BITS, WEIGHTS)
    assert float(difference) > float(healthy[0]) + 3 * settings.expected_per_row / 2
    assert float(to_bits[0, 0, 0]) > 5 * settings.codes_per_weight
    assert torch.allclose(to_bits[0, 0, 1:], healthy[1][0, 0, 1:])


@pytest.mark.parametrize(
    ("mode", "sides"),
    [
        ("range_guard", {"plus": 6.0}),
        ("pair_check", {"plus": 6.0, "minus": 6.0}),
        ("check", {"plus": 6.0, "minus": 6.0}),
    ],
)
def test_a_pair_that_is_given_up_adds_nothing_and_learns_nothing(mode: str, sides: dict[str, float]) -> None:
    devices, settings = one_pair(**sides, repair_mode=mode)  # type: ignore[arg-type]
    assert all(not value.any() for value in gradients(devices, settings, BITS, WEIGHTS))


def test_a_column_beyond_full_scale_learns_nothing() -> None:
    devices, settings = one_pair(plus=60.0, repair_mode="none")
    _, to_bits, to_weights = gradients(devices, settings, BITS, WEIGHTS)
    minus = torch.where(WEIGHTS > 0, devices.minus_ap, devices.minus_p).view(-1)
    assert torch.allclose(to_bits.view(-1), -minus)
    assert to_weights.view(-1).numpy() == pytest.approx(settings.codes_per_weight / 2 * BITS.view(-1).numpy(), rel=1e-3)


def test_one_bit_reads_compare_columns_and_pull_on_them_near_the_balance() -> None:
    devices, settings = one_pair(adc_bits=1)
    none = torch.zeros_like(BITS)
    difference, to_bits, _ = gradients(devices, settings, torch.cat([BITS, none], 1), WEIGHTS)
    assert difference.view(-1).tolist() == [1, 0]
    assert torch.equal(torch.sign(to_bits[0, 0]), WEIGHTS.view(-1))


def test_noise_moves_codes_by_its_standard_deviation() -> None:
    devices, settings = one_pair(repair_mode="none", sensing={"noise_sigma": 3.0})
    settings = replace(settings, generator=torch.Generator().manual_seed(1))
    many = BITS.expand(1, 4000, ROWS)
    found = Differences.apply(many, WEIGHTS, devices, settings, None)
    # Two columns: sqrt(2) * 3; 4,000 reads give it within 6 % (five standard errors).
    assert float(found.std()) == pytest.approx(3 * 2**0.5, rel=0.06)


def test_bit_planes_hold_the_bits_and_share_the_gradient() -> None:
    values = torch.arange(8.0).view(1, 8, 1).requires_grad_()
    planes = BitPlanes.apply(values, 3)
    assert planes.view(3, 8).t().tolist() == [[v & 1, v >> 1 & 1, v >> 2] for v in range(8)]
    weighted = planes.view(1, 3, 8, 1) * torch.tensor([1.0, 2.0, 4.0]).view(1, 3, 1, 1)
    weighted.sum().backward()
    assert values.grad is not None
    assert torch.allclose(values.grad, torch.ones_like(values))
