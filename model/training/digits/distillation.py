# SPDX-License-Identifier: BSD-3-Clause
"""Training a binary network from labels and a teacher's answers, through effective weights or without an array."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..effective import effective_forward, keep_rising, recalibrate
from ..model import ArrayNetwork

#: Gives the weights of every layer on the dies that one step reads.
Weights = Callable[[], Sequence[Tensor]]

#: Images whose sums give the final means and variances.
_CALIBRATION_IMAGES = 20_000


@dataclass(frozen=True)
class Lessons:
    """What there is to learn from.

    Parameters
    ----------
    copies : uint8 tensor (copies, images, size)
        Training images, and warped copies of them.
    labels : int64 tensor (images,)
    logits : float16 tensor (copies, images, classes) or None
        A teacher's answers; None: there is no teacher.
    """

    copies: Tensor
    labels: Tensor
    logits: Tensor | None = None


@dataclass(frozen=True)
class Course:
    """How to learn.

    Parameters
    ----------
    epochs : int
        Passes over the training images, each image in one of its copies.
    learning_rate : float
        Of Adam at the start; it falls to zero along half a cosine.
    batch : int
        Images of a step.
    plain : float
        Share of images that are not warped.
    teacher : float
        Weight of the teacher's answers against the labels.
    temperature : float
        That both answers are softened with.
    tail : float
        How much more dies count that read the labels worse: the loss is log(mean(exp(tail * L))) / tail of the dies'
        own losses L. 0: their mean.
    """

    epochs: int
    learning_rate: float
    batch: int = 200
    plain: float = 0.3
    teacher: float = 0.7
    temperature: float = 2.0
    tail: float = 0.0


def learn(
    model: ArrayNetwork,
    lessons: Lessons,
    course: Course,
    weights: Weights,
    generator: torch.Generator,
    device: torch.device,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Train a model, then set its means and variances over the weights that it met last.

    Parameters
    ----------
    model : ArrayNetwork
        On ``device``.
    lessons, course
        What from, and how.
    weights : function
        Gives the weights of every step: ``plain_weights``, or those of drawn dies. Their number must divide the batch.
    generator : torch.Generator
        On the CPU: order and copies of the images.
    device : torch.device
        Of the model.
    progress : function (steps done, steps in all) or None
    """
    count, batch = len(lessons.labels), min(course.batch, len(lessons.labels))
    total = course.epochs * (count // batch)
    optimizer = torch.optim.Adam(model.parameters(), lr=course.learning_rate, fused=True)
    model.train()
    step = 0
    for _ in range(course.epochs):
        order = torch.randperm(count, generator=generator)
        copy = _chosen_copies(lessons, course.plain, generator)
        for first in range(0, count - batch + 1, batch):
            for group in optimizer.param_groups:
                group["lr"] = course.learning_rate * 0.5 * (1 + math.cos(math.pi * step / total))
            images = order[first : first + batch]
            of_copies = copy[images]
            inputs = lessons.copies[of_copies, images].to(device).float()
            answers = None if lessons.logits is None else lessons.logits[of_copies, images].to(device).float()
            of_dies = weights()
            logits = effective_forward(model, inputs, of_dies)
            loss = _loss(logits, lessons.labels[images].to(device), answers, course, len(of_dies[0]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                for layer in model.binary_layers:
                    layer.latent.clamp_(-1, 1)
            keep_rising(model)
            step += 1
            if progress is not None:
                progress(step, total)
    model.eval()
    shown = torch.randperm(count, generator=generator)[:_CALIBRATION_IMAGES]
    recalibrate(model, lessons.copies[0, shown].to(device).float(), weights)


def _chosen_copies(lessons: Lessons, plain: float, generator: torch.Generator) -> Tensor:
    """Which copy of each image an epoch shows, (images,)."""
    copies, count = lessons.copies.shape[:2]
    if copies == 1:
        return torch.zeros(count, dtype=torch.int64)
    chosen = torch.randint(1, copies, (count,), generator=generator)
    return chosen.masked_fill(torch.rand(count, generator=generator) < plain, 0)


def _loss(logits: Tensor, labels: Tensor, answers: Tensor | None, course: Course, dies: int) -> Tensor:
    """Cross-entropy with the labels, and divergence from a teacher's softened answers."""
    own = torch.nn.functional.cross_entropy(logits, labels, reduction="none").view(dies, -1).mean(1)
    if course.tail:
        own = (torch.logsumexp(course.tail * own, 0) - math.log(dies)) / course.tail
    own = own.mean()
    if answers is None or not course.teacher:
        return own
    soft, softer = logits / course.temperature, answers / course.temperature
    divergence = torch.nn.functional.kl_div(
        torch.log_softmax(soft, 1), torch.log_softmax(softer, 1), reduction="batchmean", log_target=True
    )
    return (1 - course.teacher) * own + course.teacher * course.temperature**2 * divergence
