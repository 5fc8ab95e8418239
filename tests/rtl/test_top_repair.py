# SPDX-License-Identifier: BSD-3-Clause
"""The whole periphery on a die with shorts and opens: checks, flags and medians equal a plain computation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from chip_bench import ChipBench
from numpy.typing import NDArray
from repair_formulas import Settings, repaired
from spintile.model.geometry import Geometry, Opcode, decode, encode
from spintile.model.mapping import Compiled, ExpandedRead, compile_network, execute, place
from spintile.model.network import Layer, Network
from spintile.rtl.tokens import RepairMode
from stream_bench import contract_codes

CHIP = Geometry(
    name="small",
    rows=6,
    cols=35,
    kernels=40,
    adc_bits=6,
    acc_bits=14,
    fraction_bits=3,
    activation_depth=256,
    threshold_depth=32,
)
#: Two states of 6 and 3 codes: 9 for a pair, 3 for its difference; pairs differ a little.
SETTINGS = Settings(mode=RepairMode.CHECK, K=tuple(72 + 4 * (j % 3 - 1) for j in range(17)), P=48, D=24, m0=16, m1=2)


def network() -> Network:
    """A hidden layer, and an output layer whose three copies are read one after the other."""
    rng = np.random.default_rng(5)
    hidden, last = (rng.choice([-1, 1], shape).astype(np.int8) for shape in ((9, 20), (4, 9)))
    thresholds, invert = np.sort(rng.integers(-2, 3, (9, 1)), axis=1), np.zeros(9, np.bool_)
    return Network(
        (
            Layer("dense", hidden, (20,), thresholds=thresholds, invert=invert),
            Layer("dense", last, (9,), bias=rng.integers(-3, 4, 4), copies=3, combine="median"),
        )
    )


def chip(flagged: tuple[bool, bool]) -> tuple[Compiled, ChipBench, NDArray[np.bool_]]:
    """The network on a die whose columns have shorts and opens; most of these columns have their flag."""
    net = network()
    compiled = compile_network(
        net, place(net, CHIP), codes_per_weight=3.0, adc_bits=6, largest_offset=0, flagged=flagged
    )
    rng = np.random.default_rng(6)
    shape = compiled.states.shape
    die = np.rint(np.where(compiled.states, 6.0, 3.0) * rng.lognormal(0.0, 0.05, shape) * 8).astype(np.int64)
    faulty = rng.random(shape)
    die[faulty < 0.02] = 200
    die[faulty > 0.98] = 0
    flags = ((faulty < 0.02) | (faulty > 0.98)).any(axis=1) & (rng.random((shape[0], shape[2])) < 0.8)
    flags |= rng.random(flags.shape) < 0.05
    registers = {"REPAIR": 3, "PEAK": SETTINGS.P, "DIFFERENCE": SETTINGS.D}
    registers |= {"MARGIN_BASE": SETTINGS.m0, "MARGIN_ROW": SETTINGS.m1}
    words = [("PAIR_SUM", pair, 0, SETTINGS.pair_sum(pair)) for pair in range(CHIP.pairs)]
    for kernel, columns in enumerate(flags):
        word = sum(1 << int(column) for column in np.flatnonzero(columns))
        words += [("FLAG", kernel, lane, word >> 32 * lane & 0xFFFF_FFFF) for lane in range(2)]
    return compiled, ChipBench(CHIP, compiled.program, die, 6, registers=registers, words=words), flags


def plain_differences(
    die: NDArray[np.int64], flags: NDArray[np.bool_]
) -> Callable[[ExpandedRead, NDArray[np.bool_]], NDArray[np.int64]]:
    """Repaired differences of a read, pair by pair."""

    def differences(read: ExpandedRead, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        c = contract_codes([int(value) for value in rows.astype(np.int64) @ die[read.kernel]], 6, CHIP.fraction_bits)
        known = [(int(flags[read.kernel, 2 * j]), int(flags[read.kernel, 2 * j + 1])) for j in range(CHIP.pairs)]
        n = int(rows.sum())
        return np.array(
            [
                repaired(c[2 * j], c[2 * j + 1], n, CHIP.fraction_bits, SETTINGS, j, known[j] if read.flagged else None)
                for j in range(CHIP.pairs)
            ]
        )

    return differences


def images() -> list[NDArray[np.int64]]:
    return list(np.random.default_rng(8).integers(0, 2, (5, 20)))


def compare(bench: ChipBench, flags: NDArray[np.bool_], program: Compiled) -> None:
    """Every accumulator of every lane, and every class."""
    differences = plain_differences(bench.die, flags)
    for number, image in enumerate(images()):
        wanted = execute(program.program, CHIP, image, differences)
        seen = [acc for index, acc in bench.accumulators if index == number]
        assert seen == [acc.tolist() for acc in wanted.accumulators], f"accumulators of image {number}"
        assert bench.results[number] == (wanted.predicted, number)


@pytest.mark.parametrize("flagged", [(True, True), (False, True), (False, False)])
def test_accumulators_and_classes_equal_a_plain_computation(flagged: tuple[bool, bool]) -> None:
    compiled, bench, flags = chip(flagged)
    bench.run(images())
    compare(bench, flags, compiled)
    assert bench.counters["CONVERTING"] == 5 * compiled.cycles_bound()


def test_copies_and_checks_never_make_the_converters_wait() -> None:
    compiled, bench, _ = chip((True, True))
    bench.run(images() * 2)
    assert bench.steady_cycles_per_image(compiled.reads_per_image, 2) == pytest.approx(compiled.cycles_bound())


def test_wrong_flags_show() -> None:
    compiled, bench, flags = chip((True, True))
    bench.words = [(name, i, lane, value ^ 3 if name == "FLAG" else value) for name, i, lane, value in bench.words]
    bench.run(images())
    with pytest.raises(AssertionError):
        compare(bench, flags, compiled)


def test_the_sums_of_other_pairs_show() -> None:
    compiled, bench, flags = chip((True, True))
    sums = [value for name, *_, value in bench.words if name == "PAIR_SUM"]
    bench.words += [("PAIR_SUM", pair, 0, value) for pair, value in enumerate([*sums[1:], sums[0]])]
    bench.run(images())
    with pytest.raises(AssertionError):
        compare(bench, flags, compiled)


def test_a_wrong_median_shows() -> None:
    compiled, bench, flags = chip((True, True))
    words = compiled.program.instructions.copy()
    for index, word in enumerate(words):
        opcode, fields = decode(int(word))
        if opcode is Opcode.READ and fields["replica"] == 2:
            words[index] = encode(opcode, **{**fields, "replica": 1})
    bench.program = dataclasses.replace(compiled.program, instructions=words)
    bench.run(images())
    with pytest.raises(AssertionError):
        compare(bench, flags, compiled)
