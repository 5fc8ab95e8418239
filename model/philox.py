# SPDX-License-Identifier: BSD-3-Clause
"""Random numbers by counter: Philox4x32-10. What is drawn depends on key and counter alone, never on order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_MASK = np.uint64(0xFFFFFFFF)
_HALF_WORD = np.uint64(32)


def philox(counter: Iterable[ArrayLike], key: Iterable[ArrayLike]) -> tuple[NDArray[np.uint64], ...]:
    """Philox4x32-10 of Salmon et al. (SC 2011), vectorised.

    Parameters
    ----------
    counter : four integers or integer arrays
        32-bit words of the counter, lowest first; arrays broadcast against each other.
    key : two integers or integer arrays
        32-bit words of the key.

    Returns
    -------
    four uint64 arrays
        The 32-bit output words, lowest first.
    """
    c0, c1, c2, c3 = (np.asarray(word).astype(np.uint64) & _MASK for word in counter)
    k0, k1 = (np.asarray(word).astype(np.uint64) & _MASK for word in key)
    for _ in range(10):
        product0 = c0 * _MULTIPLIERS[0]
        product1 = c2 * _MULTIPLIERS[1]
        c0 = (product1 >> _HALF_WORD) ^ c1 ^ k0
        c2 = (product0 >> _HALF_WORD) ^ c3 ^ k1
        c1 = product1 & _MASK
        c3 = product0 & _MASK
        k0 = (k0 + np.uint64(_WEYL[0])) & _MASK
        k1 = (k1 + np.uint64(_WEYL[1])) & _MASK
    return tuple(np.broadcast_arrays(c0, c1, c2, c3))


def uniform(counter: Iterable[ArrayLike], key: Iterable[ArrayLike]) -> NDArray[np.float64]:
    """Numbers from 0 to below 1 with 53 random bits, from the first two words of ``philox``."""
    high, low = philox(counter, key)[:2]
    return ((high >> np.uint64(5)) * 67108864.0 + (low >> np.uint64(6))) / 9007199254740992.0
