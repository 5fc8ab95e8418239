# SPDX-License-Identifier: BSD-3-Clause
"""Networks mapped for a die on the RTL: inputs on any rows, neurons on any lanes, signs turned."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from cosim_cases import WIDE, chip, network
from needed_tools import engine_or_skip
from spintile.cosim.job import CosimJob
from spintile.cosim.run import cosimulate
from spintile.model.chip import Chip
from spintile.model.dies import sample_population
from spintile.model.evaluation import compile_for, die_image_for
from spintile.model.network import Network, software_classes
from spintile.model.remapping import host_order, ordered_inputs, remap
from spintile.model.sensing import RepairMode

#: The shape of the other tests, so that no other simulator is built.
ON: dict[str, Chip] = {mode: chip(WIDE, 8, mode) for mode in ("none", "check")}


def images(net: Network, count: int, seed: int = 2) -> np.ndarray:
    shape = (count, int(np.prod(net.input_shape)))
    return np.random.default_rng(seed).integers(0, 1 << net.input_bits, shape, dtype=np.uint8)


def remapped_job(name: str, mode: RepairMode, on_host: bool, flags: bool) -> CosimJob:
    net, on = network(name), ON[mode]
    die = sample_population(on.geometry, on.cell, on.statistics, [4], 3)
    found = remap(net, on, die, images(net, 300), flags=flags)
    mapped, placement = host_order(found.network, found.placement) if on_host else (found.network, found.placement)
    compiled = compile_for(mapped, on, placement=placement, flags=flags)
    plain = compile_for(net, on, flags=flags)
    assert not np.array_equal(compiled.states, plain.states)
    assert not np.array_equal(compiled.program.segments, plain.program.segments)
    asked = images(net, 6, seed=5)
    np.testing.assert_array_equal(software_classes(mapped, ordered_inputs(mapped, asked)), software_classes(net, asked))
    image = die_image_for(compiled, on, die, 0, flags=flags)
    return CosimJob(compiled, image, ordered_inputs(mapped, asked), repair=on.repair)


@pytest.mark.parametrize(
    ("name", "mode", "on_host", "flags"),
    [
        ("two", "none", False, False),
        ("two", "check", True, True),
        ("median", "check", False, True),
        ("conv", "none", False, False),
    ],
)
def test_every_stage_equals_the_golden_model(name: str, mode: RepairMode, on_host: bool, flags: bool) -> None:
    wanted = remapped_job(name, mode, on_host, flags)
    result = cosimulate(wanted, engine_or_skip("verilator"), seed=7)
    assert result.passed, result.message
    assert result.compared["codes"] == len(wanted.images) * wanted.compiled.reads_per_image * WIDE.cols


def test_a_plain_program_on_the_remapped_die_differs() -> None:
    wanted = remapped_job("two", "none", False, False)
    plain = compile_for(network("two"), ON["none"])
    result = cosimulate(dataclasses.replace(wanted, program=plain.program), engine_or_skip("verilator"), seed=7)
    assert not result.passed
    assert result.mismatches["total"] > 0
