# SPDX-License-Identifier: BSD-3-Clause
"""Digits as a network takes them: of the test set, or drawn by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import BadInput
from .subject import Subject

__all__ = ["Picture", "drawn_picture", "known_picture"]


@dataclass(frozen=True, eq=False)
class Picture:
    """One digit.

    Parameters
    ----------
    values : uint8 array (height, width)
        What the chip sees: 0 to 2^input_bits - 1.
    inputs : uint8 array (inputs,)
        The same in the network's order.
    index : int
        In the test set; of one that was drawn, 0.
    label : int or None
        What it is; None where nobody said.
    """

    values: NDArray[np.uint8]
    inputs: NDArray[np.uint8]
    index: int = 0
    label: int | None = None


def known_picture(subject: Subject, index: int) -> Picture:
    """A digit of the test set; BadInput if it has not so many."""
    dataset = subject.dataset
    if not 0 <= index < len(dataset.test_labels):
        last = len(dataset.test_labels) - 1
        raise BadInput(f"digit must be one of 0 to {last} of the test images of {dataset.name}, not {index}")
    return _picture(subject, dataset.test_images[index], index, int(dataset.test_labels[index]))


def drawn_picture(subject: Subject, strokes: Sequence[ArrayLike]) -> Picture:
    """A digit from strokes of a pen, as ``spintile.model.data.draw_strokes`` takes them; its ValueError."""
    from spintile.model.data import draw_strokes

    return _picture(subject, draw_strokes(strokes, subject.dataset), 0, None)


def _picture(subject: Subject, grey: NDArray[np.uint8], index: int, label: int | None) -> Picture:
    from spintile.model.data import to_bits
    from spintile.model.remapping import ordered_inputs

    values = to_bits(grey, subject.network.input_bits, subject.dataset.levels)
    inputs = ordered_inputs(subject.network, values.reshape(1, -1))[0]
    return Picture(values, inputs, index, label)
