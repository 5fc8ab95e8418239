# SPDX-License-Identifier: BSD-3-Clause
"""Report words: fields fill the word without overlap, come back as they went in, and tags stay clear of data sets."""

from __future__ import annotations

import random

import pytest
from spintile.model.geometry import (
    MAINTENANCE_IMAGE,
    MAINTENANCE_ORDINAL,
    PASSES_LIMIT,
    REFERENCE_ATTEMPT,
    REPEATS_LIMIT,
    REPORT_WORD,
    WRITE_STEPS,
    Field,
    ReportKind,
    Stage,
    maintenance_image,
    pack,
    unpack,
)


@pytest.mark.parametrize(("table", "bits"), [(REPORT_WORD, 61), (MAINTENANCE_ORDINAL, 20)], ids=["word", "ordinal"])
def test_fields_lie_side_by_side_and_come_back(table: dict[str, Field], bits: int) -> None:
    low = 0
    for field in table.values():
        assert field.low == low
        low += field.width
    assert low == bits
    chance = random.Random(1)
    for _ in range(50):
        values = {name: chance.randint(*field.limits) for name, field in table.items()}
        assert unpack(table, pack(table, **values)) == values


def test_places_are_those_that_hosts_rely_on() -> None:
    places = {name: (field.low, field.low + field.width - 1) for name, field in REPORT_WORD.items()}
    assert places == {
        "value": (0, 19),
        "col": (20, 25),
        "row": (26, 31),
        "kernel": (32, 39),
        "target": (40, 40),
        "first_ok": (41, 41),
        "outcome": (42, 44),
        "pulses": (45, 50),
        "stage": (51, 58),
        "kind": (59, 60),
    }


def test_a_value_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^pulses must be from 0 to 63, not 64$"):
        pack(REPORT_WORD, pulses=64)


def test_the_largest_counts_have_room() -> None:
    assert REPORT_WORD["value"].limits[1] >= REPEATS_LIMIT * 4095
    assert REPORT_WORD["pulses"].limits[1] >= WRITE_STEPS
    assert max(ReportKind) <= REPORT_WORD["kind"].limits[1]
    assert WRITE_STEPS < REFERENCE_ATTEMPT
    assert REPEATS_LIMIT <= REFERENCE_ATTEMPT
    assert Stage.PROGRAM + PASSES_LIMIT - 1 < Stage.READ
    assert Stage.PROGRAM_AP + PASSES_LIMIT - 1 < Stage.READ_AP


def test_image_numbers_of_commands_and_stages_differ() -> None:
    images = {maintenance_image(command, stage) for command in (0, 1, 255, 256, 65535) for stage in (0, 1, 0x40, 0xFF)}
    assert len(images) == 20
    assert min(images) == MAINTENANCE_IMAGE
    assert max(images) == 0xFFFF_FFFF
    assert maintenance_image(65536 + 3, 0x81) == maintenance_image(3, 0x81) == 0xFF00_0381


@pytest.mark.parametrize("stage", [-1, 256])
def test_a_stage_that_does_not_fit_is_an_error(stage: int) -> None:
    with pytest.raises(ValueError, match=rf"^stage must be from 0 to 255, not {stage}$"):
        maintenance_image(0, stage)
