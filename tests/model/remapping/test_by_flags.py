# SPDX-License-Identifier: BSD-3-Clause
"""Mapping by flags alone."""

from __future__ import annotations

import numpy as np
import pytest
from small_remaps import SHAPE, chip, convolution, dense, images
from spintile.model.network import Network, software_scores
from spintile.model.remapping import remap_by_flags


def some_flags(seed: int, share: float = 0.2) -> np.ndarray:
    return np.random.default_rng(seed).random((SHAPE.kernels, SHAPE.cols)) < share


def test_flagged_kernels_stay_unused_while_others_are_free() -> None:
    flags = np.zeros((SHAPE.kernels, SHAPE.cols), np.bool_)
    flags[[0, 4, 7, 12], 0] = True
    network = dense()
    found = remap_by_flags(network, chip(), flags, images(network))
    used = {int(kernel) for layer in found.placement.layers for kernel in layer.kernels.ravel()}
    assert not used & {0, 4, 7, 12}
    assert found.after == 0 < found.before


@pytest.mark.parametrize("network", [dense(copies=3), convolution()], ids=["dense", "conv"])
@pytest.mark.parametrize("mode", ["none", "check"])
def test_flagged_columns_cost_less_afterwards_and_nothing_else_changes(network: Network, mode: str) -> None:
    assert mode in ("none", "check")
    on = chip("check" if mode == "check" else "none")
    found = remap_by_flags(network, on, some_flags(0), images(network))
    found.placement.check(network)
    assert found.after < found.before
    shown = images(network, seed=4)
    np.testing.assert_array_equal(software_scores(found.network, shown), software_scores(network, shown))


def test_a_column_without_a_partner_does_not_count() -> None:
    flags = np.zeros((SHAPE.kernels, SHAPE.cols), np.bool_)
    flags[:, -1] = True
    network = dense()
    assert remap_by_flags(network, chip(), flags, images(network)).before == 0
    flags[0, 0] = True
    assert remap_by_flags(network, chip(), flags, images(network)).before > 0


def test_flags_of_another_chip_are_refused() -> None:
    network = dense()
    with pytest.raises(ValueError, match=r"^flags must be \(kernels, cols\) = \(24, 7\), not \(2, 7\)$"):
        remap_by_flags(network, chip(), np.zeros((2, 7), np.bool_), images(network))
