# SPDX-License-Identifier: BSD-3-Clause
"""A program gives the classes of software on ideal devices and the golden model's every number on a defective die."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_networks import fits, geometries, hidden, networks, output, shuffled
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, sample_population
from spintile.model.geometry import THRESHOLD, Geometry, pack, preset, unpack
from spintile.model.golden import column_sums, convert, infer, make_die_image, repair
from spintile.model.mapping import ExpandedRead, compile_network, execute, ideal_differences, place
from spintile.model.network import Network, software_classes, software_scores
from spintile.model.sensing import Repair, RepairMode, Sensing

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@QUICK
@given(network=networks(), geometry=geometries(), seed=st.integers(0, 1 << 32), shuffle=st.booleans())
def test_program_on_ideal_devices_equals_software(
    network: Network, geometry: Geometry, seed: int, shuffle: bool
) -> None:
    assume(fits(network, geometry))
    rng = np.random.default_rng(seed)
    placement = shuffled(network, geometry, rng) if shuffle else place(network, geometry)
    compiled = compile_network(network, placement, codes_per_weight=1.0, adc_bits=8)
    differences = ideal_differences(compiled.states)
    images = rng.integers(0, 1 << network.input_bits, (3, *network.input_shape))
    classes = [execute(compiled.program, geometry, image, differences).predicted for image in images]
    assert classes == software_classes(network, images).tolist()


def test_accumulators_are_sums_times_copies() -> None:
    rng = np.random.default_rng(3)
    network = Network((output(rng, 5, 30, copies=3, input_bits=2),))
    geometry = preset("borders")
    compiled = compile_network(network, place(network, geometry), codes_per_weight=1.0, adc_bits=8)
    image = rng.integers(0, 4, 30)
    run = execute(compiled.program, geometry, image, ideal_differences(compiled.states))
    wanted = 3 * (software_scores(network, image[None])[0] - network.layers[0].bias)
    assert np.concatenate(run.accumulators)[: len(wanted)].tolist() == wanted.tolist()


def test_a_median_of_copies_adds_one_of_them() -> None:
    rng = np.random.default_rng(3)
    network = Network((output(rng, 5, 30, copies=3, combine="median", input_bits=2),))
    geometry = preset("borders")
    compiled = compile_network(network, place(network, geometry), codes_per_weight=1.0, adc_bits=8)
    image = rng.integers(0, 4, 30)
    ideal = ideal_differences(compiled.states)
    wrong = int(compiled.placement.layers[0].kernels[0, 0, 1])

    def one_copy_wrong(read: ExpandedRead, rows: np.ndarray) -> np.ndarray:
        return ideal(read, rows) + 100 * (read.kernel == wrong)

    wanted = software_scores(network, image[None])[0] - network.layers[0].bias
    for differences in (ideal, one_copy_wrong):
        run = execute(compiled.program, geometry, image, differences)
        assert np.concatenate(run.accumulators)[: len(wanted)].tolist() == wanted.tolist()

    def two_copies_wrong(read: ExpandedRead, rows: np.ndarray) -> np.ndarray:
        return one_copy_wrong(read, rows) + 100 * (read.replica == 3)

    run = execute(compiled.program, geometry, image, two_copies_wrong)
    assert np.concatenate(run.accumulators)[: len(wanted)].tolist() != wanted.tolist()


@pytest.mark.parametrize(
    ("mode", "bits"), [("none", 6), ("range_guard", 6), ("pair_check", 6), ("none", 1)], ids=lambda value: str(value)
)
@pytest.mark.parametrize("seed", range(4))
def test_program_on_a_die_equals_the_golden_model(mode: RepairMode, bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = Network(
        (
            hidden(rng, (9, 3, 2, 2), (6, 7, 2), input_bits=2, activation_bits=2, pool=2),
            hidden(rng, (5, 54), (54,), input_bits=2),
            output(rng, 6, 5, copies=2),
        )
    )
    geometry = preset("demo").replace(kernels=40, instruction_depth=512, segment_depth=256)
    cell = Cell.preset("borders")
    sensing = Sensing(
        adc_bits=bits, noise_sigma=0.7, offset_sigma=0.5, gain_sigma=0.01, column_offset=(1, 0, -1, 0) * 2
    )
    statistics = DefectStatistics(short=0.03, open=0.02, stuck_p=0.02, stuck_ap=0.02, spread=0.1)
    settings = Repair.nominal(mode, geometry, cell, sensing, strict=bool(seed % 2))
    compiled = compile_network(network, shuffled(network, geometry, rng), codes_per_weight=1.3, adc_bits=bits)
    population = sample_population(geometry, cell, statistics, 2, seed)
    image = make_die_image(population, compiled.states, geometry, cell, sensing, seed)
    inputs = rng.integers(0, 4, (3, 6, 7, 2))
    record = infer(image, compiled, inputs, repair=settings, first_index=11, record=True)
    assert record.codes is not None
    for die, index in np.ndindex(2, 3):
        codes = []

        def differences(read: ExpandedRead, rows: np.ndarray, die: int = die, index: int = index) -> np.ndarray:
            sums = column_sums(image, die, read.kernel, rows, 11 + index, read.ordinal)
            codes.append(convert(sums, bits, geometry.fraction_bits))  # noqa: B023 (called before the next turn)
            count = int(rows.sum())
            return repair(codes[-1], count, settings, bits, geometry.fraction_bits, image.column_offset)  # noqa: B023

        run = execute(compiled.program, geometry, inputs[index], differences)
        assert run.predicted == record.classes[die, index]
        assert np.array_equal(codes, record.codes[die, index])
        assert np.array_equal(run.accumulators, np.concatenate([layer[die, index] for layer in record.accumulators]))


def test_changed_threshold_word_shows() -> None:
    rng = np.random.default_rng(4)
    network = Network((hidden(rng, (4, 10), (10,)), output(rng, 3, 4)))
    geometry = preset("demo")
    compiled = compile_network(network, place(network, geometry), codes_per_weight=1.0, adc_bits=8)
    differences = ideal_differences(compiled.states)
    words = compiled.program.thresholds.copy()
    lane = unpack(THRESHOLD, int(words[0, 1]))
    words[0, 1] = pack(THRESHOLD, value=lane["value"], invert=1 - lane["invert"])
    faulty = dataclasses.replace(compiled.program, thresholds=words)
    image = rng.integers(0, 2, 10)
    right = execute(compiled.program, geometry, image, differences)
    wrong = execute(faulty, geometry, image, differences)
    assert np.flatnonzero(right.memory != wrong.memory).tolist() == [16 + 1]
