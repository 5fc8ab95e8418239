# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spintile.cli.flows.checks import checks_junit as junit
from spintile.cli.flows.demo.plan import DemoRun, die_aware_name, evaluation_name, plan
from spintile.cli.flows.demo.report import make_checks, make_strips, own_and_others, regimes
from spintile.cli.flows.demo.settings import DemoSettings
from spintile.cli.flows.steps import StepResult

SETTINGS = DemoSettings(dies=6, die_aware=4)


def invented_run() -> DemoRun:
    """A run in which everything holds."""
    values: dict[str, dict[str, Any]] = {}

    def evaluate(name: str, repaired: bool, accuracies: list[float]) -> None:
        values[evaluation_name(name, repaired)] = {"accuracies": accuracies, "images": 100, "software": 90.0}

    evaluate("software", True, [87.0] * 6)
    evaluate("software", False, [80.0] * 5 + [60.0])
    evaluate("statistics-aware", True, [89.0] * 5 + [86.0])
    evaluate("statistics-aware-unrepaired", False, [84.0] * 6)
    for die in range(4):
        for repaired in (True, False):
            accuracies = [70.0 + other for other in range(6)]
            accuracies[die] = 89.5
            evaluate(die_aware_name(die, repaired), repaired, accuracies)
    values["cosim"] = {
        "engine": "verilator",
        "dies": 4,
        "images": 25,
        "compared": 1000,
        "compared_by_stage": {"codes": 1000},
        "mismatches": 0,
        "first_difference": None,
        "cycles_per_image": 296.9,
        "cycles_bound": 270,
        "die_ids": [0, 1, 2, 3],
    }
    return DemoRun(SETTINGS, Path(), {name: StepResult(value, 1.0, False) for name, value in values.items()}, 9.0)


def change(run: DemoRun, step: str, **changes: Any) -> DemoRun:
    results = dict(run.results)
    results[step] = StepResult({**results[step].value, **changes}, 1.0, False)
    return DemoRun(run.settings, run.folder, results, run.seconds)


def test_a_good_run_passes_every_check() -> None:
    assert all(check.holds for check in make_checks(invented_run()))


@pytest.mark.parametrize(
    ("step", "changes", "failing"),
    [
        (evaluation_name("software", True), {"software": 87.9}, "software"),
        (evaluation_name("statistics-aware", True), {"accuracies": [87.9] * 6}, "statistics-aware, mean"),
        (evaluation_name("statistics-aware", True), {"accuracies": [90.0] * 5 + [83.9]}, "statistics-aware, worst die"),
        (evaluation_name("software", False), {"accuracies": [82.1] * 6}, "unaware, no repair"),
        (evaluation_name("die-aware-2", True), {"accuracies": [80.0] * 6}, "die-aware, own die"),
        ("cosim", {"mismatches": 1}, "values that differ"),
        ("cosim", {"compared": 0}, "values that differ"),
        ("cosim", {"cycles_per_image": 297.1}, "cycles per image"),
        ("cosim", {"cycles_per_image": None}, "cycles per image"),
    ],
)
def test_each_check_turns_red_on_its_own(step: str, changes: dict[str, Any], failing: str) -> None:
    checks = make_checks(change(invented_run(), step, **changes))
    assert [check.name for check in checks if not check.holds] == [failing]


def test_die_aware_networks_are_judged_on_their_own_dies() -> None:
    own, others, numbers = own_and_others(invented_run(), True)
    assert own.tolist() == [89.5] * 4
    assert len(others) == len(numbers) == 20
    assert np.array_equal(others, 70.0 + numbers)


def test_regimes_hold_what_the_report_promises() -> None:
    accuracy = regimes(invented_run(), True)
    assert accuracy["software"] == 90.0
    assert accuracy["unaware"]["mean"] == 87.0
    assert accuracy["statistics_aware"] == pytest.approx(
        {"mean": 88.5, "min": 86.0, "max": 89.0, "std": 1.118}, abs=1e-3
    )
    assert accuracy["die_aware"]["mean"] == 89.5
    assert accuracy["die_aware"]["others"]["mean"] < 76
    assert regimes(invented_run(), False)["unaware"]["min"] == 60.0


def test_the_picture_has_a_row_for_every_kind_of_training_with_and_without_repair() -> None:
    strips = make_strips(invented_run(), np.arange(6))
    assert [(strip.colour, strip.repaired, len(strip.dies)) for strip in strips] == [
        ("unaware", False, 6),
        ("unaware", True, 6),
        ("statistics", False, 6),
        ("statistics", True, 6),
        ("own", False, 4),
        ("own", True, 4),
        ("others", False, 20),
        ("others", True, 20),
    ]


def test_junit_names_the_check_that_failed() -> None:
    checks = make_checks(change(invented_run(), "cosim", mismatches=2))
    suite = ElementTree.fromstring(junit(checks).encode())
    assert (suite.get("tests"), suite.get("failures")) == (str(len(checks)), "1")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["values that differ"]


def test_the_plan_evaluates_every_network_and_waits_for_what_it_reads() -> None:
    steps = {step.name: step for step in plan(SETTINGS)}
    assert len(steps) == len(plan(SETTINGS))
    written = {name: step.name for step in steps.values() for name in step.outputs}
    for step in steps.values():
        for name in step.inputs:
            assert name == "chip.toml" or written[name] in step.after
    trained = [step for step in steps if step.startswith("train-")]
    evaluated = [step for step in steps if step.startswith("evaluate-")]
    assert len(trained) == 1 + 2 + 2 * 4
    assert len(evaluated) == len(trained) + 1
