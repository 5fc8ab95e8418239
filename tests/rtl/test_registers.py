# SPDX-License-Identifier: BSD-3-Clause
"""The register map has no overlaps, fits its bus, and follows the geometry."""

from __future__ import annotations

from itertools import pairwise

import pytest
from spintile.model.geometry import LAYER, PRESETS, Geometry
from spintile.rtl.axi_lite import ADDRESS_BITS
from spintile.rtl.registers import IDENTITY, RegisterMap, register_map

LARGEST = Geometry(
    name="largest",
    rows=64,
    cols=64,
    kernels=256,
    adc_bits=12,
    fraction_bits=12,
    activation_depth=1 << 16,
    instruction_depth=1 << 12,
    segment_depth=1 << 10,
    threshold_depth=1 << 12,
)
GEOMETRIES = [*PRESETS.values(), LARGEST, Geometry(name="smallest", rows=1, cols=2, kernels=1, layer_limit=1)]


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry.name)
def test_nothing_overlaps_and_everything_has_an_address(geometry: Geometry) -> None:
    registers = register_map(geometry)
    spans = [(r.offset, r.offset + 4 * r.count) for r in registers.registers]
    spans += [(w.offset, w.offset + 4 * w.words) for w in registers.windows]
    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert spans[-1][1] <= 1 << ADDRESS_BITS


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry.name)
def test_fields_fit_their_register_and_reset_values_their_fields(geometry: Geometry) -> None:
    for register in register_map(geometry).registers:
        taken = 0
        for part in register.fields:
            assert part.mask & taken == 0, f"{register.name}.{part.name} overlaps"
            assert 0 <= part.reset < 1 << part.width
            taken |= part.mask
        assert taken < 1 << 32
        assert len(register.fields) == len({part.name for part in register.fields})


def test_layer_register_is_a_layer_word() -> None:
    fields = {part.name: (part.low, part.width) for part in register_map(PRESETS["demo"]).register("LAYER").fields}
    assert fields == {name: (field.low, field.width) for name, field in LAYER.items()}


def test_a_single_pair_has_a_plain_register_for_its_sum() -> None:
    registers = register_map(PRESETS["borders"].replace(cols=2))
    assert registers.register("PAIR_SUM").count == 1
    assert registers.address("PAIR_SUM") == 0x200


def test_identity_is_the_name_in_ascii() -> None:
    assert IDENTITY.to_bytes(4, "big") == b"SPTL"


def test_addresses_count_groups_and_lanes() -> None:
    registers = register_map(PRESETS["borders"])
    assert registers.address("LAYER", 3) == 0x08C
    assert registers.address("PAIR_SUM", 11) == 0x22C
    assert registers.address("READY_LIMIT") == 0x058
    assert registers.address("TEST") == 0x05C
    assert registers.address("TEST_CODE", 24) == 0x360
    assert registers.address("FLAG", 31) == 0x0407C
    assert registers.address("INSTRUCTION", 2, 1) == 0x08014
    assert registers.address("STEP_P", 15) == 0x1BC
    assert registers.address("STEP_AP", 1) == 0x1C4
    assert registers.address("TARGET", 31 * 25 + 24) == 0x10000 + 4 * 799
    assert register_map(PRESETS["borders"].replace(cols=40)).address("TARGET", 1, 1) == 0x1000C
    assert register_map(PRESETS["borders"].replace(cols=40)).address("FLAG", 1, 1) == 0x0400C
    assert registers.address("THRESHOLD", 1, 2) == 0x40000 + (16 + 2) * 4


@pytest.mark.parametrize(("index", "lane"), [(-1, 0), (128, 0), (0, 12)])
def test_address_outside_a_window_is_an_error(index: int, lane: int) -> None:
    registers = register_map(PRESETS["borders"])
    message = rf"^THRESHOLD must be indexed below \[128\]\[12\], not \[{index}\]\[{lane}\]$"
    with pytest.raises(ValueError, match=message):
        registers.address("THRESHOLD", index, lane)


def test_registers_and_windows_are_told_apart() -> None:
    registers: RegisterMap = register_map(PRESETS["demo"])
    assert registers.register("STATUS").offset == 0x010
    assert registers.window("SEGMENT").offset == 0x2000
    with pytest.raises(KeyError, match="SEGMENT must be a register, not a window"):
        registers.register("SEGMENT")
    with pytest.raises(KeyError, match="STATUS must be a window, not a register"):
        registers.window("STATUS")


def test_write_registers_are_where_hosts_look_for_them() -> None:
    registers = register_map(PRESETS["borders"])
    offsets = {
        "WRITE_COMMAND": 0x100,
        "WRITE_KERNELS": 0x104,
        "WRITE_ROWS": 0x108,
        "WRITE_COLS": 0x10C,
        "WRITE_OPTIONS": 0x110,
        "WRITE_SETUP": 0x114,
        "WINDOW_P": 0x118,
        "WINDOW_AP": 0x11C,
        "WRITE_STATUS": 0x120,
        "WRITE_FAILED": 0x124,
        "WRITE_PULSES": 0x128,
        "STEP_P": 0x180,
        "STEP_AP": 0x1C0,
    }
    assert {name: registers.register(name).offset for name in offsets} == offsets
    places = {
        "WRITE_COMMAND": {"start": (0, 1), "abort": (1, 1), "op": (4, 3)},
        "WRITE_KERNELS": {"first": (0, 8), "last": (8, 8)},
        "WRITE_ROWS": {"first": (0, 6), "last": (8, 6)},
        "WRITE_COLS": {"first": (0, 6), "last": (8, 6)},
        "WRITE_OPTIONS": {
            "steps": (0, 5),
            "repeats": (8, 6),
            "passes": (16, 6),
            "single": (24, 1),
            "passive": (25, 1),
            "float_unselected": (26, 1),
            "read_first": (27, 1),
        },
        "WINDOW_P": {"low": (0, 12), "high": (16, 12)},
        "WINDOW_AP": {"low": (0, 12), "high": (16, 12)},
        "WRITE_STATUS": {"busy": (0, 1), "refused": (1, 1), "configuration_error": (2, 1), "aborted": (3, 1)},
        "STEP_P": {"level": (0, 12), "width": (12, 16)},
        "STEP_AP": {"level": (0, 12), "width": (12, 16)},
    }
    found = {name: {part.name: (part.low, part.width) for part in registers.register(name).fields} for name in places}
    assert found == places


def test_regions_are_the_whole_chip_after_reset() -> None:
    registers = register_map(PRESETS["goodwill"])
    assert registers.register("WRITE_KERNELS").reset == 1 << 8
    assert registers.register("WRITE_ROWS").reset == registers.register("WRITE_COLS").reset == 14 << 8
