# SPDX-License-Identifier: BSD-3-Clause
"""A convolutional network of floating-point numbers, whose answers a binary network learns from."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

_FILTERS = (24, 48)
_HIDDEN = 128
_DROPOUT = 0.3
_RATE, _DECAY, _SMOOTHING = 2e-3, 1e-2, 0.02
_BATCH = 200


class Teacher(nn.Module):
    """Two convolutions, each normalised, rectified and pooled, and two dense layers.

    Parameters
    ----------
    side : int
        Height and width of an image, at least 4.
    top : int
        Largest level of a pixel.
    classes : int
        Outputs.
    """

    def __init__(self, side: int, top: int, classes: int) -> None:
        super().__init__()
        self._side, self._top = side, top
        first, second = _FILTERS
        self.features = nn.Sequential(
            nn.Conv2d(1, first, 5, padding=2),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, padding=1),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.answers = nn.Sequential(
            nn.Linear((side // 4) ** 2 * second, _HIDDEN),
            nn.BatchNorm1d(_HIDDEN),
            nn.ReLU(),
            nn.Dropout(_DROPOUT),
            nn.Linear(_HIDDEN, classes),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits (images, classes) of levels (images, side * side)."""
        images = inputs.float().view(-1, 1, self._side, self._side) / self._top
        return torch.as_tensor(self.answers(self.features(images)))


def train_teacher(
    copies: Tensor,
    labels: Tensor,
    top: int,
    epochs: int,
    seed: int,
    device: torch.device,
    progress: Callable[[int, int], None] | None = None,
) -> Teacher:
    """Train a teacher, each epoch on another copy of the training images.

    Parameters
    ----------
    copies : uint8 tensor (copies, images, size)
        Square images and warped ones, from ``copies_of``.
    labels : int64 tensor (images,)
    top : int
        Largest level.
    epochs, seed, device
        How long, of what random numbers, and where.
    progress : function (steps done, steps in all) or None
    """
    with torch.random.fork_rng(devices=[]):  # first weights and dropout come from torch's own generator
        torch.manual_seed(seed)
        teacher = Teacher(math.isqrt(copies.shape[2]), top, int(labels.max()) + 1).to(device)
        optimizer = torch.optim.AdamW(teacher.parameters(), lr=_RATE, weight_decay=_DECAY)
        batch = min(_BATCH, len(labels))
        total = epochs * (len(labels) // batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
        of_device = labels.to(device)
        teacher.train()
        done = 0
        for epoch in range(epochs):
            images = copies[(epoch + 1) % len(copies)]
            order = torch.randperm(len(labels))
            for first in range(0, len(labels) - batch + 1, batch):
                chosen = order[first : first + batch]
                logits = teacher(images[chosen].to(device))
                loss = nn.functional.cross_entropy(logits, of_device[chosen], label_smoothing=_SMOOTHING)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                done += 1
                if progress is not None:
                    progress(done, total)
    return teacher.eval()


@torch.no_grad()
def teacher_logits(teacher: Teacher, copies: Tensor, device: torch.device) -> Tensor:
    """Logits (copies, images, classes) of all copies, in half precision on the CPU."""
    return torch.stack(
        [torch.cat([teacher(part.to(device)).half().cpu() for part in copy.split(1000)]) for copy in copies]
    )
