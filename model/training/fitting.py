# SPDX-License-Identifier: BSD-3-Clause
"""Training in three regimes: in software, for one given die, or for the statistics of all dies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..chip import Chip
from ..data import Dataset
from ..dies import Population
from ..network import Network, software_classes
from .devices import Devices
from .drawing import DeviceSource
from .model import ArrayNetwork
from .spec import NetworkSpec

Regime = Literal["software", "die_aware", "statistics_aware"]
Progress = Callable[[int, int], None]

#: Images, and images of one draw, whose sums give the final means and variances of batch normalisation.
_CALIBRATION_IMAGES = 20_000
_CALIBRATION_BATCH = 500


@dataclass(frozen=True)
class Settings:
    """How long and how fast to train.

    Parameters
    ----------
    epochs : int
        Passes over the training images.
    learning_rate : float
        Of Adam at the start; it falls to zero along half a cosine.
    batch : int
        Images of a step.
    dies_per_batch : int
        Dies drawn for each step of statistics-aware training; each reads its share of the batch.

    Raises
    ------
    ValueError
        If a field is out of range; the message names it.
    """

    epochs: int
    learning_rate: float
    batch: int = 500
    dies_per_batch: int = 1

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "dies_per_batch"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"training: {name} must be a positive integer, not {value!r}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(f"training: learning_rate must be a positive number, not {self.learning_rate!r}")

    @classmethod
    def default(cls, regime: Regime, started: bool) -> Settings:
        """Long enough for the default network on MNIST: from scratch, or from a trained network."""
        # One die a batch would let batch normalisation hide from the weights what thresholds cannot follow later.
        dies = 4 if regime == "statistics_aware" else 1
        if regime == "software" or not started:
            return cls(epochs=40, learning_rate=0.01, dies_per_batch=dies)
        if regime == "statistics_aware":
            return cls(epochs=12, learning_rate=0.01, dies_per_batch=dies)
        return cls(epochs=10, learning_rate=0.003)


def train(
    dataset: Dataset,
    spec: NetworkSpec,
    regime: Regime,
    chip: Chip,
    *,
    population: Population | None = None,
    die: int = 0,
    start: Network | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    batch: int | None = None,
    dies_per_batch: int | None = None,
    seed: int = 0,
    column_seed: int = 0,
    progress: Progress | None = None,
) -> Network:
    """A trained network, as integers.

    Parameters
    ----------
    dataset : Dataset
        Only its training images are used for training; the test images give the ``software_accuracy`` of the metadata.
    spec : NetworkSpec
        The network's shape.
    regime : {"software", "die_aware", "statistics_aware"}
        Unaware of any device; through one given die; or through a die drawn afresh from the chip's statistics for every
        mini-batch.
    chip : Chip
        Geometry, converters, column repair and statistics that the array is simulated with.
    population, die : Population and int
        The given die of die-aware training, by its position.
    start : Network or None
        A trained network of the same shape to start from; None: random weights.
    epochs, learning_rate, batch, dies_per_batch
        As ``Settings``; None: ``Settings.default``.
    seed : int
        Of first weights, order of images and drawn dies: the same seed gives the same network.
    column_seed : int
        The ``seed`` that the given die's image is made with: its columns' offset and gain errors.
    progress : function (steps done, steps in all) or None
        Called after every step.

    Returns
    -------
    Network
        Metadata: regime, dataset, seed, epochs, repair, software accuracy [%] and, if there is one, the die.

    Raises
    ------
    ValueError
        If an argument is out of range, or a die is given or lacking against the regime.
    DoesNotFit
        If the network does not fit the chip.
    """
    usual = Settings.default(regime, start is not None)
    settings = Settings(
        epochs=usual.epochs if epochs is None else epochs,
        learning_rate=usual.learning_rate if learning_rate is None else learning_rate,
        batch=usual.batch if batch is None else batch,
        dies_per_batch=usual.dies_per_batch if dies_per_batch is None else dies_per_batch,
    )
    model = fit(
        dataset,
        spec,
        regime,
        chip,
        settings,
        population=population,
        die=die,
        start=start,
        seed=seed,
        column_seed=column_seed,
        progress=progress,
    )
    network = model.export()
    classes = software_classes(network, dataset.inputs(spec.input_bits)[1])
    metadata = {
        "regime": regime,
        "dataset": dataset.name,
        "seed": str(seed),
        "epochs": str(settings.epochs),
        "repair": "none" if regime == "software" else model.settings.repair.mode,
        "software_accuracy": f"{100 * float(np.mean(classes == dataset.test_labels)):.2f}",
    }
    if population is not None:
        metadata["die"] = str(int(population.die_ids[die]))
    return replace(network, metadata=metadata)


def fit(
    dataset: Dataset,
    spec: NetworkSpec,
    regime: Regime,
    chip: Chip,
    settings: Settings,
    *,
    population: Population | None = None,
    die: int = 0,
    start: Network | None = None,
    seed: int = 0,
    column_seed: int = 0,
    progress: Progress | None = None,
) -> ArrayNetwork:
    """The trained model behind ``train``, with its latent weights and normalisation."""
    _check(dataset, spec, regime, population, die)
    inputs = torch.from_numpy(_flat(dataset.inputs(spec.input_bits)[0]).astype(np.float32))
    labels = torch.from_numpy(dataset.train_labels)
    generator = torch.Generator().manual_seed(seed)
    with _one_thread():
        model = ArrayNetwork(spec, dataset.shape, chip, through_array=regime != "software", seed=seed)
        model.settings = replace(model.settings, generator=generator)
        if start is not None:
            model.adopt(start, inputs[:_CALIBRATION_IMAGES])
        fixed = None
        if regime == "die_aware":
            assert population is not None
            fixed = Devices.of_population(population.select([die]), chip, model.wirings, column_seed)
        dies = settings.dies_per_batch if regime == "statistics_aware" else 1

        source = DeviceSource(chip, model.wirings, seed, generator)

        def devices(count: int) -> Sequence[Devices] | None:
            if regime != "statistics_aware":
                return fixed
            return source.draw(count)

        batch = min(settings.batch, len(inputs)) // dies * dies
        if not batch:
            raise ValueError(f"training: dies_per_batch must be at most {min(settings.batch, len(inputs))}, not {dies}")
        batches = list(range(0, len(inputs) - batch + 1, batch))
        total = settings.epochs * len(batches)
        optimizer = make_optimizer(model, settings)
        model.train()
        step = 0
        for _ in range(settings.epochs):
            order = torch.randperm(len(inputs), generator=generator)
            for first in batches:
                for group in optimizer.param_groups:
                    group["lr"] = settings.learning_rate * 0.5 * (1 + math.cos(math.pi * step / total))
                chosen = order[first : first + batch]
                given = inputs.index_select(0, chosen), labels.index_select(0, chosen)
                train_step(model, optimizer, *given, devices(dies), dies)
                step += 1
                if progress is not None:
                    progress(step, total)
        model.eval()
        _calibrate(model, inputs[torch.randperm(len(inputs), generator=generator)[:_CALIBRATION_IMAGES]], devices)
    return model


def make_optimizer(model: ArrayNetwork, settings: Settings) -> torch.optim.Optimizer:
    """Adam for every trained number of a model."""
    return torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)


def train_step(
    model: ArrayNetwork,
    optimizer: torch.optim.Optimizer,
    inputs: Tensor,
    labels: Tensor,
    devices: Sequence[Devices] | None = None,
    dies: int = 1,
) -> None:
    """One step on images (images, size) and their labels, read through the devices of some dies or through none."""
    loss = _loss(model(inputs, devices, dies), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for layer in model.binary_layers:
            layer.latent.clamp_(-1, 1)


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy; of one output, whether it is positive."""
    if logits.shape[1] == 1:
        return torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0], labels.to(logits.dtype))
    return torch.nn.functional.cross_entropy(logits, labels)


