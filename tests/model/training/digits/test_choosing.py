# SPDX-License-Identifier: BSD-3-Clause
"""Which of several rounds of training is kept."""

from __future__ import annotations

import numpy as np
import torch
from spintile.model.chip import Chip
from spintile.model.data import load
from spintile.model.network import Network, software_classes
from spintile.model.training import ArrayNetwork
from spintile.model.training.digits import Recipe, dense_spec, train_dense
from spintile.model.training.digits.choosing import share_read
from spintile.model.training.digits.distillation import Lessons
from spintile.model.training.effective import plain_weights

CHIP = Chip.preset("borders")
DATA = load("mnist").take(train=1500, test=300)


def lessons() -> Lessons:
    inputs = torch.from_numpy(DATA.inputs(1)[0].reshape(1, len(DATA.train_labels), -1))
    return Lessons(inputs, torch.from_numpy(DATA.train_labels))


def test_the_share_is_that_of_the_labels_that_are_met() -> None:
    model = ArrayNetwork(dense_spec(False), DATA.shape, CHIP, through_array=False).eval()
    given = lessons()
    with torch.no_grad():
        answers = model(given.copies[0].float()).argmax(1)
    assert share_read(model, Lessons(given.copies, answers), lambda: plain_weights(model)) == 1
    assert share_read(model, Lessons(given.copies, (answers + 1) % 10), lambda: plain_weights(model)) == 0


def test_images_that_dies_cannot_share_evenly_are_left_out() -> None:
    model = ArrayNetwork(dense_spec(False), DATA.shape, CHIP, through_array=False).eval()
    few = Lessons(lessons().copies[:, :2], lessons().labels[:2])
    assert share_read(model, few, lambda: [each.expand(3, -1, -1) for each in plain_weights(model)]) == 0


def test_of_several_rounds_the_best_on_training_images_is_kept() -> None:
    def share(network: Network) -> float:
        return float(np.mean(software_classes(network, DATA.inputs(1)[0]) == DATA.train_labels))

    kept = {rounds: train_dense(0, "software", CHIP, data=DATA, recipe=Recipe(1, 0.05, rounds)) for rounds in (2, 3, 5)}
    shares = [share(train_dense(0, "software", CHIP, data=DATA, recipe=Recipe(1, 0.05)))]
    shares += [share(network) for network in kept.values()]
    # More rounds of the same seed never end with worse ones.
    assert shares == sorted(shares)
    assert kept[5].metadata["epochs"] == "5"
