# SPDX-License-Identifier: BSD-3-Clause
"""What an engine returns: classes, and on request everything that the stages compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from ..mapping import Compiled


@dataclass(frozen=True, eq=False)
class Record:
    """Answers of dies to images.

    Parameters
    ----------
    classes : int64 array (dies, images)
        Decided class.
    codes : int16 array (dies, images, reads, cols) or None
        Codes of every read of an image, in program order.
    accumulators : list of int64 arrays (dies, images, emits, pairs), one per layer
        Accumulators handed to the activation, lanes without a neuron included.
    activations : list of int16 arrays (dies, images, emits / pool^2, pairs), one per hidden layer
        Activations after pooling, group by group, pooled positions row-major; lanes without a neuron are 0.
    """

    classes: NDArray[np.int64]
    codes: NDArray[np.int16] | None = None
    accumulators: list[NDArray[np.int64]] = field(default_factory=list)
    activations: list[NDArray[np.int16]] = field(default_factory=list)

    def accuracy(self, labels: ArrayLike) -> NDArray[np.float64]:
        """Share of images classified as labelled, per die: (dies,)."""
        return np.mean(self.classes == np.asarray(labels), axis=1, dtype=np.float64)

    @classmethod
    def allocate(cls, compiled: Compiled, dies: int, images: int, everything: bool) -> Record:
        """A record to be filled: classes only, or everything."""
        classes = np.zeros((dies, images), np.int64)
        if not everything:
            return cls(classes)
        geometry, layers = compiled.geometry, compiled.schedule.layers
        return cls(
            classes,
            np.zeros((dies, images, compiled.reads_per_image, geometry.cols), np.int16),
            [np.zeros((dies, images, layer.emits, geometry.pairs), np.int64) for layer in layers],
            [np.zeros((dies, images, x.shape[0] * x.shape[1], geometry.pairs), np.int16) for x in layers[:-1]],
        )
