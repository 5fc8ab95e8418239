# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from typing import Any

import numpy as np
import plain_contract
import pytest
from small_chips import conv_network, dense_network, geometry, prepare
from spintile.model.device import Cell
from spintile.model.dies import ideal_population
from spintile.model.geometry import Geometry, preset
from spintile.model.golden import DieImage, Record, infer, make_die_image
from spintile.model.mapping import Compiled, compile_network, place
from spintile.model.network import Network, software_classes
from spintile.model.sensing import Repair, Sensing


def plain_record(image: DieImage, compiled: Compiled, images: np.ndarray, repair: Repair, first: int = 0) -> Record:
    """The plain contract's answers in the form of a record."""
    answers = [
        [
            plain_contract.answer(image, die, compiled, pixels, repair, first + index)
            for index, pixels in enumerate(images)
        ]
        for die in range(image.dies)
    ]
    layers = len(compiled.network.layers)

    def stack(pick: Any) -> np.ndarray:
        return np.array([[pick(answer) for answer in row] for row in answers])

    return Record(
        stack(lambda answer: answer.predicted),
        stack(lambda answer: answer.codes),
        [stack(lambda answer, i=i: answer.accumulators[i]) for i in range(layers)],
        [stack(lambda answer, i=i: answer.activations[i]) for i in range(layers - 1)],
    )


def assert_same(found: Record, wanted: Record) -> None:
    assert found.codes is not None
    assert wanted.codes is not None
    assert np.array_equal(found.codes, wanted.codes)
    for arrays in (found.accumulators, wanted.accumulators), (found.activations, wanted.activations):
        assert len(arrays[0]) == len(arrays[1])
        for one, other in zip(*arrays, strict=True):
            assert np.array_equal(one, other)
    assert np.array_equal(found.classes, wanted.classes)


CASES: dict[str, tuple[Network, Geometry, dict[str, Any]]] = {
    "plain": (dense_network(np.random.default_rng(0)), geometry(), {}),
    "range guard": (dense_network(np.random.default_rng(1)), geometry(), {"mode": "range_guard"}),
    "pair check": (dense_network(np.random.default_rng(2)), geometry(), {"mode": "pair_check"}),
    "strict": (dense_network(np.random.default_rng(3)), geometry(), {"mode": "pair_check", "strict": True}),
    "noise": (dense_network(np.random.default_rng(4)), geometry(), {"mode": "pair_check", "noise_sigma": 1.5}),
    "differential": (dense_network(np.random.default_rng(5)), geometry(), {"adc_bits": 1}),
    "noisy differential": (dense_network(np.random.default_rng(6)), geometry(), {"adc_bits": 1, "noise_sigma": 2.0}),
    "two bits": (dense_network(np.random.default_rng(7)), geometry(), {"adc_bits": 2, "mode": "pair_check"}),
    "widest": (
        dense_network(np.random.default_rng(8), input_bits=4, activation_bits=3),
        geometry(fraction_bits=12),
        {"adc_bits": 12, "mode": "pair_check", "noise_sigma": 3.0},
    ),
    "coarsest": (dense_network(np.random.default_rng(9)), geometry(fraction_bits=1), {"adc_bits": 4}),
    "planes": (
        dense_network(np.random.default_rng(10), input_bits=3, activation_bits=2),
        geometry(),
        {"mode": "pair_check", "offset_sigma": 2.0, "gain_sigma": 0.02, "column_offset": (1, -2, 0, 3, 0, 0, 5)},
    ),
    "rails": (dense_network(np.random.default_rng(11)), geometry(), {"rail_low": 0.3, "rail_high": 0.55}),
    "one output": (dense_network(np.random.default_rng(12), outputs=1), geometry(), {"mode": "range_guard"}),
    "convolution": (conv_network(np.random.default_rng(13)), geometry(), {"mode": "range_guard", "noise_sigma": 1.0}),
    "convolution, shared rows": (conv_network(np.random.default_rng(14)), geometry(kernels=19), {"adc_bits": 6}),
    "even columns": (conv_network(np.random.default_rng(15)), geometry(cols=4), {"mode": "pair_check"}),
}


