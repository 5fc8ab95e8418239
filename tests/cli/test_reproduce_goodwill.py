# SPDX-License-Identifier: BSD-3-Clause
"""``spintile reproduce goodwill``: a small run to its files, again, with foreign solutions, and with faults."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from needed_tools import needs_icarus
from spintile.cli.errors import CheckFailed
from spintile.cli.flows.checks import raise_first_failure
from spintile.cli.flows.reproduce.claims import claim_checks
from spintile.cli.flows.reproduce.goodwill import results
from spintile.cli.flows.reproduce.goodwill.page import FILES, write_outputs
from spintile.cli.flows.reproduce.goodwill.plan import HEADLINE, Outcome, Plan, run_plan, tuned_scale
from spintile.cli.flows.reproduce.goodwill.rtl import chosen_solution, samples_for_rtl, verify_on_rtl
from spintile.cli.main import main
from spintile.model.training.wine import SCALES, load_samples, save_folder

PLAN = Plan(solutions=3, steps=150, arrays=(HEADLINE,), rtl_samples=4, rtl_dies=1)


def silent(step: str, done: float, remark: str = "") -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("goodwill")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    return run_plan(PLAN, folder, progress=silent)


def test_a_run_leaves_every_file_and_the_same_ones_again(outcome: Outcome, folder: Path) -> None:
    report, _ = write_outputs(outcome, None, "trained here", folder)
    first = {name: (folder / name).read_bytes() for name in FILES}
    assert json.loads(first["report.json"]) == report
    assert (report["solutions"], report["rtl"]) == (3, None)
    assert set(report["by_scale"]["mtj-50nm"]["one-pulse"]["scales"]) == {f"{scale:g}" for scale in SCALES}
    # A task that is lost is done again, and nothing else changes.
    lost = sorted((folder / "sweeps").glob("array_results-*/tasks/*"))[0]
    before = lost.read_bytes()
    lost.unlink()
    write_outputs(run_plan(PLAN, folder, progress=silent), None, "trained here", folder)
    assert lost.read_bytes() == before
    assert {name: (folder / name).read_bytes() for name in FILES} == first


def test_the_median_is_that_of_the_answers(outcome: Outcome) -> None:
    entry = results.by_scale(outcome)["mtj-50nm"]["one-pulse"]
    at = SCALES.index(entry["tuned"])
    correct = outcome.arrays[HEADLINE][0]["correct"][at]
    assert entry["at_tuned"]["median"] == pytest.approx(np.median(100 * correct.mean(axis=1)))
    chosen = outcome.training[0]
    assert chosen is not None
    held = [100 * correct[i][~chosen[i]].mean() for i in range(3)]
    assert entry["held_out"]["mean"] == pytest.approx(np.mean(held))


def test_the_scale_is_tuned_on_training_samples_alone(outcome: Outcome) -> None:
    chosen = outcome.training[0]
    assert chosen is not None
    correct = np.zeros((len(SCALES), 3, 178), np.uint8)
    correct[2] = chosen  # right on what was trained on
    correct[5] = ~chosen
    assert tuned_scale([{"correct": correct}], [chosen]) == SCALES[2]
    correct[5] = True
    assert tuned_scale([{"correct": correct}], [chosen]) == SCALES[2]  # the first of equals
    correct[2, 0] = False
    assert tuned_scale([{"correct": correct}], [chosen]) == SCALES[5]
    assert tuned_scale([{"correct": correct}], [None]) == SCALES[5]


def test_rank_correlations_know_a_relation(outcome: Outcome) -> None:
    accuracy = np.array([90.0, 92.0, 95.0, 95.0, 97.0])
    assert results._rank_correlation(accuracy, accuracy**3) == pytest.approx(1.0)
    assert results._rank_correlation(accuracy, -accuracy) == pytest.approx(-1.0)
    assert np.isnan(results._rank_correlation(accuracy, np.ones(5)))
    table = {"margin": {"rho": 0.2}, "fidelity": {"rho": -0.9}, "ideal": {"rho": None}}
    table |= {"sensitivity": {"rho": 0.1}, "weights": {"rho": -0.3}}
    assert results.best_predictor(table)[0] == "fidelity"
    assert results.best_predictor(table, True)[0] == "weights"
    assert set(results.predictors(outcome)["mtj-50nm"]["one-pulse"]) >= {"margin", "fidelity", "score-error"}


@pytest.mark.parametrize(("mismatches", "compared"), [(0, 10), (1, 10), (0, 0)])
def test_claims_are_judged(outcome: Outcome, mismatches: int, compared: int) -> None:
    rtl = {"samples": 4, "dies": 1, "mismatches": mismatches, "compared": compared}
    scales = results.by_scale(outcome)
    claims = results.make_claims(outcome, scales, rtl)
    assert claims[-1].holds == (not mismatches and compared > 0)
    scales["mtj-50nm"]["one-pulse"]["at_tuned"]["median"] = 95.2
    broken = results.make_claims(outcome, scales, rtl)
    assert not broken[0].holds
    with pytest.raises(CheckFailed, match=r"must be at least 95\.3 %, not 95\.2 %"):
        raise_first_failure(claim_checks(broken))


def test_foreign_solutions_are_run(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save_folder(outcome.solutions[0].select([0]), tmp_path / "given")
    monkeypatch.setattr("spintile.cli.flows.reproduce.goodwill.plan.QUICK", PLAN)
    options = ["--quick", "--engine", "model", "--jobs", "1", "--out", str(tmp_path / "out"), "--json", "--quiet"]
    code = main(["reproduce", "goodwill", "--solutions", str(tmp_path / "given"), *options])
    report = json.loads(capsys.readouterr().out)
    assert (report["solutions"], "held_out" in report["by_scale"]["mtj-50nm"]["one-pulse"]) == (1, False)
    assert code == (0 if report["median"] >= 95.3 else 1)
    # The same states on the same die give the same answers, whoever trained them.
    at = SCALES.index(report["by_scale"]["mtj-50nm"]["one-pulse"]["tuned"])
    assert report["median"] == pytest.approx(100 * outcome.arrays[HEADLINE][0]["correct"][at, 0].mean())
    wrong = tmp_path / "given" / "0_fc1_weight.txt"
    wrong.write_text(wrong.read_text().replace("1", "3", 1))
    assert main(["reproduce", "goodwill", "--solutions", str(tmp_path / "given"), *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"spintile: {wrong}: line ")
    assert said.endswith("states must be 0 or 1, not '3'\n")


def test_plans_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="plan: solutions must be at least 1, not 0"):
        Plan(solutions=0)
    with pytest.raises(ValueError, match="plan: seeds must be different"):
        Plan(seeds=(1, 1))
    with pytest.raises(ValueError, match="plan: arrays must hold"):
        Plan(arrays=(("mtj-40nm", "verified"),))
    assert main(["reproduce", "goodwill", "--quick", "--full"]) == 2


def test_samples_are_the_whole_set_before_repeats() -> None:
    inputs, labels, repeats = samples_for_rtl(200, 1)
    samples = load_samples()
    assert (len(inputs), repeats) == (200, 22)
    np.testing.assert_array_equal(inputs[:178], samples.levels)
    np.testing.assert_array_equal(labels[178:], samples.labels[:22])
    assert 0 < np.abs(inputs[178:].astype(int) - samples.levels[:22]).max() <= 4


@needs_icarus
def test_the_rtl_agrees_and_a_fault_shows(outcome: Outcome, tmp_path: Path) -> None:
    small = dataclasses.replace(outcome, plan=PLAN)
    assert 0 <= chosen_solution(small) < 3
    found = verify_on_rtl(small, tmp_path / "rtl", engine="icarus", progress=silent)
    assert (found["mismatches"], found["samples"], found["jittered_repeats"]) == (0, 4, 0)
    assert found["compared"] > 0
    broken = verify_on_rtl(small, tmp_path / "broken", engine="icarus", fault="die-image", progress=silent)
    assert broken["mismatches"] > 0
