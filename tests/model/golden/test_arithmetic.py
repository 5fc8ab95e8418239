# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import plain_contract
import pytest
from small_chips import dense_network, geometry, prepare
from spintile.model.golden import (
    column_sums,
    comparator,
    convert,
    median_of_three,
    repair,
    repair_differences,
    repair_table,
)
from spintile.model.sensing import Repair

REPAIRS = [
    Repair("none"),
    Repair("range_guard", K=19, P=12, D=5, m0=5, m1=1),
    Repair("pair_check", K=19, P=12, D=5, m0=5, m1=1),
    Repair("pair_check", strict=True, K=19, P=12, D=5, m0=5, m1=1),
    Repair("pair_check", K=19, P=12, D=5),
    Repair("pair_check", strict=True, K=17, P=5, D=40, m0=0, m1=3),
    Repair("check", K=19, P=12, D=5, m0=5, m1=1),
    Repair("check", K=17, D=12),
    Repair("check", K=(23,), D=9, m0=6),
]


def name(settings: Repair) -> str:
    return f"{settings.mode}{'-strict' if settings.strict else ''}-K{settings.K}-m{settings.m0}"


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_column_sums_are_those_of_the_contract(noise: float) -> None:
    rng = np.random.default_rng(1)
    image, _, _ = prepare(dense_network(rng), geometry(), noise_sigma=noise, offset_sigma=2.0, rail_high=0.5)
    rows = rng.integers(0, 2, (10, 6))
    found = column_sums(image, 1, 3, rows, image_index=np.arange(10), ordinal=4)
    for index, driven in enumerate(rows):
        assert found[index].tolist() == plain_contract.sums(image, 1, 3, driven.tolist(), index, 4)


@pytest.mark.parametrize(("adc_bits", "fraction_bits"), list(itertools.product([1, 2, 3, 12], [1, 4, 12])))
def test_codes_are_those_of_the_contract(adc_bits: int, fraction_bits: int) -> None:
    span = 1 << (adc_bits + fraction_bits)
    rng = np.random.default_rng(adc_bits)
    sums = np.concatenate([rng.integers(-span, 2 * span, (2000, 7)), np.arange(-14, 14).reshape(-1, 7)])
    codes = convert(sums, adc_bits, fraction_bits)
    assert codes.tolist() == [plain_contract.codes(row, adc_bits, fraction_bits) for row in sums.tolist()]


@pytest.mark.parametrize(("adc_bits", "fraction_bits"), [(2, 1), (3, 3), (5, 2)])
def test_comparators_lead_a_successive_approximation_to_the_code(adc_bits: int, fraction_bits: int) -> None:
    span = 1 << (adc_bits + fraction_bits)
    sums = np.arange(-span, 2 * span)
    code = np.zeros_like(sums)
    for bit in reversed(range(adc_bits)):
        trial = code | 1 << bit
        code = np.where(comparator(sums, trial, fraction_bits), trial, code)
    assert np.array_equal(code, convert(sums, adc_bits, fraction_bits))


@pytest.mark.parametrize("settings", REPAIRS, ids=name)
def test_repairs_are_those_of_the_contract_for_every_pair_of_codes(settings: Repair) -> None:
    adc_bits, fraction_bits = 4, 2
    # Offset registers make codes signed and longer than B bits: -3 .. 18.
    plus, minus, n = (axis.ravel() for axis in np.indices((22, 22, 6)))
    plus, minus = plus - 3, minus - 3
    found = repair(np.stack([plus, minus], axis=-1), n, settings, adc_bits, fraction_bits)[:, 0]
    wanted = [
        plain_contract.repaired(int(p), int(m), int(k), settings, adc_bits, fraction_bits)
        for p, m, k in zip(plus, minus, n, strict=True)
    ]
    assert found.tolist() == wanted


