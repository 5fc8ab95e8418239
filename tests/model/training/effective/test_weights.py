# SPDX-License-Identifier: BSD-3-Clause
"""Sums of effective weights are what the golden model reads on the same dies, but for what is said to be neglected."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import Population, sample_population
from spintile.model.evaluation import compile_for, die_image_for
from spintile.model.golden import infer
from spintile.model.training import ArrayNetwork, LayerSpec, NetworkSpec
from spintile.model.training.devices import Devices
from spintile.model.training.effective import EffectiveReads

from ..array_networks import random_inputs, small_chip

SPEC = NetworkSpec((LayerSpec(9, copies=3, combine="median"), LayerSpec(4)))
#: Fine codes, a range that no short leaves, and shorts that no clamp hides.
FINE = {"full_scale_rows": 3.0, "rail_high": 1.0}
STATISTICS = small_chip().statistics.replace(short_strength=2.3, short=0.02, open=0.02)
WIRES = Wires(row_segment=20.0, col_segment=20.0)


def fine_chip(wires: Wires | None = None, **changes: float) -> Chip:
    chip = small_chip(12, FINE, repair_mode="none", statistics=STATISTICS.replace(**changes))
    return chip if wires is None else chip.replace(wires=wires)


def sums(chip: Chip, spec: NetworkSpec, flags: bool, other: Chip | None = None) -> tuple[np.ndarray, np.ndarray]:
    """First layer's accumulators in units of a weight (dies, images, neurons): golden, and of effective weights.

    Effective weights are those of ``other``, where it is given: the deliberate fault.
    """
    model = ArrayNetwork(spec, (23,), chip, seed=5)
    inputs = random_inputs(spec, (23,), 200, 1)
    population = sample_population(chip.geometry, chip.cell, chip.statistics, 4, 1)
    compiled = compile_for(model.export(), chip, flags=flags)
    record = infer(
        die_image_for(compiled, chip, population, 0, flags=flags), compiled, inputs, repair=chip.repair, record=True
    )
    lanes = compiled.schedule.layers[0].lane_neurons
    group, lane = np.nonzero(lanes >= 0)
    golden = np.empty((4, len(inputs), 9))
    golden[:, :, lanes[group, lane]] = record.accumulators[0][:, :, group, lane] / chip.codes_per_weight
    weights = of_dies(other or chip, model, population, flags)[0]
    return golden, np.einsum("dni,mi->dmn", weights.numpy(), inputs.astype(np.float64))


def of_dies(chip: Chip, model: ArrayNetwork, population: Population, flags: bool) -> list[torch.Tensor]:
    reads = EffectiveReads(chip, model.wirings, flags=flags, generator=torch.Generator().manual_seed(0))
    given = Devices.of_population(population, chip.replace(wires=Wires()), model.wirings, 0)
    return [weights.detach().double() for weights in reads.of(model, given)]


def distance(pair: tuple[np.ndarray, np.ndarray]) -> float:
    """Root mean square of the difference, in units of the sums' own deviation."""
    golden, effective = pair
    return float(np.sqrt(np.mean((golden - effective) ** 2)) / golden.std())


def test_sums_without_repair_differ_by_rounding_only() -> None:
    golden, effective = sums(fine_chip(), NetworkSpec.dense((9,), 4), flags=False)
    slices, half = 4, 0.5
    assert np.abs(golden - effective).max() <= slices * 2 * half / fine_chip().codes_per_weight + 1e-3


def test_sums_of_other_dies_differ_by_more() -> None:
    chip = fine_chip()
    golden, _ = sums(chip, NetworkSpec.dense((9,), 4), flags=False)
    assert np.abs(golden - golden[::-1]).max() > 1


def test_sums_through_wires_follow_the_nominal_table() -> None:
    spec, chip = NetworkSpec.dense((9,), 4), fine_chip(WIRES, short=0.0, open=0.0)
    without_table = distance(sums(chip, spec, False, chip.replace(wires=Wires())))
    assert without_table > 0.1
    assert distance(sums(chip, spec, flags=False)) < 0.5 * without_table


def test_sums_through_flags_and_medians_are_near_those_of_the_check() -> None:
    # Without a margin a flag counts in every read, as in effective weights.
    chip = fine_chip().replace(repair_mode="check", margin_base=0.0, margin_row=0.0)
    assert distance(sums(chip, SPEC, flags=True)) < 0.12
    single = NetworkSpec.dense((9,), 4)
    assert distance(sums(chip, single, flags=True)) < 0.5 * distance(
        (sums(chip, single, True)[0], sums(chip, single, False)[1])
    )


@pytest.mark.parametrize("combine", ["sum", "median"])
def test_copies_come_closer_to_the_written_weights(combine: str) -> None:
    chip = fine_chip()
    errors = []
    for layer in (LayerSpec(9), LayerSpec(9, copies=3, combine="median" if combine == "median" else "sum")):
        model = ArrayNetwork(NetworkSpec((layer, LayerSpec(4))), (23,), chip, seed=5)
        reads = EffectiveReads(chip, model.wirings, flags=True, generator=torch.Generator().manual_seed(0))
        weights, signs = reads.draw(model, 30)[0].detach(), torch.sign(model.binary_layers[0].latent)
        errors.append(float((weights - signs.detach()).square().mean()))
    assert errors[1] < 0.6 * errors[0]


def test_gradients_reach_the_latent_weights_unchanged() -> None:
    chip = fine_chip()
    model = ArrayNetwork(SPEC, (23,), chip, seed=5)
    reads = EffectiveReads(chip, model.wirings, flags=True, generator=torch.Generator().manual_seed(0))
    weights = reads.draw(model, 3)[0]
    pull = torch.randn(weights.shape, generator=torch.Generator().manual_seed(1))
    weights.backward(pull)
    assert torch.allclose(model.binary_layers[0].latent.grad, pull.sum(0), atol=1e-5)


def test_a_rate_of_zero_leaves_only_the_spread() -> None:
    chip = fine_chip(spread=0.0)
    model = ArrayNetwork(NetworkSpec.dense((9,), 4), (23,), chip, seed=5)
    reads = EffectiveReads(chip, model.wirings, flags=False, generator=torch.Generator().manual_seed(0))
    for weights, layer in zip(reads.draw(model, 2, rate=0.0), model.binary_layers, strict=True):
        assert torch.allclose(weights, torch.where(layer.latent >= 0, 1.0, -1.0).expand_as(weights), atol=0.01)
    met = reads.draw(model, 2)[0].detach()
    assert not torch.allclose(met.abs(), torch.ones_like(met), atol=0.05)


def test_the_same_generator_gives_the_same_dies() -> None:
    chip = fine_chip()
    model = ArrayNetwork(SPEC, (23,), chip, seed=5)
    drawn = [
        EffectiveReads(chip, model.wirings, flags=True, generator=torch.Generator().manual_seed(seed)).draw(model, 2)
        for seed in (3, 3, 4)
    ]
    assert torch.equal(drawn[0][0], drawn[1][0])
    assert not torch.equal(drawn[0][0], drawn[2][0])


def test_converters_of_one_bit_are_refused() -> None:
    chip = small_chip(1)
    model = ArrayNetwork(NetworkSpec.dense((9,), 4), (23,), chip, seed=5)
    with pytest.raises(ValueError, match="effective weights need converters of at least 2 bits, not 1"):
        EffectiveReads(chip, model.wirings, flags=False, generator=torch.Generator())
