# SPDX-License-Identifier: BSD-3-Clause
"""The numbers worked by hand in model/README.md."""

from __future__ import annotations

import numpy as np
from spintile.model.golden import DieImage, column_sums, convert, median_of_three, read_noise, repair
from spintile.model.sensing import Repair

B, F = 4, 2
ROWS = [1, 0, 1, 1]
REPAIR = Repair("pair_check", K=18, P=12, D=6, m0=8, m1=1)


def example(sigma: int = 0) -> DieImage:
    q = np.array([[12, 6, 12, 6], [6, 12, 12, 6], [12, 6, 12, 72], [6, 12, 6, 12]], np.int32)
    return DieImage(
        q=q[np.newaxis, np.newaxis],
        offset=np.array([[[1, -1, 0, 0]]]),
        lo=np.zeros((1, 1, 4), np.int64),
        hi=np.full((1, 1, 4), 70),
        adc_bits=B,
        fraction_bits=F,
        noise_sigma=sigma,
        noise_seed=1,
        die_ids=np.zeros(1, np.int64),
        column_offset=np.zeros(4, np.int64),
        saturations=np.zeros(1, np.int64),
    )


def test_sums() -> None:
    assert column_sums(example(), 0, 0, ROWS).tolist() == [31, 23, 30, 70]


def test_codes() -> None:
    assert convert(column_sums(example(), 0, 0, ROWS), B, F).tolist() == [8, 6, 8, 15]


def test_noise() -> None:
    assert [int(read_noise(3, 1, 0, 0, 0, column)) for column in range(4)] == [5, -5, -1, 0]
    sums = column_sums(example(sigma=3), 0, 0, ROWS)
    assert sums.tolist() == [36, 18, 29, 70]
    assert convert(sums, B, F).tolist() == [9, 5, 7, 15]


def test_differences_of_every_repair() -> None:
    codes = np.array([8, 6, 8, 15])
    assert repair(codes, 3, REPAIR, B, F).tolist() == [2, 2]
    assert repair(codes, 3, REPAIR.replace(mode="range_guard"), B, F).tolist() == [2, 0]
    assert repair(codes, 3, REPAIR.replace(mode="none"), B, F).tolist() == [2, -7]


def test_check_with_and_without_flags() -> None:
    codes, check = np.array([8, 6, 8, 15]), REPAIR.replace(mode="check")
    assert repair(codes, 3, check, B, F).tolist() == [2, 2]
    for flags, wanted in (((0, 0, 0, 1), 2), ((0, 0, 1, 0), -4), ((0, 0, 0, 0), -4)):
        assert repair(codes, 3, check, B, F, flags=np.array(flags, bool)).tolist() == [2, wanted]
    assert int(median_of_three(np.array(2), np.array(2), np.array(-7))) == 2


def test_one_bit() -> None:
    codes = convert(column_sums(example(), 0, 0, ROWS), 1, F)
    assert codes.tolist() == [1, 0, 0, 1]
    assert repair(codes, 3, Repair(), 1, F).tolist() == [1, -1]
