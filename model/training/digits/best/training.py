# SPDX-License-Identifier: BSD-3-Clause
"""Training of the best network: without an array first, then through drawn dies as effective weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ....data import Dataset, load
from ....network import Network, software_classes
from ....sweep.compute import one_thread
from ...effective import EffectiveReads, plain_weights
from ...model import ArrayNetwork
from ..distillation import Course, Lessons, learn
from ..packing import pack_network
from .augmentation import copies_of
from .plan import INPUT_BITS, SIDE, BestPlan, best_spec
from .teacher import teacher_logits, train_teacher

Progress = Callable[[int, int], None]

#: Side that the images of an IDX folder are warped at.
SOURCE_SIDE = 28


def best_data(data: str) -> tuple[Dataset, Dataset]:
    """Images as they are warped, and as the network takes them.

    Parameters
    ----------
    data : str
        "mnist": the bundled 14 x 14 images are both; else a folder of IDX files: 28 x 28 with 256 levels, and 20 x 20.
    """
    if data == "mnist":
        bundled = load(data)
        return bundled, bundled
    return load(data, SOURCE_SIDE, 256), load(data, SIDE)


def train_best(
    seed: int, data: str, *, plan: BestPlan, device: str = "cpu", progress: Progress | None = None
) -> Network:
    """Train the best network for dies of ``plan.conditions``.

    Parameters
    ----------
    seed : int
        Of everything that is drawn.
    data : str
        As ``best_data``.
    plan : BestPlan
        How.
    device : str
        "cpu" or "cuda". On the CPU the same seed gives the same network.
    progress : function (steps done, steps in all of a stage) or None
        Called after every step.

    Returns
    -------
    Network
        As ``train_on`` gives it.
    """
    return train_on(seed, *best_data(data), plan, device, progress)


def train_best_task(seed: int, data: str, plan: dict[str, Any], device: str = "cpu") -> dict[str, Any]:
    """``train_best`` as a task of a sweep; ``plan`` holds fields of a ``BestPlan``.

    Returns
    -------
    dict
        ``network``, packed; ``software``, its accuracy without an array, and ``start``, that of the network before it
        met any die [%].
    """
    network = train_best(seed, data, plan=BestPlan(**plan), device=device)
    of = network.metadata
    return {
        "network": pack_network(network),
        "software": float(of["software_accuracy"]),
        "start": float(of["start_accuracy"]),
    }


def train_on(
    seed: int, source: Dataset, dataset: Dataset, plan: BestPlan, device: str = "cpu", progress: Progress | None = None
) -> Network:
    """Train the best network on given data; ``source`` holds the images of ``dataset`` as they are warped.

    Returns
    -------
    Network
        Metadata: dataset, seed, ``software_accuracy`` of the network itself and ``start_accuracy`` of the one that was
        trained without an array [%].
    """
    where = torch.device(device)
    source, dataset = (some.take(train=plan.train_images) for some in (source, dataset))
    chip = plan.conditions.chip()
    with one_thread():
        lessons = _lessons(seed, source, dataset, plan, where, progress)
        model = ArrayNetwork(best_spec(dataset.shape[0]), dataset.shape, chip, through_array=True, seed=seed).to(where)
        generator = torch.Generator().manual_seed(seed)
        course = Course(plan.epochs, plan.learning_rate)
        learn(model, lessons, course, lambda: plain_weights(model), generator, where, progress)
        start = _exported(model, where)
        network = start
        if plan.aware_epochs:
            reads = EffectiveReads(chip, model.wirings, flags=True, generator=generator, seed=seed, device=where)

            def weights() -> list[torch.Tensor]:
                return reads.draw(model, plan.dies, float(torch.rand((), generator=generator)))

            course = Course(plan.aware_epochs, plan.aware_learning_rate)
            learn(model, lessons, course, weights, generator, where, progress)
            network = _exported(model, where)
    metadata = {
        "regime": "statistics_aware" if plan.aware_epochs else "software",
        "dataset": dataset.name,
        "seed": str(seed),
        "repair": "check",
        "software_accuracy": f"{_accuracy(network, dataset):.2f}",
        "start_accuracy": f"{_accuracy(start, dataset):.2f}",
    }
    return dataclasses.replace(network, metadata=metadata)


def _lessons(
    seed: int, source: Dataset, dataset: Dataset, plan: BestPlan, device: torch.device, progress: Progress | None
) -> Lessons:
    copies = copies_of(source, dataset, plan.copies, INPUT_BITS, seed)
    labels = torch.from_numpy(dataset.train_labels)
    if not plan.teacher_epochs:
        return Lessons(copies, labels)
    top = (1 << INPUT_BITS) - 1
    teacher = train_teacher(copies, labels, top, plan.teacher_epochs, seed, device, progress)
    return Lessons(copies, labels, teacher_logits(teacher, copies, device))


def _exported(model: ArrayNetwork, device: torch.device) -> Network:
    """The network as integers; the model stays where it is."""
    network = model.to("cpu").export()
    model.to(device)
    return network


def _accuracy(network: Network, dataset: Dataset) -> float:
    classes = software_classes(network, dataset.inputs(network.input_bits)[1])
    return 100 * float(np.mean(classes == dataset.test_labels))
