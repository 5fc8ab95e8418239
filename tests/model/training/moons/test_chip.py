# SPDX-License-Identifier: BSD-3-Clause
"""On the chip: die images hold the transfers, and the integers decide like the real numbers that they stand for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spintile.model.array import Wires
from spintile.model.golden import infer
from spintile.model.training.moons import (
    LayerArrays,
    OnChip,
    Transfers,
    WritingErrors,
    Written,
    fit_regular,
    load_points,
    onto_chip,
)
from spintile.model.training.moons.evaluation import logits

TRAIN, FRESH = load_points(400)
COUNTED = Transfers(WritingErrors(), 6, 5)


@pytest.fixture(scope="module")
def written() -> Written:
    return fit_regular(TRAIN, 0, epochs=300, weight_range=5.0)


def agreement(on_chip: OnChip, written: Written, transfers: Transfers) -> float:
    """Share of points, not within half a unit of the boundary, that chip and real numbers call alike."""
    drawn = next(transfers.draw(written))
    exact = logits(written, FRESH.x, drawn, transfers.wires)
    inputs = on_chip.inputs(FRESH.x)
    classes = infer(on_chip.image, on_chip.compiled, inputs, repair=on_chip.repair).classes
    far = np.abs(exact) > 0.5
    return float((classes == (exact >= 0))[far].mean())


@pytest.mark.parametrize("wires", [Wires(), Wires(row_segment=2.0, col_segment=2.0)])
def test_the_chip_decides_like_real_numbers_away_from_the_boundary(written: Written, wires: Wires) -> None:
    transfers = dataclasses.replace(COUNTED, wires=wires)
    # 4-bit activations and 8-bit codes move the boundary; half a unit is beyond most of that.
    assert agreement(onto_chip(written, transfers), written, transfers) > 0.98


def test_a_swapped_pair_or_threshold_is_seen(written: Written) -> None:
    on_chip = onto_chip(written, COUNTED)
    swapped = on_chip.image.q.copy()
    swapped[:, 0, :, [0, 1]] = swapped[:, 0, :, [1, 0]]
    faulty = dataclasses.replace(on_chip, image=on_chip.image.replace(q=swapped))
    assert agreement(faulty, written, COUNTED) < agreement(on_chip, written, COUNTED) - 0.02


def test_a_die_is_a_transfer_whatever_their_number(written: Written) -> None:
    one, many = (onto_chip(written, dataclasses.replace(COUNTED, count=count)).image for count in (1, 120))
    assert np.array_equal(one.q[0], many.q[0])
    assert not np.array_equal(many.q[0], many.q[1])
    assert one.saturations.sum() == 0


def test_points_outside_the_square_go_to_its_edge_and_the_third_input_is_full(written: Written) -> None:
    inputs = onto_chip(written, COUNTED).inputs(np.array([[-0.1, 1.2], [0.5, 0.0]], np.float32))
    assert inputs.tolist() == [[0, 255, 255], [128, 0, 255]]


def test_arrays_of_another_size_are_refused(written: Written) -> None:
    other = Written(written.targets, written.scales, LayerArrays(9, 8))
    with pytest.raises(ValueError, match="arrays must be 8 rows and 4 pairs"):
        onto_chip(other, COUNTED)