@pytest.mark.parametrize("settings", [settings for settings in REPAIRS if settings.mode == "check"], ids=name)
@pytest.mark.parametrize("flagged", list(itertools.product([False, True], [False, True])))
def test_flags_are_looked_at_as_the_contract_says(settings: Repair, flagged: tuple[bool, bool]) -> None:
    plus, minus, n = (axis.ravel() - 3 * (i < 2) for i, axis in enumerate(np.indices((22, 22, 6))))
    found = repair(np.stack([plus, minus], axis=-1), n, settings, 4, 2, flags=flagged)[:, 0]
    wanted = [
        plain_contract.repaired(int(p), int(m), int(k), settings, 4, 2, 0, flagged)
        for p, m, k in zip(plus, minus, n, strict=True)
    ]
    assert found.tolist() == wanted


@pytest.mark.parametrize("settings", [settings for settings in REPAIRS if settings.mode != "check"], ids=name)
def test_other_repairs_do_not_look_at_flags(settings: Repair) -> None:
    codes = np.stack([axis.ravel() for axis in np.indices((16, 16))], axis=-1)
    plain = repair(codes, 3, settings, 4, 2)
    assert np.array_equal(repair(codes, 3, settings, 4, 2, flags=[True, False]), plain)


@pytest.mark.parametrize("mode", ["pair_check", "check"])
def test_every_pair_may_have_an_expected_sum_of_its_own(mode: Any) -> None:
    settings = Repair(mode, K=(19, 13, 25), P=12, D=5, m0=5, m1=1)
    codes = np.random.default_rng(0).integers(0, 16, (500, 7))
    n = np.random.default_rng(1).integers(0, 6, 500)
    found = repair(codes, n, settings, 4, 2)
    for pair in range(3):
        alone = settings.replace(K=settings.pair_sums(3)[pair])
        assert np.array_equal(found[:, pair], repair(codes, n, alone, 4, 2)[:, pair])
        assert not np.array_equal(found[:, pair], repair(codes, n, alone.replace(K=18), 4, 2)[:, pair])


def test_the_median_is_the_middle_one() -> None:
    for order in itertools.permutations([-7, 2, 30]):
        assert int(median_of_three(*(np.array(value) for value in order))) == 2
    assert int(median_of_three(np.array(4), np.array(4), np.array(-9))) == 4


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.int64])
@pytest.mark.parametrize("settings", REPAIRS, ids=name)
def test_repairs_do_not_depend_on_the_integer_type(settings: Repair, kind: type) -> None:
    rng = np.random.default_rng(3)
    plus, minus = rng.integers(0, 256, (2, 4, 3, 50))
    n = rng.integers(0, 6, 50)
    table = repair_table(settings, 6, 8, 2)
    wanted = repair_differences(plus, minus, n, table)
    found = repair_differences(plus.astype(kind), minus.astype(kind), n, table.astype(kind))
    assert found.dtype == kind
    assert np.array_equal(found, wanted)


def test_one_bit_reads_without_a_driven_row_add_nothing() -> None:
    codes = np.array([[1, 0, 0, 1, 0]])
    assert repair(codes, 0, Repair(), 1, 8).tolist() == [[0, 0]]
    assert repair(codes, 1, Repair(), 1, 8).tolist() == [[1, -1]]


def test_offset_registers_are_removed_before_the_repair() -> None:
    settings = Repair("range_guard", P=4, m0=0)
    codes = np.array([[9, 2]])
    assert repair(codes, 2, settings, 4, 1).tolist() == [[0]]  # 9 is above 2*4/2 = 4
    assert repair(codes, 2, settings, 4, 1, column_offset=[5, -1]).tolist() == [[1]]


def test_a_repair_of_one_bit_codes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^repair must be 'none' with one-bit sensing, not 'range_guard'$"):
        repair_table(Repair("range_guard"), 4, 1, 8)


def test_a_repair_off_by_one_would_be_seen() -> None:
    settings = REPAIRS[2]
    wrong = settings.replace(m0=settings.m0 + 4)
    plus, minus = (axis.ravel() for axis in np.indices((16, 16)))
    codes = np.stack([plus, minus], axis=-1)
    assert np.any(repair(codes, 3, settings, 4, 2) != repair(codes, 3, wrong, 4, 2))