@torch.no_grad()
def _calibrate(model: ArrayNetwork, inputs: Tensor, devices: Callable[[int], Sequence[Devices] | None]) -> None:
    """Means and variances of the final weights, layer after layer, each batch with its own draw of devices."""
    for index, layer in enumerate(model.binary_layers[:-1]):
        count, total, squares = 0, torch.tensor(0.0).double(), torch.tensor(0.0).double()
        for part in torch.split(inputs, _CALIBRATION_BATCH):
            sums = model(part, devices(1), until=index).double()
            count += len(sums)
            total = total + sums.sum(0)
            squares = squares + sums.square().sum(0)
        mean = total / count
        layer.mean.copy_(mean)
        layer.variance.copy_(squares / count - mean.square())


def _flat(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return images.reshape(len(images), -1)


def _check(dataset: Dataset, spec: NetworkSpec, regime: Regime, population: Population | None, die: int) -> None:
    if regime not in get_args(Regime):
        raise ValueError(f"regime must be one of {', '.join(get_args(Regime))}, not {regime!r}")
    if (population is not None) != (regime == "die_aware"):
        raise ValueError(
            f"population must {'be given' if regime == 'die_aware' else 'not be given'} for regime {regime!r}"
        )
    if population is not None and not 0 <= die < population.dies:
        raise ValueError(f"die must be from 0 to {population.dies - 1}, not {die}")
    outputs = spec.layers[-1].neurons
    classes = 2 if outputs == 1 else outputs
    if dataset.classes > classes:
        raise ValueError(f"network: outputs must tell {dataset.classes} classes of {dataset.name} apart, not {classes}")
    if not len(dataset.train_labels):
        raise ValueError(f"{dataset.name}: train_images must not be empty")


@contextmanager
def _one_thread() -> Iterator[None]:
    """One torch thread: sums then have one order whatever the machine, and small products are faster so."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
