# SPDX-License-Identifier: BSD-3-Clause
"""How well a model in training reads its training images on drawn dies: by this the best of several is chosen."""

from __future__ import annotations

import torch

from ..effective import effective_forward
from ..model import ArrayNetwork
from .distillation import Lessons, Weights

#: Images of one draw of dies: 10 dies at a time make 1,200 dies in a pass over 60,000 images.
_BATCH = 500


@torch.no_grad()
def share_read(model: ArrayNetwork, lessons: Lessons, weights: Weights, passes: int = 1) -> float:
    """Share of training images that are read right, from 0 to 1.

    Parameters
    ----------
    model : ArrayNetwork
        In evaluation, with the means and variances that it will keep.
    lessons : Lessons
        Its first copy is read.
    weights : function
        Gives effective weights of some dies for every 500 images, of which each reads its share; where it starts anew
        from the same seed, two models are asked on the same dies.
    passes : int
        How often every image is read, each time on other dies: one pass alone leaves 0.2 % of chance between two
        models, more than they mostly differ.
    """
    inputs, labels = lessons.copies[0], lessons.labels
    right = read = 0
    for first in [*range(0, len(labels), _BATCH)] * passes:
        of_dies = weights()
        count = len(labels[first : first + _BATCH]) // len(of_dies[0]) * len(of_dies[0])
        if not count:
            continue
        images = slice(first, first + count)
        logits = effective_forward(model, inputs[images].float(), of_dies)
        right += int((logits.argmax(1) == labels[images]).sum())
        read += count
    return right / max(1, read)