def images_of(network: Network, count: int) -> np.ndarray:
    rng = np.random.default_rng(99)
    images = rng.integers(0, 1 << network.input_bits, (count, *network.input_shape)).astype(np.uint8)
    images[0] = 0  # reads without a driven row
    return images


@pytest.mark.parametrize("case", CASES)
def test_every_stage_is_that_of_the_contract(case: str) -> None:
    network, shape, options = CASES[case]
    image, compiled, repair = prepare(network, shape, **options)
    images = images_of(network, 4)
    found = infer(image, compiled, images, repair=repair, first_index=10, record=True)
    assert_same(found, plain_record(image, compiled, images, repair, first=10))


@pytest.mark.parametrize("case", ["pair check", "planes", "convolution"])
def test_every_die_may_have_offset_registers_of_its_own(case: str) -> None:
    network, shape, options = CASES[case]
    image, compiled, repair = prepare(network, shape, **options)
    image = image.replace(column_offset=np.random.default_rng(1).integers(-4, 5, (2, 7)))
    images = images_of(network, 3)
    found = infer(image, compiled, images, repair=repair, record=True)
    assert_same(found, plain_record(image, compiled, images, repair))
    swapped = infer(
        image.replace(column_offset=image.column_offset[::-1]), compiled, images, repair=repair, record=True
    )
    with pytest.raises(AssertionError):
        assert_same(swapped, found)


