# SPDX-License-Identifier: BSD-3-Clause
"""Training of one network, as the commands and the demonstration ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import extras_needed
from .data import load_data
from .steps import StepProgress

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.network import Network
    from spintile.model.training import NetworkSpec, Regime


def dense_spec(
    hidden: Sequence[int], outputs: int, *, input_bits: int = 1, activation_bits: int = 1, output_copies: int = 1
) -> NetworkSpec:
    """The shape of a dense network."""
    with extras_needed():
        from spintile.model.training import NetworkSpec

    return NetworkSpec.dense(
        tuple(hidden), outputs, input_bits=input_bits, activation_bits=activation_bits, output_copies=output_copies
    )


def train_on(
    *,
    data: str,
    spec: NetworkSpec,
    chip: Chip,
    regime: Regime,
    train_images: int = 0,
    epochs: int = 0,
    seed: int = 0,
    column_seed: int = 0,
    start: Network | None = None,
    population: Population | None = None,
    side: int = 14,
    progress: StepProgress | None = None,
) -> Network:
    """Train a network.

    Parameters
    ----------
    data : str
        Data set by name or folder.
    spec : NetworkSpec
        Its shape.
    chip : Chip
        What the array is like; its column repair is part of training.
    regime : {"software", "die_aware", "statistics_aware"}
        What training knows of the devices.
    train_images : int
        Only the first; 0: all.
    epochs : int
        Passes over them; 0: the library's choice.
    seed, column_seed : int
        Of training, and of the given die's column errors.
    start : Network or None
        Trained network to start from.
    population : Population or None
        The one die of die-aware training.
    side : int
        Height and width of images.
    progress : StepProgress, optional
        Told of every hundredth part.
    """
    with extras_needed():
        from spintile.model.training import train

    dataset = load_data(data, side)
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        if progress is not None and done * 100 // total > told:
            told = done * 100 // total
            progress(done / total, f"step {done} of {total}")

    return train(
        dataset.take(train=train_images) if train_images else dataset,
        spec,
        regime,
        chip,
        population=population,
        start=start,
        epochs=epochs or None,
        seed=seed,
        column_seed=column_seed,
        progress=tell,
    )
