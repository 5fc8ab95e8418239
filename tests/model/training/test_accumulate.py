# SPDX-License-Identifier: BSD-3-Clause
"""The fast form of a layer's reads gives the plain form's accumulators and gradients, whatever happens to pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from spintile.model.training import accumulate
from spintile.model.training.accumulate import Accumulate
from spintile.model.training.devices import Devices
from spintile.model.training.reads import ReadSettings, summed_differences

from .array_networks import small_chip

DIES, COUNT, SLICES, ROWS, NEURONS, COPIES = 3, 40, 4, 7, 5, 2

CASES: dict[str, dict[str, Any]] = {
    "pair check": {},
    "strict pair check": {"strict": True},
    "no margin": {"margin_base": 0.0, "margin_row": 0.0},
    "range guard": {"repair_mode": "range_guard"},
    "no repair": {"repair_mode": "none"},
    "few bits": {"adc_bits": 3},
    "clipped": {"repair_mode": "none", "sensing": {"full_scale_rows": 0.5}},
    "low rail": {"sensing": {"rail_low": 0.1, "rail_high": 0.6}},
    "offsets": {"sensing": {"pedestal": 6.0, "column_offset": (4, 5, 6, 7, 8, 9, 6, 6, 6)}},
}


def problem(seed: int, **changes: Any) -> tuple[list[torch.Tensor], Devices, ReadSettings, Any]:
    """Bits, weights, devices with many defects, settings and registers; every number a multiple of 1/2^F."""
    settings = ReadSettings.of(small_chip(**changes))
    rng = np.random.default_rng(seed)
    unit = settings.expected_per_row / 2
    shape = (DIES * SLICES, 2, COPIES * NEURONS, ROWS)
    on, off = (level * unit * np.exp(0.05 * rng.standard_normal(shape)) for level in (1.27, 0.73))
    lot = rng.random(shape)
    on[lot < 0.03], off[lot < 0.03] = 8 * unit, 8 * unit
    on[lot > 0.97], off[lot > 0.97] = 0.0, 0.0
    fraction = 256
    on, off = (torch.from_numpy(np.rint(state * fraction) / fraction).float() for state in (on, off))
    offset = registers = None
    if settings.registers:
        offset = torch.from_numpy(np.rint((6 + rng.standard_normal(shape[:3])) * fraction) / fraction).float()
        registers = tuple(
            torch.tensor(settings.registers[side : 2 * NEURONS : 2], dtype=torch.float32)[:NEURONS].repeat(COPIES)
            if len(settings.registers) >= 2 * NEURONS
            else torch.tensor((list(settings.registers) * 2)[side : 2 * NEURONS : 2], dtype=torch.float32).repeat(
                COPIES
            )
            for side in (0, 1)
        )
    bits = torch.from_numpy((rng.random((DIES, COUNT, SLICES * ROWS)) < 0.6).astype(np.float32))
    bits[:, 0] = 0
    weights = torch.from_numpy(rng.choice([-1.0, 1.0], (SLICES, NEURONS, ROWS)).astype(np.float32))
    return [bits, weights], Devices(on, off, offset), settings, registers


def outcome(function: Any, seed: int, **changes: Any) -> list[torch.Tensor]:
    """Accumulators, and their gradients against bits and weights."""
    inputs, devices, settings, registers = problem(seed, **changes)
    bits, weights = (value.clone().requires_grad_() for value in inputs)
    sums = function(bits, weights, devices, settings, registers)
    pull = torch.from_numpy(np.random.default_rng(9).standard_normal(sums.shape)).float()
    (sums * pull).sum().backward()
    assert bits.grad is not None
    assert weights.grad is not None
    return [sums.detach(), bits.grad, weights.grad]


def agree(found: list[torch.Tensor], expected: list[torch.Tensor]) -> bool:
    """Integers equal; gradients up to the order of their 32-bit sums."""
    return torch.equal(found[0], expected[0]) and all(
        torch.allclose(one, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))
        for one, other in zip(found[1:], expected[1:], strict=True)
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_fast_form_is_the_plain_form(case: str, seed: int) -> None:
    assert agree(outcome(Accumulate.apply, seed, **CASES[case]), outcome(summed_differences, seed, **CASES[case]))


@pytest.mark.parametrize("case", ["pair check", "range guard", "clipped", "offsets"])
def test_pairs_that_nobody_looks_at_show(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        accumulate,
        "_may_be_touched",
        lambda columns, *others: 2 * [torch.zeros(columns.shape[0], columns.shape[2]) > 0],
    )
    found, expected = (outcome(function, 1, **CASES[case]) for function in (Accumulate.apply, summed_differences))
    assert not agree(found, expected)


def test_healthy_pairs_are_passed_over() -> None:
    chip = small_chip()
    settings = ReadSettings.of(chip)
    unit = settings.expected_per_row / 2
    on, off = (torch.full((1, 2, 50, ROWS), level * unit) for level in (1.27, 0.73))
    columns = torch.stack([on[:, 0], off[:, 1]], 1)
    assert not accumulate._may_be_touched(columns, Devices(on, off), None, settings, settings.top + 0.5)[1].any()
    columns[0, 0, 3, 2] = 6 * unit
    _, may = accumulate._may_be_touched(columns, Devices(on, off), None, settings, settings.top + 0.5)
    assert may.nonzero().tolist() == [[0, 3]]


def test_noise_reaches_the_plain_forms_spread() -> None:
    inputs, devices, settings, _ = problem(1, repair_mode="none", sensing={"noise_sigma": 3.0})
    spreads = []
    for function in (Accumulate.apply, summed_differences):
        noisy = replace(settings, generator=torch.Generator().manual_seed(3))
        many = inputs[0][:, 1:2].expand(-1, 2000, -1)
        spreads.append(float(function(many, inputs[1], devices, noisy, None).std(1).mean()))
    # 2,000 reads of 15 accumulators: five standard errors are 2 %.
    assert spreads[0] == pytest.approx(spreads[1], rel=0.02)
