# SPDX-License-Identifier: BSD-3-Clause
"""The periphery in every engine, equal to the golden model stage by stage."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cosim_cases import SHARED, WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.design import periphery_verilog
from spintile.cosim.job import CosimJob, Disturbance
from spintile.cosim.run import cosimulate
from spintile.cosim.simulate import SimulationError
from spintile.model.chip import Chip
from spintile.model.sensing import Repair

#: Those with the array in Python, and all of them.
WITH_COCOTB = ("verilator", "icarus")
ENGINES = (*WITH_COCOTB, "compiled")
#: Allowed over the converters' own cycles at saturation.
CYCLES_FACTOR = 1.10


def must_pass(wanted: Any, engine: str) -> Any:
    """Run a job; everything of all stages must have been compared, and nothing may differ."""
    result = cosimulate(wanted, engine_or_skip(engine), seed=7)
    assert result.passed, result.message
    geometry, layers = wanted.geometry, wanted.compiled.schedule.layers
    each = wanted.dies * len(wanted.images)
    assert result.compared["codes"] == each * wanted.compiled.reads_per_image * geometry.cols
    assert result.compared["accumulators"] == each * sum(layer.emits for layer in layers) * geometry.pairs
    pooled = sum(layer.emits // layer.shape[2] for layer in layers[:-1])
    assert result.compared["activations"] == each * pooled * geometry.pairs
    assert result.compared["classes"] == each
    return result


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("geometry", "adc_bits", "mode", "strict", "noise", "name"),
    [
        (WIDE, 1, "none", False, 2.0, "two"),
        (WIDE, 6, "none", False, 0.0, "two"),
        (WIDE, 6, "range_guard", False, 1.5, "three"),
        (WIDE, 6, "pair_check", False, 0.0, "conv"),
        (WIDE, 6, "pair_check", True, 1.5, "two"),
        (WIDE, 6, "check", False, 0.0, "conv"),
        (WIDE, 12, "check", False, 9.0, "median"),
        (SHARED, 5, "pair_check", False, 0.0, "median"),
        (WIDE, 12, "none", False, 9.0, "conv"),
        (WIDE, 12, "pair_check", False, 9.0, "three"),
        (WIDE, 12, "pair_check", True, 0.0, "binary"),
        (WIDE, 2, "pair_check", True, 0.5, "binary"),
        (SHARED, 1, "none", False, 0.5, "conv"),
        (SHARED, 5, "range_guard", False, 0.0, "two"),
        (SHARED, 8, "pair_check", False, 2.0, "three"),
        (SHARED, 8, "pair_check", True, 0.0, "two"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_every_stage_equals_the_golden_model(
    geometry: Any, adc_bits: int, mode: Any, strict: bool, noise: float, name: str, engine: str
) -> None:
    must_pass(job(chip(geometry, adc_bits, mode, strict, noise), name), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("flags", [True, (True, False, True)], ids=["all layers", "outer layers"])
@pytest.mark.parametrize(
    ("geometry", "adc_bits", "noise"), [(WIDE, 6, 0.0), (WIDE, 12, 9.0), (SHARED, 8, 1.5)], ids=lambda v: str(v)[:24]
)
def test_flags_medians_and_a_k_for_each_pair_equal_the_golden_model(
    geometry: Any, adc_bits: int, noise: float, flags: Any, engine: str
) -> None:
    base = job(chip(geometry, adc_bits, "check", noise=noise), "median", flags=flags)
    assert isinstance(base.repair.K, int)
    pairs = geometry.pairs
    sums = tuple(round(base.repair.K * (1.04 - 0.08 * j / pairs)) for j in range(pairs))
    must_pass(base.replace(repair=base.repair.replace(K=sums)), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_die_has_its_own_flags(engine: str) -> None:
    wanted = job(chip(WIDE, 7, "check"), "median", dies=3, flags=True)
    assert wanted.image.flags is not None
    assert (wanted.image.flags[0] != wanted.image.flags[1]).any()
    must_pass(wanted, engine)
    swapped = wanted.image.replace(flags=wanted.image.flags[[1, 0, 2]])
    assert not cosimulate(wanted.replace(array_image=swapped), engine_or_skip(engine)).passed


def test_flags_and_medians_of_the_matrix_have_something_to_do() -> None:
    base = job(chip(WIDE, 6, "check"), "median", flags=True)
    unflagged = base.replace(image=base.image.replace(flags=None))
    blind = job(chip(WIDE, 6, "check"), "median")
    found = [wanted.golden().accumulators for wanted in (base, unflagged, blind)]
    assert all(np.any(a[0] != b[0]) for i, a in enumerate(found) for b in found[:i])


def test_repairs_of_the_matrix_have_something_to_repair() -> None:
    """Otherwise the matrix above would compare four times the same arithmetic."""
    base = job(chip(WIDE, 6), "two")
    sums = []
    for mode, strict in (("none", False), ("range_guard", False), ("pair_check", False), ("pair_check", True)):
        record = base.replace(repair=base.repair.replace(mode=mode, strict=strict)).golden()
        sums.append(np.concatenate([part.ravel() for part in record.accumulators]))
    assert all(np.any(a != b) for i, a in enumerate(sums) for b in sums[:i])


def test_noise_of_the_matrix_changes_codes() -> None:
    quiet, noisy = (job(chip(WIDE, 6, noise=noise), "two").golden().codes for noise in (0.0, 1.5))
    assert np.any(quiet != noisy)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("geometry", [WIDE, SHARED], ids=lambda geometry: geometry.name)
@pytest.mark.parametrize(
    ("disturbance", "settle", "first_index"),
    [
        (Disturbance(image_pause=0.7), None, 0),
        (Disturbance(result_pause=0.95), None, 1000),
        (Disturbance(image_pause=0.4, result_pause=0.6, stall=0.4), 0, 0),
        (Disturbance(soft_reset_after=9), None, 0),
        (Disturbance(soft_reset_after=60, stall=0.2), 5, (1 << 24) - 5),
        (Disturbance(), 40, 0),
    ],
    ids=["image pauses", "results wait", "all wait", "early reset", "late reset", "slow lines"],
)
def test_pauses_stalls_resets_and_settling_change_no_answer(
    geometry: Any, disturbance: Disturbance, settle: int | None, first_index: int, engine: str
) -> None:
    wanted = job(chip(geometry, 5, noise=1.0), "three", disturbance=disturbance, settle=settle, first_index=first_index)
    result = must_pass(wanted, engine)
    if settle == 40:
        # Every read waits for its rows: the figure would show it if it did not.
        assert result.cycles_per_image >= 41 * wanted.compiled.reads_per_image


@pytest.mark.parametrize("engine", ENGINES)
def test_offsets_are_removed_and_repair_constants_loaded(engine: str) -> None:
    base = job(chip(WIDE, 7), "two")
    offsets = np.arange(-5, 6, dtype=np.int64) * 3
    image = base.image.replace(column_offset=offsets, offset=base.image.offset + 40)
    repair = Repair("pair_check", strict=True, K=5000, P=3000, D=1100, m0=700, m1=90)
    must_pass(base.replace(image=image, repair=repair), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_die_has_its_own_offset_registers(engine: str) -> None:
    base = job(chip(WIDE, 7), "two", dies=2)
    offsets = np.array([[5], [-7]]) * np.arange(-5, 6, dtype=np.int64)
    wanted = base.replace(image=base.image.replace(column_offset=offsets))
    must_pass(wanted, engine)
    # The array answers with codes, which the registers do not change: what the design took off shows in its sums.
    assert not np.array_equal(wanted.golden().accumulators[0], base.golden().accumulators[0])


def test_a_die_with_the_registers_of_another_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    base = job(chip(WIDE, 7), "two", dies=2)
    offsets = np.array([[5], [-7]]) * np.arange(-5, 6, dtype=np.int64)
    image = base.image.replace(column_offset=offsets)
    golden = base.replace(image=image).golden()
    monkeypatch.setattr(CosimJob, "golden", lambda *_, **__: golden)
    wrong = image.replace(column_offset=offsets[::-1].copy())
    result = cosimulate(base.replace(image=wrong), engine_or_skip("icarus"))
    assert not result.passed
    assert "accumulators" in result.message


@pytest.mark.parametrize("engine", ["verilator", "compiled"])
@pytest.mark.parametrize("name", ["demo", "demo conv"])
def test_at_saturation_an_image_costs_little_more_than_its_conversions(name: str, engine: str) -> None:
    wanted = job(Chip.preset("borders"), name, dies=1, images=10 if name == "demo" else 6)
    result = must_pass(wanted, engine)
    assert result.cycles_bound == wanted.compiled.reads_per_image * 9
    assert result.cycles_bound <= result.cycles_per_image <= CYCLES_FACTOR * result.cycles_bound
    assert result.counters[0]["converting"] == result.cycles_bound * len(wanted.images)


def test_both_simulators_take_the_same_cycles() -> None:
    wanted = job(chip(WIDE, 6, noise=1.0), "conv", disturbance=Disturbance(image_pause=0.3, stall=0.1))
    results = [must_pass(wanted, engine) for engine in WITH_COCOTB]
    assert results[0].counters == results[1].counters


@pytest.mark.parametrize(("geometry", "name"), [(WIDE, "conv"), (SHARED, "three")], ids=["conv", "shared converters"])
def test_the_compiled_engine_takes_the_cycles_that_cocotb_takes(geometry: Any, name: str) -> None:
    wanted = job(chip(geometry, 6, noise=1.0), name, images=12)
    cocotb, compiled = (must_pass(wanted, engine) for engine in ("verilator", "compiled"))
    assert compiled.cycles_per_image == cocotb.cycles_per_image
    same = ("die", "reads", "images", "converting")
    for ours, theirs in zip(compiled.counters, cocotb.counters, strict=True):
        assert [ours[name] for name in same] == [theirs[name] for name in same]
        # The bus that fetches the counters is the host's, and so are a few cycles before the first image.
        assert abs(ours["cycles"] - theirs["cycles"]) <= 8


def test_dies_may_be_divided_among_simulations(tmp_path: Path) -> None:
    wanted = job(chip(WIDE, 6, noise=1.0), "two", dies=3)
    told: list[tuple[int, int]] = []
    together = cosimulate(wanted, engine_or_skip("icarus"))
    apart = cosimulate(
        wanted,
        "icarus",
        jobs=2,
        out=tmp_path,
        progress=lambda done, total: told.append((done, total)),
    )
    assert apart.passed
    assert apart.compared == together.compared
    assert apart.counters == together.counters
    assert told[-1] == (15, 15)
    assert (tmp_path / "simulation-1" / "simulation.log").is_file()


def test_a_run_leaves_its_report_logs_and_waves(tmp_path: Path) -> None:
    result = cosimulate(job(chip(WIDE, 6), "two"), engine_or_skip("icarus"), out=tmp_path, waves=True)
    report = json.loads((tmp_path / "cosim.json").read_text())
    assert report["passed"] is True
    assert report["compared"] == result.compared
    assert report["engine"] == "icarus"
    root = ElementTree.parse(tmp_path / "results.xml").getroot()
    assert [case.get("name") for case in root.iter("testcase")] == ["die 0", "die 1"]
    assert not list(root.iter("failure"))
    assert "iverilog" in (tmp_path / "build.log").read_text()
    assert (tmp_path / "simulation" / "waves.fst").stat().st_size > 1000


def test_a_hung_design_is_told_and_not_waited_for(tmp_path: Path) -> None:
    wanted = job(chip(WIDE, 6), "two")
    program = wanted.compiled.program
    words = program.instructions.copy()
    words[2] = 0  # an illegal instruction stops the sequencer
    broken = wanted.replace(program=type(program)(**{**vars(program), "instructions": words}))
    result = cosimulate(broken, engine_or_skip("icarus"), out=tmp_path)
    assert not result.passed
    assert "design must go on reading, and has not for" in result.message
    root = ElementTree.parse(tmp_path / "results.xml").getroot()
    assert list(root.iter("failure"))


def test_a_design_for_another_geometry_is_refused() -> None:
    other = periphery_verilog(WIDE.replace(instruction_depth=64))
    result = cosimulate(job(chip(WIDE, 6), "two"), engine_or_skip("icarus"), verilog=other)
    assert not result.passed
    assert result.message.startswith(f"GEOMETRY must read 0x{WIDE.digest():08x}, not 0x")
    assert result.compared["total"] == 0


def test_an_error_in_a_users_array_is_one_sentence() -> None:
    wanted = job(chip(WIDE, 6), "two").replace(array="own_array:broken")
    with pytest.raises(SimulationError, match=r"icarus: cosimulate: own array has no kernel 0"):
        cosimulate(wanted, engine_or_skip("icarus"))


@pytest.mark.parametrize("engine", WITH_COCOTB)
def test_a_users_array_model_stands_at_the_pins(engine: str) -> None:
    wanted = job(chip(WIDE, 6, noise=1.0), "two")
    same = cosimulate(wanted.replace(array="own_array:stiff"), engine_or_skip(engine))
    assert same.passed, same.message
    sagging = cosimulate(wanted.replace(array="own_array:sagging"), engine)
    assert not sagging.passed
    assert sagging.first_difference is not None
    assert sagging.first_difference["stage"] == "codes"
    assert sagging.first_difference["got"] < sagging.first_difference["expected"]


def test_the_example_of_the_readme_is_the_one_tested() -> None:
    here = Path(__file__).parent
    example = (here / "own_array.py").read_text().split("# --- example ---\n")[1].split("# --- end ---\n")[0]
    assert example.strip() in (here.parents[1] / "cosim" / "README.md").read_text()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"jobs": 0}, "jobs must be at least 1, not 0"),
        (
            {"waves": True, "engine": "compiled", "out": "w"},
            "waves must be written by engine verilator or icarus, not by",
        ),
        ({"waves": True}, r"waves must have a folder to go to \(out\)"),
        ({"engine": "spice"}, "engine must be one of verilator, icarus, compiled, not 'spice'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        cosimulate(job(chip(WIDE, 6), "two", images=1), **settings)
