# SPDX-License-Identifier: BSD-3-Clause
"""Tokens: every field is as wide as what the program and the geometry may put into it."""

from __future__ import annotations

import pytest
from amaranth import Shape
from spintile.model.geometry import INSTRUCTIONS, PRESETS, THRESHOLD, Geometry, Opcode
from spintile.rtl import tokens

SMALLEST = Geometry(
    name="smallest", rows=1, cols=2, kernels=1, adc_bits=1, fraction_bits=1, acc_bits=8, activation_bits=1
)
LARGEST = Geometry(name="largest", rows=64, cols=64, kernels=256, adc_bits=12, fraction_bits=12, acc_bits=30)
GEOMETRIES = [SMALLEST, LARGEST, *PRESETS.values()]


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry.name)
def test_every_number_of_the_geometry_fits(geometry: Geometry) -> None:
    assert 1 << tokens.kernel_shape(geometry).width >= geometry.kernels
    assert (1 << tokens.count_shape(geometry).width) - 1 >= geometry.rows
    assert (1 << tokens.adc_bits_shape(geometry).width) - 1 >= geometry.adc_bits
    assert (1 << tokens.lane_count().width) - 1 >= geometry.pairs
    assert geometry.acc_bits + 1 <= THRESHOLD["value"].width
    for token in (tokens.read_token, tokens.rows_token, tokens.codes_token, tokens.acc_token, tokens.write_token):
        assert all(Shape.cast(field.shape).width for _, field in token(geometry)), "no field may be empty"


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry.name)
def test_fields_of_the_instructions_travel_unshortened(geometry: Geometry) -> None:
    read, emit = tokens.read_token(geometry), tokens.emit_token()
    for opcode, token, resolved in ((Opcode.READ, read, {"kernel"}), (Opcode.EMIT, emit, set())):
        for name, field in INSTRUCTIONS[opcode].items():
            if name != "opcode" and name not in resolved:
                assert Shape.cast(token[name].shape).width == field.width, name


def test_repair_registers_reach_every_legal_value() -> None:
    for geometry in GEOMETRIES:
        settings = tokens.repair_settings(geometry)
        for name in ("peak", "difference", "margin_base", "margin_row"):
            assert Shape.cast(settings[name].shape).width == geometry.adc_bits + geometry.fraction_bits + 5
        pair_sums = settings["pair_sum"].shape
        assert (pair_sums.length, pair_sums.elem_shape) == (geometry.pairs, settings["peak"].shape)
