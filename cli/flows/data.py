# SPDX-License-Identifier: BSD-3-Clause
"""Data sets in the form that a network wants."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput, extras_needed

if TYPE_CHECKING:
    from spintile.model.data import Dataset
    from spintile.model.network import Network

    from ..options import FlagsName


@lru_cache(maxsize=2)
def load_data(name: str, side: int = 14) -> Dataset:
    """A data set by name or folder; see ``spintile.model.data``. The last ones loaded are kept."""
    with extras_needed():
        from spintile.model.data import load

        return load(name, side=side)


def side_of(network: Network) -> int:
    """Side of the square images that a network takes; data sets without images ignore it."""
    return max(1, round(float(np.prod(network.input_shape)) ** 0.5))


def network_images(name: str, network: Network, count: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.int64], str]:
    """Test images as a network takes them, quantised and in its order of inputs; labels; the data set's name.

    Parameters
    ----------
    name : str
        As ``load_data``.
    network : Network
        Says how many inputs and bits there must be.
    count : int
        Only the first; 0: all.

    Raises
    ------
    BadInput
        If the network was made for other inputs.
    """
    dataset = load_data(name, side_of(network))
    inputs, wanted = int(np.prod(dataset.shape)), int(np.prod(network.input_shape))
    if inputs != wanted:
        raise BadInput(f"data set {dataset.name} must have {wanted} inputs for this network, not {inputs}")
    if dataset.classes > network.classes:
        raise BadInput(
            f"data set {dataset.name} must have {network.classes} classes for this network, not {dataset.classes}"
        )
    from spintile.model.remapping import ordered_inputs

    chosen = dataset.take(test=count) if count else dataset
    _, images = chosen.inputs(network.input_bits)
    return ordered_inputs(network, images), chosen.test_labels, dataset.name


def training_images(name: str, network: Network) -> NDArray[np.uint8]:
    """Training images as a network takes them, quantised and in its order of inputs; data as ``network_images``."""
    from spintile.model.remapping import ordered_inputs

    return ordered_inputs(network, load_data(name, side_of(network)).inputs(network.input_bits)[0])


def flag_examples(flags: FlagsName, name: str, network: Network) -> NDArray[np.uint8] | None:
    """Training images that flags of self-test are chosen by, if they are; data as ``network_images``."""
    if flags != "chosen":
        return None
    from spintile.model.programming.chosen_flags import PATTERNS

    return training_images(name, network)[:PATTERNS]
