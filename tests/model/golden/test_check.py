# SPDX-License-Identifier: BSD-3-Clause
"""Check, then flag: worked by hand, then whole networks with flags and medians against the plain contract."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import plain_contract
import pytest
from small_chips import CELL, conv_network, dense_network, geometry, prepare
from spintile.model.dies import ideal_population
from spintile.model.golden import DieImage, Record, column_sums, convert, infer, make_die_image, repair
from spintile.model.mapping import Compiled, ExpandedRead, compile_network, execute, place
from spintile.model.network import Network
from spintile.model.sensing import Repair, Sensing

B, F = 4, 2
#: Three driven rows: expected (3*18 + 2) >> 2 = 14, margin (8 + 3) >> 2 = 2, bound 3*6 >> 2 = 4.
CHECK = Repair("check", K=18, P=12, D=6, m0=8, m1=1)


@pytest.mark.parametrize(
    ("plus", "minus", "flags", "wanted"),
    [
        (8, 6, (0, 0), 2),  # 14 is 14: as it is
        (9, 7, (0, 0), 2),  # 16 is within the margin
        (12, 3, (1, 0), 4),  # within the margin, flags or not; 9 is clamped
        (15, 6, None, 2),  # 21: 14 - 12 is possible, 30 - 14 is not
        (15, 6, (0, 0), 4),  # flags say that both are sound: 9, clamped
        (5, 15, None, -4),  # 10 - 14 is possible, 14 - 30 is not
        (9, 8, None, 0),  # 17: -2 and 4 are both possible
        (9, 8, (0, 0), 1),  # as it is
        (9, 8, (1, 0), -2),  # plus is flagged
        (9, 8, (0, 1), 4),  # minus is flagged
        (9, 8, (1, 1), 0),  # both are, and both differences are possible
        (15, 6, (1, 1), 2),  # both are, and only one is possible
        (15, 6, (0, 1), 4),  # the flag decides against what is possible: 16, clamped
        (15, 15, None, 0),  # neither is possible
        (3, 8, None, -2),  # 11, an open: 14 - 16 is possible, 6 - 14 is not
        (3, 8, (0, 1), -4),
    ],
)
def test_differences_worked_by_hand(plus: int, minus: int, flags: tuple[int, int] | None, wanted: int) -> None:
    seen = None if flags is None else np.array(flags, bool)
    assert repair(np.array([plus, minus]), 3, CHECK, B, F, flags=seen).tolist() == [wanted]


def with_median(network: Network) -> Network:
    """Its layers three times, of which the median is taken."""
    return Network(tuple(dataclasses.replace(layer, copies=3, combine="median") for layer in network.layers))


def plain_record(
    image: DieImage, compiled: Compiled, images: np.ndarray, settings: Repair, looks: tuple[bool, ...] = (True,) * 3
) -> list[Any]:
    return [
        [
            plain_contract.answer(image, die, compiled, pixels, settings, index, looks)
            for index, pixels in enumerate(images)
        ]
        for die in range(image.dies)
    ]


def assert_same(found: Record, wanted: list[Any]) -> None:
    assert found.codes is not None
    for die, row in enumerate(wanted):
        for index, answer in enumerate(row):
            assert np.array_equal(found.codes[die, index], answer.codes)
            for layer, accumulators in enumerate(answer.accumulators):
                assert np.array_equal(found.accumulators[layer][die, index], accumulators)
            for layer, activations in enumerate(answer.activations):
                assert np.array_equal(found.activations[layer][die, index], activations)
            assert found.classes[die, index] == answer.predicted


CASES: dict[str, tuple[Network, dict[str, Any]]] = {
    "dense": (dense_network(np.random.default_rng(1)), {}),
    "median": (with_median(dense_network(np.random.default_rng(2))), {}),
    "median by planes": (with_median(dense_network(np.random.default_rng(3), 3, 2)), {}),
    "median of a noisy convolution": (with_median(conv_network(np.random.default_rng(4))), {"noise_sigma": 1.5}),
    "median of offsets": (
        with_median(dense_network(np.random.default_rng(5), 2)),
        {"offset_sigma": 2.0, "gain_sigma": 0.02, "column_offset": (1, -2, 0, 3, 0, 0, 5)},
    ),
}


def prepared(case: str) -> tuple[DieImage, Compiled, Repair, np.ndarray]:
    """Dies with random flags, and a K for each pair."""
    network, sensing = CASES[case]
    rng = np.random.default_rng(7)
    shape = geometry(kernels=96)
    image, compiled, settings = prepare(network, shape, "check", **sensing)
    assert isinstance(settings.K, int)
    settings = settings.replace(K=tuple(round(settings.K * share) for share in (0.93, 1.0, 1.06)))
    flags = rng.random((image.dies, image.kernels, image.cols)) < 0.3
    compiled = compile_network(
        network,
        place(network, shape),
        codes_per_weight=compiled.codes_per_weight,
        adc_bits=compiled.adc_bits,
        flagged=True,
    )
    images = rng.integers(0, 1 << network.input_bits, (3, *network.input_shape)).astype(np.uint8)
    images[0] = 0
    return image.replace(flags=flags), compiled, settings, images


@pytest.mark.parametrize("case", CASES)
def test_every_stage_is_that_of_the_contract(case: str) -> None:
    image, compiled, settings, images = prepared(case)
    found = infer(image, compiled, images, repair=settings, record=True)
    assert_same(found, plain_record(image, compiled, images, settings))


def test_a_wrong_flag_or_a_sum_in_place_of_the_median_would_be_seen() -> None:
    image, compiled, settings, images = prepared("median by planes")
    wanted = plain_record(image, compiled, images, settings)
    assert image.flags is not None
    for wrong in (
        infer(image.replace(flags=~image.flags), compiled, images, repair=settings, record=True),
        infer(image.replace(flags=None), compiled, images, repair=settings, record=True),
        infer(image, compiled, images, repair=settings.replace(K=settings.pair_sums(3)[::-1]), record=True),
    ):
        with pytest.raises(AssertionError):
            assert_same(wrong, wanted)
    added = Network(tuple(dataclasses.replace(layer, combine="sum") for layer in compiled.network.layers))
    summed = dataclasses.replace(
        compiled,
        schedule=compile_network(
            added, compiled.placement, codes_per_weight=5.0, adc_bits=compiled.adc_bits, flagged=True
        ).schedule,
    )
    with pytest.raises(AssertionError):
        assert_same(infer(image, summed, images, repair=settings, record=True), wanted)


@pytest.mark.parametrize("looking", [(False, False), (True, False), (False, True)])
def test_only_reads_that_carry_the_flag_look_at_it(looking: tuple[bool, bool]) -> None:
    image, compiled, settings, images = prepared("median")
    some = compile_network(
        compiled.network,
        compiled.placement,
        codes_per_weight=compiled.codes_per_weight,
        adc_bits=compiled.adc_bits,
        flagged=looking,
    )
    found = infer(image, some, images, repair=settings, record=True)
    assert_same(found, plain_record(image, some, images, settings, looking))
    with pytest.raises(AssertionError):
        assert_same(found, plain_record(image, some, images, settings))


def test_a_die_without_flags_is_one_whose_columns_are_sound() -> None:
    image, compiled, settings, images = prepared("median")
    assert image.flags is not None
    none = infer(image.replace(flags=None), compiled, images, repair=settings, record=True)
    assert_same(none, plain_record(image.replace(flags=np.zeros_like(image.flags)), compiled, images, settings))


@pytest.mark.parametrize("case", ["median", "median by planes", "median of offsets"])
def test_the_program_says_what_the_schedule_does(case: str) -> None:
    image, compiled, settings, images = prepared(case)
    golden = infer(image, compiled, images, repair=settings, record=True)

    def differences(step: ExpandedRead, rows: np.ndarray) -> np.ndarray:
        assert image.flags is not None
        assert step.flagged
        codes = convert(column_sums(image, 0, step.kernel, rows), image.adc_bits, image.fraction_bits)
        flags, registers = image.flags[0, step.kernel], image.registers[0]
        return repair(codes, int(rows.sum()), settings, image.adc_bits, image.fraction_bits, registers, flags)

    for index, pixels in enumerate(images):
        run = execute(compiled.program, compiled.geometry, pixels, differences)
        assert np.array_equal(run.accumulators, np.concatenate([layer[0, index] for layer in golden.accumulators]))
        assert run.predicted == golden.classes[0, index]


def test_flags_belong_to_their_dies() -> None:
    image, _, _, _ = prepared("dense")
    assert image.flags is not None
    assert np.array_equal(image.select([1]).flags, image.flags[1:])  # type: ignore[arg-type]
    plain = image.replace(flags=None)
    assert plain.digest() == image.replace(flags=np.zeros_like(image.flags)).digest() != image.digest()
    with pytest.raises(ValueError, match=r"^die image: flags must be bool \(2, 96, 7\), not bool \(1, 96, 7\)$"):
        image.replace(flags=image.flags[:1])


def test_a_k_for_another_number_of_pairs_is_refused() -> None:
    image, compiled, settings, images = prepared("dense")
    with pytest.raises(ValueError, match=r"^repair: K must have one constant for each of 3 pairs, not 2$"):
        infer(image, compiled, images, repair=settings.replace(K=(1, 2)))


def test_clean_dies_answer_alike_with_one_copy_and_with_the_median_of_three() -> None:
    network = dense_network(np.random.default_rng(8))
    shape, classes = geometry(), []
    inputs = np.random.default_rng(9).integers(0, 2, (20, 17)).astype(np.uint8)
    single = Network(tuple(dataclasses.replace(layer, copies=1) for layer in network.layers))
    for one in (single, with_median(network)):
        compiled = compile_network(one, place(one, shape), codes_per_weight=8.0, adc_bits=8)
        population = ideal_population(shape, CELL, 1)
        image = make_die_image(population, compiled.states, shape, CELL, Sensing(adc_bits=8))
        classes.append(infer(image, compiled, inputs).classes)
    assert np.array_equal(*classes)
