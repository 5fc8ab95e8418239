# SPDX-License-Identifier: BSD-3-Clause
"""The teacher learns, the same from the same seed, and leaves torch's own generator alone."""

from __future__ import annotations

import pytest
import torch
from spintile.model.training.digits.best.teacher import Teacher, teacher_logits, train_teacher

CPU = torch.device("cpu")


def lessons(count: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
    """Two copies of noisy images whose class is the bright quadrant."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 4, (count,), generator=generator)
    copies = torch.randint(0, 6, (2, count, 8, 8), generator=generator)
    for image, label in enumerate(labels.tolist()):
        row, col = 4 * (label // 2), 4 * (label % 2)
        copies[:, image, row : row + 4, col : col + 4] += 5
    return copies.view(2, count, 64).to(torch.uint8), labels


def taught(labels: torch.Tensor, seed: int = 0) -> tuple[Teacher, torch.Tensor]:
    copies, _ = lessons()
    teacher = train_teacher(copies, labels, 15, 30, seed, CPU)
    return teacher, teacher_logits(teacher, copies, CPU)


def test_it_learns_what_it_is_shown() -> None:
    labels = lessons()[1]
    _, logits = taught(labels)
    assert logits.shape == (2, 400, 4)
    assert float((logits[0].argmax(1) == labels).float().mean()) > 0.95


def test_of_shuffled_labels_it_learns_little() -> None:
    labels = lessons()[1]
    shuffled = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))]
    _, logits = taught(shuffled)
    assert float((logits[0].argmax(1) == labels).float().mean()) < 0.6


def test_the_same_seed_gives_the_same_answers_whatever_torch_drew_before() -> None:
    labels = lessons()[1]
    first = taught(labels)[1]
    torch.rand(7)
    state = torch.get_rng_state()
    assert torch.equal(taught(labels)[1], first)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(taught(labels, seed=1)[1], first)


@pytest.mark.parametrize("side", [8, 14, 20])
def test_any_side_has_one_answer_for_each_class(side: int) -> None:
    teacher = Teacher(side, 15, 10).eval()
    assert teacher(torch.zeros(3, side * side)).shape == (3, 10)
