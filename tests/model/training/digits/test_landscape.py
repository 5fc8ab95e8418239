# SPDX-License-Identifier: BSD-3-Clause
"""Losses around a solution: of flips, from die to die, at the temperature that suits the scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spintile.model.network import software_scores
from spintile.model.training.digits import Conditions, fresh_images, pack_network, unpack_network
from spintile.model.training.digits.experiment import train_network
from spintile.model.training.digits.landscape import (
    best_temperature,
    cross_entropy,
    die_scores,
    loss_around,
    with_flips,
)

GIVEN = Conditions(0.0, wires=False)


@pytest.fixture(scope="module")
def packed() -> dict[str, Any]:
    network: dict[str, Any] = train_network(1, "software", GIVEN.as_dict(), "mnist", epochs=10, images=3000, asked=10)[
        "network"
    ]
    return network


def test_cross_entropy_is_that_of_the_definition() -> None:
    logits = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    labels = np.array([2, 1])
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert cross_entropy(logits, labels) == pytest.approx(-np.log([shares[0, 2], shares[1, 1]]).mean())


def test_the_unit_of_the_scores_does_not_move_the_loss(packed: dict[str, Any]) -> None:
    inputs, labels = fresh_images(unpack_network(packed), "mnist", 300)
    scores = software_scores(unpack_network(packed), inputs).astype(np.float64)
    losses = [cross_entropy(found / best_temperature(found, labels), labels) for found in (scores, 37 * scores)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert losses[0] < cross_entropy(scores / (3 * best_temperature(scores, labels)), labels)


def test_so_many_weights_are_flipped_and_no_more(packed: dict[str, Any]) -> None:
    network = unpack_network(packed)
    flipped = with_flips(network, 0.01, np.random.default_rng(0))
    pairs = zip(network.layers, flipped.layers, strict=True)
    assert sum(np.count_nonzero(a.weights != b.weights) for a, b in pairs) == round(0.01 * (196 * 36 + 360))


def test_a_die_without_defects_scores_as_software_does(packed: dict[str, Any]) -> None:
    network = unpack_network(packed)
    inputs, _ = fresh_images(network, "mnist", 60)
    (scores,) = die_scores(network, GIVEN.replace(rate=0.0), 1, inputs)
    software = software_scores(network, inputs)
    # The spread of 5 % and rounding move scores, but hardly their order.
    assert np.mean(scores.argmax(axis=1) == software.argmax(axis=1)) > 0.8
    (broken,) = die_scores(network, GIVEN.replace(rate=5.0), 1, inputs)
    assert np.mean(broken.argmax(axis=1) == software.argmax(axis=1)) < 0.6


def test_more_flips_and_more_defects_cost_more(packed: dict[str, Any]) -> None:
    asked = {"shares": [0.5, 10.0], "draws": 3, "dies": 2, "data": "mnist", "images": 200, "seed": 1}
    few, many = (loss_around(packed, GIVEN.replace(rate=rate).as_dict(), **asked) for rate in (0.0, 2.0))
    assert few["flips"].shape == (2, 3)
    assert few["rest"] < few["flips"][1].mean()
    assert few["flips"][0].mean() < few["flips"][1].mean()
    assert few["dies"].mean() < many["dies"].mean()
    np.testing.assert_array_equal(few["flips"], many["flips"])  # flips know no dies


def test_repaired_networks_are_asked_too(packed: dict[str, Any]) -> None:
    from spintile.model.training.digits import shuffled_network, with_outputs

    given = GIVEN.replace(rate=2.0, repair="flags")
    network = pack_network(with_outputs(shuffled_network(unpack_network(packed)), True))
    plain = loss_around(packed, GIVEN.replace(rate=2.0).as_dict(), [1.0], 1, 2, "mnist", 100, 0)
    repaired = loss_around(network, given.as_dict(), [1.0], 1, 2, "mnist", 100, 0)
    assert repaired["rest"] == pytest.approx(plain["rest"])
    assert repaired["dies"].mean() < plain["dies"].mean()
