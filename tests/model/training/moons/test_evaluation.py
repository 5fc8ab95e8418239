# SPDX-License-Identifier: BSD-3-Clause
"""Counts over transfers follow from the seed alone, agree with torch, and see wires and errors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from spintile.model.array import Wires
from spintile.model.training.moons import (
    LayerArrays,
    Transfers,
    WritingErrors,
    Written,
    correct_shares,
    load_points,
    predicted_shares,
)
from spintile.model.training.moons.evaluation import logits
from spintile.model.training.moons.forward import Crossbars
from spintile.model.training.moons.lines import through_lines

_, FRESH = load_points(60)
NONE = WritingErrors(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ((1.0, 0.0, 0.0),))


def network(seed: int = 0) -> Written:
    generator = np.random.default_rng(seed)
    targets = tuple(generator.uniform(100, 500, shape).astype(np.float32) for shape in ((8, 3, 2), (1, 9, 2)))
    return Written(targets, (20.0, 7.0), LayerArrays())


def test_without_errors_every_transfer_is_the_clean_network() -> None:
    shares, clean = correct_shares(network(), FRESH, Transfers(NONE, 7, 0))
    assert np.array_equal(shares, clean)


def test_with_errors_transfers_differ() -> None:
    shares, clean = correct_shares(network(), FRESH, Transfers(WritingErrors(), 200, 0))
    assert not np.array_equal(shares, clean)


def test_a_transfer_does_not_depend_on_how_many_there_are() -> None:
    few, many = (next(Transfers(WritingErrors(), count, 3).draw(network())) for count in (2, 500))
    assert all(np.array_equal(a, b[:2]) for a, b in zip(few, many, strict=True))
    other = next(Transfers(WritingErrors(), 2, 4).draw(network()))
    assert not np.array_equal(few[0], other[0])


@pytest.mark.parametrize("wires", [Wires(), Wires(row_segment=2.0, col_segment=2.0)])
def test_torch_and_numpy_agree(wires: Wires) -> None:
    written = network()
    drawn = next(Transfers(WritingErrors(), 5, 0).draw(written))
    seen = [torch.from_numpy(through_lines(layer, written.arrays, wires)) for layer in drawn]
    with torch.no_grad():
        theirs = Crossbars(written).logits(torch.from_numpy(FRESH.x), seen).numpy()
    # Single precision, logits of some units.
    assert np.allclose(logits(written, FRESH.x, drawn, wires), theirs, atol=1e-4)
    assert not np.allclose(logits(written, FRESH.x, drawn, Wires(row_segment=9.0)), theirs, atol=1e-4)


def test_wires_take_a_little_of_every_current_and_most_of_the_farthest() -> None:
    written = network()
    first = written.targets[0][None]
    seen = through_lines(first, written.arrays, Wires(row_segment=2.0, col_segment=2.0))
    share = seen / first
    assert 0.9 < share.min() < share.max() < 1.0
    assert np.array_equal(through_lines(first, written.arrays, Wires()), first)


def test_shares_are_of_the_transfers() -> None:
    shares = predicted_shares(network(), FRESH.x, Transfers(WritingErrors(), 130, 0))
    assert np.array_equal(np.rint(shares * 130), shares * 130)
    with pytest.raises(ValueError, match="count must be at least 1, not 0"):
        Transfers(WritingErrors(), 0, 0)


def test_the_bias_is_the_last_row_and_minus_is_subtracted() -> None:
    written = network()
    swapped = dataclasses.replace(written, targets=tuple(layer[..., ::-1].copy() for layer in written.targets))
    last = [layer[None] for layer in written.targets]
    plain = logits(written, FRESH.x[:1], last, Wires())
    weights = [
        (layer[..., 0] - layer[..., 1]) / 400 * s for layer, s in zip(written.targets, written.scales, strict=True)
    ]
    hidden = 1 / (1 + np.exp(-(weights[0][:, :2] @ FRESH.x[0] + weights[0][:, 2])))
    assert plain[0, 0] == pytest.approx(weights[1][0, :8] @ hidden + weights[1][0, 8], abs=1e-4)
    assert logits(swapped, FRESH.x[:1], [layer[None] for layer in swapped.targets], Wires())[0, 0] != plain[0, 0]
