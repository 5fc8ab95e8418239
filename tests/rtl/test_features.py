# SPDX-License-Identifier: BSD-3-Clause
"""A chip with less in it gives the same answers to whatever needs no more, and says what it lacks."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from chip_bench import ChipBench
from spintile.rtl.features import ALL_REPAIRS, FULL, Features
from spintile.rtl.register_file import RegisterFile
from spintile.rtl.tokens import RepairMode
from stream_bench import run
from test_top import SMALL, bench, compare, expected, images_of, network

#: As little as a network of bits needs.
LEAST = Features(
    writing=False,
    repairs=(),
    replicas=False,
    planes=False,
    offsets=False,
    testing=False,
    counters=False,
    reads_ahead=1,
    emits_ahead=1,
)


def run_chip(kind: str, features: Features, **fields: Any) -> tuple[ChipBench, list[Any]]:
    """Four images through a chip; it, and what a plain computation without repair gives."""
    net = network(kind)
    compiled, chip = bench(net, SMALL, 6, features=features, **fields)
    images = images_of(net, 4)
    chip.run(images)
    return chip, expected(compiled, chip, images)


@pytest.mark.parametrize("kind", ["one layer", "binary"])
def test_a_chip_without_what_a_network_does_not_use_gives_the_same_answers(kind: str) -> None:
    chip, wanted = run_chip(kind, LEAST, pause=0.3)
    compare(chip, wanted)
    assert set(chip.counters.values()) == {0}, "there are no counters, and STATUS is clean"


def test_short_queues_alone_change_no_answer_of_a_convolution() -> None:
    compare(*run_chip("convolution", Features(reads_ahead=1, emits_ahead=1)))


@pytest.mark.parametrize(("kind", "features"), [("many bits", Features(planes=False))])
def test_a_chip_without_what_a_network_does_use_gives_other_answers(kind: str, features: Features) -> None:
    chip, wanted = run_chip(kind, features)
    with pytest.raises(AssertionError):
        compare(chip, wanted)


def test_a_repair_that_is_not_built_is_none() -> None:
    guard = {"REPAIR": RepairMode.RANGE_GUARD.value, "PEAK": 0, "MARGIN_BASE": 1}
    without = run_chip("binary", Features(repairs=(RepairMode.CHECK,)), registers=guard)
    compare(*without)
    chip, wanted = run_chip("binary", Features(repairs=(RepairMode.RANGE_GUARD,)), registers=guard)
    with pytest.raises(AssertionError):
        compare(chip, wanted)


def test_registers_of_what_is_not_built_read_zero_and_ignore_writes() -> None:
    file = RegisterFile(SMALL, LEAST)

    async def host(ctx: SimulatorContext) -> None:
        for register in file.map.registers:
            ctx.set(file.access.read_address, register.offset)
            ctx.set(file.access.write_address, register.offset)
            ctx.set(file.access.write_data, 0xFFFF_FFFF)
            ctx.set(file.access.write, register.access == "rw")
            await ctx.tick()
            ctx.set(file.access.write, 0)
            await ctx.tick()  # a read shows the cycle before
            assert ctx.get(file.access.write_error) == (register.access == "ro")
            if register.access == "wo":
                continue
            assert not ctx.get(file.access.read_error)
            kept = {"FEATURES": LEAST.word}.get(register.name, register.reset)
            expected = kept if register.name in file.CONSTANTS else 0
            assert ctx.get(file.access.read_data) == expected, register.name
        assert ctx.get(file.adc_bits.value) == (1 << SMALL.adc_bits.bit_length()) - 1, "what is built keeps its value"
        assert not ctx.get(file.repair.mode)

    run(file, host)


@pytest.mark.parametrize("features", [FULL, LEAST, Features(repairs=(RepairMode.PAIR_CHECK,), offsets=False)])
def test_the_register_says_what_is_built(features: Features) -> None:
    again = Features.from_word(features.word)
    assert (again.word, again.repairs) == (features.word, features.repairs)


def test_what_is_lacking_is_named() -> None:
    needs: dict[str, Any] = {"mode": RepairMode.CHECK, "replicas": True, "planes": True, "offsets": True}
    assert list(FULL.lacking(**needs)) == []
    assert list(LEAST.lacking(**needs)) == [
        "column repair 'check'",
        "medians of replicas",
        "bit planes",
        "offset registers",
    ]
    assert list(LEAST.lacking(mode=RepairMode.NONE, replicas=False, planes=False, offsets=False)) == []


def test_repairs_are_kept_in_the_order_of_the_register() -> None:
    assert Features(repairs=tuple(reversed(ALL_REPAIRS))) == FULL


@pytest.mark.parametrize(("name", "value", "most"), [("reads_ahead", 0, 4), ("emits_ahead", 9, 8)])
def test_queues_have_limits(name: str, value: int, most: int) -> None:
    wanted: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=rf"^features: {name} must be from 1 to {most}, not {value}$"):
        Features(**wanted)
