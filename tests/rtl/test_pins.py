# SPDX-License-Identifier: BSD-3-Clause
"""Pins: names, widths and directions of the boundary towards the array, which models and boards rely on."""

from __future__ import annotations

import pytest
from amaranth import Shape
from amaranth.lib.wiring import In, Out
from spintile.model.geometry import PRESETS, Geometry
from spintile.rtl.pins import ArrayPins, ConverterPins, LineMode, LinePins, PulsePins, WriteDrive

SMALLEST = Geometry(name="smallest", rows=1, cols=2, kernels=1, adc_bits=1)


@pytest.mark.parametrize(
    ("geometry", "widths"),
    [
        (SMALLEST, {"kernel": 1, "select": 1, "row_mode": 3, "gate": 2, "phase": 1, "trial": 2, "comparator": 2}),
        (
            PRESETS["borders"],
            {"kernel": 5, "select": 32, "row_mode": 75, "gate": 25, "phase": 1, "trial": 200, "level": 12, "pulse": 1},
        ),
        (PRESETS["borders"].replace(columns_per_adc=5), {"phase": 3}),
    ],
)
def test_widths_follow_the_geometry(geometry: Geometry, widths: dict[str, int]) -> None:
    members = ArrayPins(geometry).members
    assert {name: Shape.cast(members[name].shape).width for name in widths} == widths


def test_the_array_answers_with_comparators_and_ready_only() -> None:
    members = ArrayPins(PRESETS["demo"]).members
    assert {name for name, member in members.items() if member.flow == In} == {"comparator", "ready"}


def test_array_pins_are_line_converter_and_pulse_pins() -> None:
    geometry = PRESETS["demo"]
    parts = [LinePins(geometry).members, ConverterPins(geometry).members, PulsePins().members]
    together = ArrayPins(geometry).members
    assert sorted(together) == sorted(name for part in parts for name in part), "no name may be there twice"
    assert all(member.flow == Out for part in (parts[0], parts[2]) for member in part.values())


def test_the_pulse_generator_drives_all_lines_but_the_kernel_select() -> None:
    geometry = PRESETS["demo"]
    drive, pins = WriteDrive(geometry).members, ArrayPins(geometry).members
    assert "select" not in drive
    assert {name for name in drive if name in pins} == {"kernel", "row_mode", "col_mode", "gate", "pulse", "level"}
    assert all(drive[name].shape == pins[name].shape for name in drive if name in pins)
    assert {name for name, member in drive.items() if member.flow == In} == {"rest"}


def test_mode_numbers_are_those_of_the_boundary() -> None:
    assert [mode.name for mode in sorted(LineMode, key=lambda mode: mode.value)] == [
        "REFERENCE",
        "READ",
        "WRITE_P",
        "WRITE_N",
        "FLOAT",
    ]
    assert [mode.value for mode in LineMode] == [0, 1, 2, 3, 4]
