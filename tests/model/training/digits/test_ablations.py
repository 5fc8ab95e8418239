# SPDX-License-Identifier: BSD-3-Clause
"""Ablations as tasks of a sweep."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from spintile.model.chip import Chip
from spintile.model.training import ArrayNetwork
from spintile.model.training.digits import (
    ABLATIONS,
    Conditions,
    Recipe,
    ablation_task,
    dense_spec,
    pack_network,
)

CONDITIONS = Conditions(rate=0.5, strength=6.0, wires=True, repair="none").as_dict()
START = pack_network(ArrayNetwork(dense_spec(False), (14, 14), Chip.preset("borders"), through_array=False).export())


def test_plain_fault_injection_differs_from_the_others_in_its_one_die_alone() -> None:
    plain, short = ABLATIONS["one-die"].recipe, ABLATIONS["many-dies"].recipe
    assert plain.dies == 1
    assert dataclasses.replace(plain, dies=short.dies) == short


def test_the_short_course_differs_from_what_was_chosen_in_its_length_alone() -> None:
    short, chosen = ABLATIONS["many-dies"].recipe, ABLATIONS["chosen"].recipe
    assert short.rounds == 1 < chosen.rounds
    assert dataclasses.replace(short, epochs=chosen.epochs, rounds=chosen.rounds) == chosen
    assert chosen == Recipe.default("statistics_aware", repaired=False, started=True)


def test_no_two_ablations_are_the_same_or_have_the_same_words() -> None:
    assert len({(each.recipe, each.started, each.regime) for each in ABLATIONS.values()}) == len(ABLATIONS)
    assert len({each.words for each in ABLATIONS.values()}) == len(ABLATIONS)


def test_a_task_gives_one_accuracy_for_each_die_from_plain_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from spintile.model.data import load
    from spintile.model.training.digits import ablations

    monkeypatch.setattr(ablations, "digits", lambda source: load(source).take(train=1000, test=200))
    setting = {"name": "thresholds", "seed": 0, "conditions": CONDITIONS, "data": "mnist", "start": START, "dies": 2}
    assert json.loads(json.dumps(setting)) == setting
    found = ablation_task(**setting, images=100, epochs=1)
    assert found["accuracies"].shape == (2,)
    assert np.all((found["accuracies"] >= 0) & (found["accuracies"] <= 100))


def test_an_unknown_ablation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^ablation must be one of .*one-die.*, not 'luck'$"):
        ablation_task("luck", 0, CONDITIONS, "mnist", START, 1)


def test_repaired_reads_are_refused() -> None:
    repaired = {**CONDITIONS, "repair": "flags"}
    with pytest.raises(ValueError, match=r"^ablation: reads must not be repaired, not 'flags'$"):
        ablation_task("one-die", 0, repaired, "mnist", START, 1)
