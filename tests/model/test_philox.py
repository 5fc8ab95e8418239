# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.philox import philox, uniform

ALL_ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        # Known answers of the Random123 library.
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ALL_ONES,) * 4, (ALL_ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ],
)
def test_words_are_the_known_answers(counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert tuple(int(word) for word in philox(counter, key)) == expected
    assert tuple(int(word) for word in philox((counter[0] ^ 1, *counter[1:]), key)) != expected


def test_uniform_numbers_have_53_bits_and_the_right_mean() -> None:
    drawn = uniform((np.arange(100_000), 0, 0, 1), (7, 3))
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert np.array_equal(drawn * 2.0**53, np.floor(drawn * 2.0**53))
    # Five standard errors.
    assert abs(drawn.mean() - 0.5) < 5 / np.sqrt(12 * drawn.size)
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 5 / np.sqrt(drawn.size)
