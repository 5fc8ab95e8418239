# SPDX-License-Identifier: BSD-3-Clause
"""Read noise as integers: Philox4x32-10 counters through a committed table of normal quantiles.

Nothing here is floating point, so that a C++ loop or a circuit gives the same noise bit for bit. A sample depends only
on (seed, die) and on (image, ordinal of the read, column): in which order or on how many workers reads are evaluated
changes nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..philox import philox

#: Upper half of the quantile table: standard-normal quantiles at (i + 1/2)/256 in units of 2^10, rounded, and scaled so
#: that the standard deviation of the whole table is 2^10 (measured: 1023.93). The lower half is its mirror image.
_UPPER_QUANTILES = (
    5, 15, 25, 35, 45, 55, 65, 75, 86, 96, 106, 116, 126, 136, 146, 156,
    167, 177, 187, 197, 207, 218, 228, 238, 249, 259, 269, 280, 290, 301, 311, 322,
    332, 343, 354, 364, 375, 386, 397, 407, 418, 429, 440, 451, 462, 474, 485, 496,
    507, 519, 530, 542, 553, 565, 577, 589, 600, 612, 624, 637, 649, 661, 674, 686,
    699, 711, 724, 737, 750, 764, 777, 790, 804, 818, 831, 846, 860, 874, 889, 903,
    918, 933, 949, 964, 980, 996, 1012, 1028, 1045, 1062, 1080, 1097, 1115, 1133, 1152, 1171,
    1191, 1211, 1231, 1252, 1273, 1295, 1318, 1341, 1365, 1390, 1415, 1442, 1469, 1498, 1528, 1559,
    1591, 1626, 1662, 1700, 1741, 1785, 1833, 1884, 1941, 2005, 2078, 2163, 2265, 2397, 2587, 2962,
)  # fmt: skip

#: T of the contract: 256 signed integers, T[255 - i] = -T[i].
TABLE: tuple[int, ...] = tuple(-value for value in reversed(_UPPER_QUANTILES)) + _UPPER_QUANTILES

#: Largest |noise| is sigma * PEAK_SIGMAS (four times the table's end, over 2^11), rounded up.
PEAK_SIGMAS = 6

#: Committed vectors, (sigma, seed, die, image, ordinal, column) -> noise, for engines written in other languages.
TEST_VECTORS: tuple[tuple[tuple[int, int, int, int, int, int], int], ...] = (
    ((256, 0, 0, 0, 0, 0), 235),
    ((256, 0, 0, 0, 0, 1), 10),
    ((256, 0, 0, 1, 0, 0), 33),
    ((256, 0, 0, 0, 1, 0), -109),
    ((256, 0, 1, 0, 0, 0), 583),
    ((256, 1, 0, 0, 0, 0), 418),
    ((1, 7, 35, 9999, 29, 24), -1),
    ((4095, 4294967295, 35, 4294967295, 1048575, 63), -6798),
    ((100000, 123456789, 3, 59999, 224, 11), -188965),
)


def read_noise(
    sigma: int, seed: int, die: ArrayLike, image: ArrayLike, ordinal: ArrayLike, column: ArrayLike
) -> NDArray[np.int64]:
    """Noise added to the column sums of reads.

    ``(sigma * (T[w0 >> 24] + T[w1 >> 24] + T[w2 >> 24] + T[w3 >> 24]) + 2^10) >> 11`` with w the Philox words of
    key (seed mod 2^32, die) and counter (image, ordinal, column, 0).

    Parameters
    ----------
    sigma : int
        Standard deviation [LSB/2^F]; 0 gives no noise.
    seed : int
        Seed of the die image; its low 32 bits count.
    die, image, ordinal, column : int or int array
        Which die, image of the data set, read of the image's program, and column; broadcast against each other.

    Returns
    -------
    int64 array
        Noise [LSB/2^F] in the broadcast shape.
    """
    shape = np.broadcast_shapes(*(np.shape(value) for value in (die, image, ordinal, column)))
    if sigma == 0:
        return np.zeros(shape, np.int64)
    if sigma < 0:
        raise ValueError(f"sigma must be a non-negative integer, not {sigma}")
    table = np.array(TABLE, np.int64)
    words = philox((image, ordinal, column, 0), (seed & 0xFFFFFFFF, die))
    total = np.zeros(shape, np.int64)
    for word in words:
        total += table[(word >> np.uint64(24)).astype(np.intp)]
    return (sigma * total + (1 << 10)) >> 11
