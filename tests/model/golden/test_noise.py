# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.golden.noise import PEAK_SIGMAS, TABLE, TEST_VECTORS, philox, read_noise


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        # Known answers published with the generator (Random123, philox4x32 with 10 rounds).
        ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_its_known_answers(counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]) -> None:
    assert tuple(int(word) for word in philox(counter, key)) == words


@pytest.mark.parametrize(("inputs", "noise"), TEST_VECTORS)
def test_committed_vectors_hold(inputs: tuple[int, int, int, int, int, int], noise: int) -> None:
    assert int(read_noise(*inputs)) == noise


def test_arrays_give_what_single_samples_give() -> None:
    dies, images, columns = np.array([0, 5]), np.arange(3), np.arange(4)
    noise = read_noise(300, 11, dies[:, None, None], images[:, None], 7, columns)
    assert noise.shape == (2, 3, 4)
    for place in np.ndindex(noise.shape):
        assert noise[place] == read_noise(300, 11, dies[place[0]], images[place[1]], 7, columns[place[2]])


def test_every_part_of_key_and_counter_counts() -> None:
    base = (300, 1, 2, 3, 4, 5)
    samples = np.arange(200)
    reference = read_noise(*base[:3], samples, *base[4:])
    for changed in ((300, 9, 2), (300, 1, 9)):
        assert np.any(read_noise(*changed, samples, 4, 5) != reference)
    assert np.any(read_noise(300, 1, 2, samples, 9, 5) != reference)
    assert np.any(read_noise(300, 1, 2, samples, 4, 9) != reference)


def test_only_the_low_word_of_the_seed_counts() -> None:
    assert read_noise(300, 5, 0, 0, 0, 0) == read_noise(300, 5 + (1 << 32), 0, 0, 0, 0)


def test_sigma_zero_is_no_noise() -> None:
    assert not read_noise(0, 1, 2, np.arange(100), 3, 4).any()


def test_a_negative_sigma_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^sigma must be a non-negative integer, not -1$"):
        read_noise(-1, 0, 0, 0, 0, 0)


def test_the_table_is_odd_and_has_its_deviation() -> None:
    table = np.array(TABLE)
    assert table.shape == (256,)
    assert np.array_equal(table, -table[::-1])
    assert np.all(np.diff(table) > 0)
    assert round(float(table.std())) == 1024


def test_samples_are_gaussian_with_the_given_deviation() -> None:
    sigma = 1000
    noise = read_noise(sigma, 3, 0, np.arange(100_000), 0, 0) / sigma
    # 100,000 samples: four standard errors of mean (0.0032), deviation (0.0022), and share beyond two (0.00067).
    assert abs(noise.mean()) < 0.013
    assert abs(noise.std() - 1) < 0.009
    assert abs(np.mean(np.abs(noise) > 2) - 0.0455) < 0.003
    assert np.abs(noise).max() < PEAK_SIGMAS


def test_the_peak_is_what_the_table_allows() -> None:
    assert (10_000 * 4 * TABLE[-1] + (1 << 10)) >> 11 <= PEAK_SIGMAS * 10_000
