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


def test_identity_is_the_name_in_ascii() -> None:
    assert IDENTITY.to_bytes(4, "big") == b"SPTL"


def test_addresses_count_groups_and_lanes() -> None:
    registers = register_map(PRESETS["borders"])
    assert registers.address("LAYER", 3) == 0x08C
    assert registers.address("INSTRUCTION", 2, 1) == 0x08014
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
