# SPDX-License-Identifier: BSD-3-Clause
"""The gain of mapping, as a task of plain settings."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from spintile.model.chip import Chip
from spintile.model.training import train
from spintile.model.training.digits.conditions import Conditions
from spintile.model.training.digits.experiment import ask_on_dies, digits
from spintile.model.training.digits.mapping import MAPPINGS, mapping_task
from spintile.model.training.digits.packing import pack_network
from spintile.model.training.digits.recipes import dense_spec
from spintile.model.training.digits.shuffling import shuffled_network

IMAGES = 1000


@lru_cache(maxsize=1)
def network() -> Any:
    """Trained for a moment: some 80 %."""
    return train(
        digits("mnist").take(train=8000), dense_spec(False), "software", Chip.preset("borders"), epochs=4, batch=200
    )


@lru_cache(maxsize=2)
def gain(shuffled: bool) -> Any:
    net = shuffled_network(network()) if shuffled else network()
    return mapping_task(pack_network(net), conditions().as_dict(), [4, 9, 11], "mnist", IMAGES)


def conditions() -> Conditions:
    return Conditions(rate=1.0, wires=True)


@pytest.mark.parametrize("shuffled", [False, True])
def test_mapping_wins_most_of_what_the_dies_lose(shuffled: bool) -> None:
    found = gain(shuffled)
    assert {name: found[name].shape for name in MAPPINGS} == dict.fromkeys(MAPPINGS, (3,))
    assert found["remapped"].min() > found["identity"].max() + 20
    assert found["remapped"].min() > found["random"].max() + 20
    assert (found["after"] < found["before"]).all()
    assert found["same"].all()


def test_identity_is_what_the_dies_answer_anyway() -> None:
    asked = ask_on_dies(pack_network(network()), conditions().as_dict(), [4, 9, 11], "mnist", IMAGES)
    np.testing.assert_array_equal(gain(False)["identity"], asked["accuracies"])
    other = ask_on_dies(pack_network(network()), conditions().as_dict(), [5, 9, 11], "mnist", IMAGES)
    assert not np.array_equal(gain(False)["identity"], other["accuracies"])


def test_a_die_s_result_does_not_depend_on_the_others() -> None:
    alone = mapping_task(pack_network(network()), conditions().as_dict(), [9], "mnist", IMAGES)
    for name, values in alone.items():
        assert values[0] == gain(False)[name][1]


def test_the_setting_is_plain() -> None:
    setting = {"network": pack_network(network()), "conditions": conditions().as_dict(), "dies": [1], "data": "mnist"}
    assert json.loads(json.dumps(setting)) == setting