@pytest.mark.parametrize("case", ["noise", "convolution", "noisy differential"])
def test_chunks_threads_and_recording_change_nothing(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network, shape, options = CASES[case]
    image, compiled, repair = prepare(network, shape, dies=3, **options)
    images = images_of(network, 11)
    whole = infer(image, compiled, images, repair=repair, record=True)
    plain = infer(image, compiled, images, repair=repair)
    assert plain.codes is None
    assert np.array_equal(plain.classes, whole.classes)
    assert_same(infer(image, compiled, images, repair=repair, record=True, chunk=3, jobs=2), whole)
    # Blocks so small that dies and positions are taken one by one.
    monkeypatch.setattr("spintile.model.golden.inference._BLOCK", 1)
    assert_same(infer(image, compiled, images, repair=repair, record=True), whole)


def test_parts_of_a_data_set_and_of_a_population_give_the_same_noise() -> None:
    network, shape, options = CASES["noise"]
    image, compiled, repair = prepare(network, shape, dies=3, **options)
    images = images_of(network, 8)
    whole = infer(image, compiled, images, repair=repair, record=True)
    part = infer(image.select([2]), compiled, images[5:], repair=repair, first_index=5, record=True)
    assert whole.codes is not None
    assert part.codes is not None
    assert np.array_equal(part.codes[0], whole.codes[2, 5:])


@pytest.mark.parametrize(
    "network", [dense_network(np.random.default_rng(1), 2, 2), conv_network(np.random.default_rng(2))]
)
def test_ideal_devices_give_the_classes_of_software(network: Network) -> None:
    shape = geometry(fraction_bits=12)
    cell = Cell(r_p=1000.0, tmr=1.0)
    # A current step of 1/64 of a P device: a weight is 32 codes exactly, so nothing is rounded.
    sensing = Sensing(adc_bits=12, lsb=cell.g_p * 0.1 / 64)
    compiled = compile_network(network, place(network, shape), codes_per_weight=32.0, adc_bits=12)
    image = make_die_image(ideal_population(shape, cell), compiled.states, shape, cell, sensing)
    images = images_of(network, 50)
    assert np.array_equal(infer(image, compiled, images).classes[0], software_classes(network, images))


@pytest.mark.parametrize("fault", ["die image", "threshold", "offset"])
def test_a_deliberate_fault_is_seen(fault: str) -> None:
    network, shape, options = CASES["pair check"]
    image, compiled, repair = prepare(network, shape, **options)
    images = images_of(network, 8)
    wanted = plain_record(image, compiled, images, repair)
    if fault == "die image":
        q = image.q.copy()
        q[1, 0, 2, 1] += 1 << shape.fraction_bits  # one code
        image = image.replace(q=q)
    elif fault == "offset":
        image = image.replace(column_offset=np.array([0, 0, 1, 0, 0, 0, 0]))
    else:
        thresholds = compiled.layers[0].thresholds
        assert thresholds is not None
        thresholds[3] = -(1 << 20) if thresholds[3] > 0 else 1 << 20
    with pytest.raises(AssertionError):
        assert_same(infer(image, compiled, images, repair=repair, record=True), wanted)


def test_progress_ends_at_all_images() -> None:
    network, shape, _ = CASES["plain"]
    image, compiled, _ = prepare(network, shape)
    seen: list[tuple[int, int]] = []
    infer(image, compiled, images_of(network, 10), chunk=4, progress=lambda done, total: seen.append((done, total)))
    assert sorted(seen) == seen
    assert seen[-1] == (10, 10)


def test_no_image_gives_no_class() -> None:
    network, shape, _ = CASES["plain"]
    image, compiled, _ = prepare(network, shape)
    assert infer(image, compiled, np.zeros((0, 17), np.uint8)).classes.shape == (2, 0)


def test_accuracy_is_counted_per_die() -> None:
    record = Record(np.array([[1, 2, 3, 4], [1, 0, 0, 0]]))
    assert record.accuracy([1, 2, 3, 0]).tolist() == [0.75, 0.5]


def test_things_that_do_not_fit_are_refused() -> None:
    network, shape, _ = CASES["plain"]
    image, compiled, _ = prepare(network, shape)
    good = images_of(network, 2)
    with pytest.raises(ValueError, match=r"^images must have 17 inputs each, not shape \(2, 16\)$"):
        infer(image, compiled, good[:, :16])
    with pytest.raises(ValueError, match=r"^images must be integers from 0 to 1, not int64 from 0 to 2$"):
        infer(image, compiled, np.array([[0] * 16 + [2]]))
    with pytest.raises(ValueError, match=r"^images must be integers from 0 to 1, not float64 from 0.0 to 1.0$"):
        infer(image, compiled, np.array([[0.0] * 16 + [1.0]]))
    with pytest.raises(ValueError, match=r"^die image must have the network's 8 ADC bits, not 7$"):
        infer(image.replace(adc_bits=7), compiled, good)
    with pytest.raises(ValueError, match=r"^die image must have the geometry's 8 fraction bits, not 7$"):
        infer(image.replace(fraction_bits=7), compiled, good)
    with pytest.raises(
        ValueError, match=r"^die image must have \(kernels, rows, cols\) = \(64, 6, 7\), not \(1, 6, 7\)$"
    ):
        infer(
            image.replace(q=image.q[:, :1], offset=image.offset[:, :1], lo=image.lo[:, :1], hi=image.hi[:, :1]),
            compiled,
            good,
        )
    with pytest.raises(ValueError, match=r"^chunk and jobs must be at least 1, not 0 and 1$"):
        infer(image, compiled, good, chunk=0)


def test_presets_are_large_enough_for_32_bit_sums_to_be_exact() -> None:
    from spintile.model.golden.layer_reads import LayerReads

    shape = preset("borders")
    network = Network(dense_network(np.random.default_rng(0)).layers)
    image, compiled, repair = prepare(network, shape, "pair_check")
    reads = LayerReads.prepare(image, compiled.schedule.layers[0], repair)
    assert reads.sums_type is np.float32
    assert reads.work_type is np.int16
