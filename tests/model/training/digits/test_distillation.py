# SPDX-License-Identifier: BSD-3-Clause
"""Learning from labels and from a teacher's answers, with and without dies."""

from __future__ import annotations

import numpy as np
import torch
from spintile.model.training import ArrayNetwork, LayerSpec, NetworkSpec
from spintile.model.training.digits.distillation import Course, Lessons, learn
from spintile.model.training.effective import EffectiveReads, effective_forward, plain_weights

from ..array_networks import small_chip

CPU = torch.device("cpu")
CHIP = small_chip()
SPEC = NetworkSpec((LayerSpec(8, 3, 2, activation_bits=2), LayerSpec(4)), input_bits=2)
COURSE = Course(epochs=12, learning_rate=0.03, batch=40)


def lessons(teacher: bool = False, wrong: bool = False) -> Lessons:
    """Images of 8 x 8 whose class is the bright quadrant; a wrong teacher calls each by the next class."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 4, (400,), generator=generator)
    copies = torch.randint(0, 2, (2, 400, 8, 8), generator=generator)
    for image, label in enumerate(labels.tolist()):
        row, col = 4 * (label // 2), 4 * (label % 2)
        copies[:, image, row : row + 4, col : col + 4] += 2
    told = torch.nn.functional.one_hot((labels + wrong) % 4, 4) * 8.0
    logits = torch.stack([told, told]).half() if teacher else None
    return Lessons(copies.view(2, 400, 64).to(torch.uint8), labels, logits)


def learned(given: Lessons, course: Course = COURSE, dies: int = 0) -> ArrayNetwork:
    model = ArrayNetwork(SPEC, (8, 8), CHIP, seed=1)
    generator = torch.Generator().manual_seed(2)
    reads = EffectiveReads(CHIP, model.wirings, flags=True, generator=generator)
    learn(model, given, course, lambda: reads.draw(model, dies) if dies else plain_weights(model), generator, CPU)
    return model


def right(model: ArrayNetwork, given: Lessons) -> float:
    logits = effective_forward(model, given.copies[0].float(), plain_weights(model))
    return float((logits.argmax(1) == given.labels).float().mean())


def test_it_learns_from_labels_alone() -> None:
    given = lessons()
    assert right(learned(given), given) > 0.95


def test_it_learns_through_drawn_dies() -> None:
    given = lessons()
    assert right(learned(given, dies=4), given) > 0.85


def test_a_wrong_teacher_is_believed_as_far_as_it_counts() -> None:
    given = lessons(teacher=True, wrong=True)
    believed, ignored = (Course(12, 0.03, 40, teacher=share) for share in (1.0, 0.0))
    assert right(learned(given, believed), given) < 0.1
    assert right(learned(given, ignored), given) > 0.95


def test_the_same_seeds_give_the_same_network() -> None:
    given = lessons(teacher=True)
    one, two = (learned(given, Course(2, 0.03, 40), dies=2).export() for _ in range(2))
    for layer, other in zip(one.layers, two.layers, strict=True):
        assert np.array_equal(layer.weights, other.weights)
    assert one.layers[0].thresholds is not None
    assert np.array_equal(one.layers[0].thresholds, two.layers[0].thresholds)


def test_latent_weights_stay_within_one_and_pooled_layers_rise() -> None:
    model = learned(lessons(), Course(2, 0.3, 40))
    assert all(float(layer.latent.detach().abs().max()) <= 1 for layer in model.binary_layers)
    assert bool((model.binary_layers[0].scale >= 0).all())


def test_every_step_is_reported() -> None:
    given, seen = lessons(), []
    model = ArrayNetwork(SPEC, (8, 8), CHIP, seed=1)
    generator = torch.Generator().manual_seed(2)
    learn(
        model,
        given,
        Course(1, 0.03, 150),
        lambda: plain_weights(model),
        generator,
        CPU,
        lambda *step: seen.append(step),
    )
    assert seen == [(1, 2), (2, 2)]
