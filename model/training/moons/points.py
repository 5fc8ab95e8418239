# SPDX-License-Identifier: BSD-3-Clause
"""The points: half-moons as the experiment draws them, and fresh ones that no training saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLES, NOISE, SEED = 1000, 0.05, 42
_FRESH_SEED = 777


@dataclass(frozen=True)
class Points:
    """Points in the plane and their classes.

    Parameters
    ----------
    x : float32 array (points, 2)
        In the unit square, where the 1,000 published points just fit; fresh ones may lie a little outside.
    label : bool array (points,)
        Class 1.
    """

    x: NDArray[np.float32]
    label: NDArray[np.bool_]


def load_points(fresh: int) -> tuple[Points, Points]:
    """The 800 training points, and fresh ones of the same process (another seed, the same scaling).

    Parameters
    ----------
    fresh : int
        How many; even numbers give both moons the same.

    Raises
    ------
    ValueError
        If there are none.
    """
    from sklearn import datasets

    if fresh < 1:
        raise ValueError(f"moons: fresh points must be at least 1, not {fresh}")
    drawn: Any = datasets.make_moons(n_samples=SAMPLES, noise=NOISE, random_state=SEED)
    new: Any = datasets.make_moons(n_samples=fresh, noise=NOISE, random_state=_FRESH_SEED)
    low, span = drawn[0].min(axis=0), np.ptp(drawn[0], axis=0)
    train = np.random.default_rng(0).permutation(SAMPLES)[: SAMPLES * 8 // 10]
    return _points(drawn[0][train], drawn[1][train], low, span), _points(new[0], new[1], low, span)


def _points(x: Any, label: Any, low: Any, span: Any) -> Points:
    return Points(((x - low) / span).astype(np.float32), np.asarray(label) > 0)
