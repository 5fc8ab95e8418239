# SPDX-License-Identifier: BSD-3-Clause
"""Training images and warped copies of them: shifted, turned, stretched and sheared a little, then made coarse."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ....data import Dataset
from ....data.resample import area_weights

#: Images warped at a time.
_CHUNK = 5_000


@dataclass(frozen=True)
class Warp:
    """Largest change of each kind; every image draws its own, uniformly, of either sign.

    Parameters
    ----------
    shift : float
        Along each axis, in units of the side.
    turn : float
        Angle [rad].
    stretch, shear : float
        Relative.
    """

    shift: float = 1 / 14
    turn: float = 0.17
    stretch: float = 0.1
    shear: float = 0.15

    def matrices(self, count: int, generator: torch.Generator) -> Tensor:
        """Affine matrices (count, 2, 3) from places of a warped image to places of its source, both from -1 to 1."""

        def either(most: float) -> Tensor:
            return (torch.rand(count, generator=generator) * 2 - 1) * most

        angle, wide, high, shear = (
            either(self.turn),
            1 + either(self.stretch),
            1 + either(self.stretch),
            either(self.shear),
        )
        across, down = either(2 * self.shift), either(2 * self.shift)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        rows = (torch.stack([cosine * wide, shear - sine, across], 1), torch.stack([sine, cosine * high, down], 1))
        return torch.stack(rows, 1)


def warped(images: Tensor, warp: Warp, generator: torch.Generator) -> Tensor:
    """Images (images, height, width), each under a warp of its own; what comes from outside is 0."""
    parts = []
    for part in torch.split(images, _CHUNK):
        places = torch.nn.functional.affine_grid(
            warp.matrices(len(part), generator), [len(part), 1, *part.shape[1:]], align_corners=False
        )
        parts.append(torch.nn.functional.grid_sample(part.float().unsqueeze(1), places, align_corners=False)[:, 0])
    return torch.cat(parts)


def coarse(images: Tensor, side: int, top: int) -> Tensor:
    """Area averages of images (images, height, width) of 0 to 1, as levels from 0 to ``top``, uint8."""
    down, across = (torch.from_numpy(area_weights(size, side)).float() for size in images.shape[1:])
    # The small term takes ties up, as ``data.resample`` does.
    return torch.floor((down @ images @ across.t()) * top + (0.5 + 1e-5)).clamp_(0, top).to(torch.uint8)


def copies_of(source: Dataset, dataset: Dataset, count: int, bits: int, seed: int, warp: Warp | None = None) -> Tensor:
    """The training images, and warped copies of them.

    Parameters
    ----------
    source : Dataset
        The images at the resolution that they are warped at.
    dataset : Dataset
        The same images as the network takes them.
    count : int
        Copies in all; the first is not warped.
    bits : int
        Bits of each input.
    seed : int
        Of the warps.
    warp : Warp or None
        How far; None: as the defaults of ``Warp``.

    Returns
    -------
    uint8 tensor (count, images, inputs)

    Raises
    ------
    ValueError
        If the two do not hold the same number of images, these are not square, or ``count`` is not positive.
    """
    if len(source.train_images) != len(dataset.train_images):
        raise ValueError(
            f"source must have the {len(dataset.train_images)} training images, not {len(source.train_images)}"
        )
    if len(dataset.shape) != 2 or dataset.shape[0] != dataset.shape[1]:
        raise ValueError(f"training images must be square, not of the shape {dataset.shape}")
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    generator = torch.Generator().manual_seed(seed)
    side, size = dataset.shape[0], math.prod(dataset.shape)
    plain = torch.from_numpy(dataset.inputs(bits)[0].astype(np.uint8)).view(-1, size)
    copies = torch.empty((count, *plain.shape), dtype=torch.uint8)
    copies[0] = plain
    for index in range(1, count):
        for first in range(0, len(plain), _CHUNK):
            part = torch.from_numpy(source.train_images[first : first + _CHUNK]).float() / (source.levels - 1)
            moved = warped(part, warp or Warp(), generator)
            copies[index, first : first + _CHUNK] = coarse(moved, side, (1 << bits) - 1).view(-1, size)
    return copies
