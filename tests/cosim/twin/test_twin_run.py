# SPDX-License-Identifier: BSD-3-Clause
"""Periphery and twin give the golden model's record, stage by stage, on every engine; a fault in either is named."""

from __future__ import annotations

from typing import Any

import pytest
from cosim_cases import SHARED, WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.design import TOP
from spintile.cosim.faults import inject
from spintile.cosim.formal import faulty
from spintile.cosim.job import CosimJob, Disturbance
from spintile.cosim.result import CosimResult, EngineName
from spintile.cosim.twin import check_twin_job, run_twin
from spintile.rtl.export import to_rtlil, to_verilog
from spintile.rtl.twin.array import Twin
from spintile.rtl.twin.column_sums import ColumnSums
from spintile.rtl.twin.comparators import Comparators
from spintile.rtl.twin.row_scan import RowScan
from spintile.rtl.twin.twin_top import TwinTop

ENGINES: tuple[EngineName, ...] = ("compiled", "verilator")


def run(wanted: CosimJob, engine: EngineName, **settings: Any) -> CosimResult:
    """Run a job on the twin, if the engine is there."""
    engine_or_skip("verilator" if engine == "compiled" else engine)
    return run_twin(wanted, engine, seed=7, **settings)


def must_pass(wanted: CosimJob, engine: EngineName) -> CosimResult:
    """Everything of all stages must have been compared, and nothing may differ."""
    result = run(wanted, engine)
    assert result.passed, result.message
    layers = wanted.compiled.schedule.layers
    each = wanted.dies * len(wanted.images)
    assert result.compared["codes"] == each * wanted.compiled.reads_per_image * wanted.geometry.cols
    assert result.compared["accumulators"] == each * sum(layer.emits for layer in layers) * wanted.geometry.pairs
    assert result.compared["classes"] == each
    return result


@pytest.mark.parametrize(
    ("geometry", "adc_bits", "mode", "name", "engine"),
    [
        (WIDE, 1, "none", "two", "compiled"),
        (WIDE, 1, "none", "two", "icarus"),
        (WIDE, 6, "pair_check", "conv", "compiled"),
        (WIDE, 6, "pair_check", "conv", "verilator"),
        (WIDE, 12, "check", "median", "compiled"),
        (WIDE, 12, "check", "median", "verilator"),
        (WIDE, 12, "none", "three", "compiled"),
        (SHARED, 1, "none", "conv", "compiled"),
        (SHARED, 5, "range_guard", "two", "compiled"),
        (SHARED, 8, "check", "median", "compiled"),
        (SHARED, 8, "pair_check", "binary", "compiled"),
        (SHARED, 8, "pair_check", "binary", "icarus"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_every_stage_equals_the_golden_model(
    geometry: Any, adc_bits: int, mode: Any, name: str, engine: EngineName
) -> None:
    must_pass(job(chip(geometry, adc_bits, mode), name, flags=mode == "check"), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "disturbance",
    [Disturbance(image_pause=0.7, result_pause=0.8), Disturbance(soft_reset_after=60)],
    ids=["pauses", "soft reset"],
)
def test_pauses_and_resets_change_no_answer(disturbance: Disturbance, engine: EngineName) -> None:
    must_pass(job(chip(WIDE, 6), "three", disturbance=disturbance, first_index=1000), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_wrong_entry_in_the_memory_is_named(engine: EngineName) -> None:
    base = job(chip(WIDE, 6), "two", dies=3)
    fault = inject(base, "die-image", seed=1)
    result = run(fault.job, engine)
    assert not result.passed
    assert result.first_difference is not None
    assert result.first_difference["stage"] == "codes"
    assert {key: result.first_difference[key] for key in fault.place} == fault.place


def test_the_dies_of_two_positions_are_not_mistaken_for_each_other() -> None:
    base = job(chip(WIDE, 6), "two", dies=2)
    result = run(base.replace(array_image=base.image.select([1, 0])), "compiled")
    assert not result.passed


_FAULTS = {
    "rows are taken off": (ColumnSums, "total.eq(total + entry)", "total.eq(total - entry)"),
    "more instead of at least": (Comparators, "fraction_bits) >= self.trial", "fraction_bits) > self.trial"),
    "the highest row is forgotten": (RowScan, "pending.eq(self.rows)", "pending.eq(self.rows[:-1])"),
}


@pytest.mark.parametrize("name", _FAULTS)
def test_a_fault_in_the_twin_is_seen_in_the_codes(name: str) -> None:
    block, before, after = _FAULTS[name]
    twin = faulty(Twin, using={block.__name__: faulty(block, before, after)})
    text = to_verilog(to_rtlil(faulty(TwinTop, using={"Twin": twin})(WIDE, trace=True), TOP))
    result = run(job(chip(WIDE, 6), "two"), "icarus", verilog=text)
    assert not result.passed
    assert result.first_difference is not None
    assert result.first_difference["stage"] == "codes"


def test_engines_take_the_same_cycles() -> None:
    wanted = job(chip(WIDE, 6), "conv")
    results = [must_pass(wanted, engine) for engine in ENGINES]
    assert results[0].cycles_per_image == results[1].cycles_per_image


def test_what_the_twin_cannot_do_is_refused_before_anything_is_built() -> None:
    base = job(chip(WIDE, 6), "two")
    noisy = job(chip(WIDE, 6, noise=1.0), "two")
    with pytest.raises(ValueError, match=r"^twin: noise_sigma must be 0, not 32: a die in logic has no noise$"):
        check_twin_job(noisy)
    with pytest.raises(ValueError, match=r"^disturbance: stall must be 0 with the twin, not 0\.5$"):
        check_twin_job(base.replace(disturbance=Disturbance(stall=0.5)))
    with pytest.raises(ValueError, match=r"^job: array must be 'spintile.cosim.array_pins:DieArray' with the twin"):
        check_twin_job(base.replace(array="own_array:sagging"))
    check_twin_job(base)
