# SPDX-License-Identifier: BSD-3-Clause
"""Every check of the loop holds on a good run, and each fault turns the right one red."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spintile.cli.flows.loop.plan import LoopRun, plan
from spintile.cli.flows.loop.results import comparisons, covered, make_checks, writing
from spintile.cli.flows.loop.settings import QUICK, LoopSettings
from spintile.cli.flows.steps import StepResult

SETTINGS = LoopSettings(dies=2, fresh_dies=2, rtl_dies=2, trainings=2)


def comparison(compared: int) -> dict[str, Any]:
    return {"engine": "icarus", "compared": compared, "mismatches": 0, "first_difference": None, "cycles": 10}


def written(cells: int, before: int) -> dict[str, Any]:
    return {
        "cells": cells,
        "healthy_cells": cells - 10,
        "failed_before_verify": before,
        "failed_after_verify": 0,
        "fidelity_before_verify": 0.9,
        "fidelity_after_verify": 0.99,
        "reported": 6,
        "reported_healthy": 0,
        "pulses": 1100,
    }


def values() -> dict[str, dict[str, Any]]:
    """What the steps of a good run return."""
    classes = {name: {"cells": 5, "reported": 5} for name in ("short", "open", "stuck_p", "stuck_ap")}
    found: dict[str, dict[str, Any]] = {f"measure-{die}": comparison(100) for die in (0, 1)}
    found["recover"] = {
        "write": written(1000, 20),
        "both_states": {"healthy_cells": 990, "healthy_reported": 0, "defects": classes},
        "characterise": {"adc_bits": 12, "precision": 1.0, "recall": 0.9995},
    }
    for which, accuracies in (("true", [90.0, 91.0]), ("fitted", [90.1, 90.5])):
        for number in (0, 1):
            evaluated = {"accuracies": accuracies, "software": 92.0, "write": written(2000, 30), "images": 100}
            found[f"evaluate-{which}-{number}"] = evaluated
    for die in SETTINGS.programmed:
        found[f"rtl-{die}"] = {
            "program": comparison(200),
            "write": written(500, 5),
            "states_differ": 0,
            "infer": {**comparison(300), "images": 8},
        }
    return found


def run(change: Callable[[dict[str, Any]], None] = lambda found: None, engine: str = "icarus") -> LoopRun:
    found = copy.deepcopy(values())
    change(found)
    return LoopRun(
        SETTINGS, Path(), engine, {name: StepResult(value, 1.0, False) for name, value in found.items()}, 1.0
    )


def failed(change: Callable[[dict[str, Any]], None]) -> list[str]:
    return [check.name for check in make_checks(run(change)) if not check.holds]


def test_a_good_run_holds() -> None:
    assert failed(lambda found: None) == []
    assert len(make_checks(run())) == 9


def wrong_word(found: dict[str, Any]) -> None:
    found["measure-1"] |= {"mismatches": 1, "first_difference": "die 1: word 7 must be 3, not 4"}


def no_inference(found: dict[str, Any]) -> None:
    found["rtl-0"]["infer"] = None


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (wrong_word, "measure: values that differ between RTL and golden model"),
        (lambda f: f["rtl-0"]["program"].update(mismatches=2), "program: values that differ"),
        (lambda f: f["rtl-2"]["infer"].update(mismatches=2), "infer: values that differ"),
        (no_inference, "infer: values that differ"),
        (lambda f: f["recover"]["write"].update(failed_after_verify=1), "healthy cells reported or failed"),
        (lambda f: f["evaluate-true-1"]["write"].update(failed_after_verify=1), "healthy cells reported or failed"),
        (lambda f: f["recover"]["both_states"].update(healthy_reported=1), "healthy cells reported or failed"),
        (lambda f: f["recover"]["both_states"]["defects"]["open"].update(reported=4), "defects reported"),
        (lambda f: f["rtl-0"].update(states_differ=1), "states of programmed dies"),
        (lambda f: f["recover"]["characterise"].update(precision=0.99), "precision of defects"),
        (lambda f: f["recover"]["characterise"].update(recall=0.99), "recall of defects"),
        (lambda f: f["evaluate-fitted-1"].update(accuracies=[89.0, 89.2]), "accuracy that the fit costs"),
        (lambda f: f["evaluate-true-0"].update(accuracies=[91.0, 91.5]), "accuracy that the fit costs"),
    ],
)
def test_a_fault_turns_its_check_red(change: Callable[[dict[str, Any]], None], name: str) -> None:
    found = failed(change)
    assert len(found) == 1
    assert found[0].startswith(name)


def test_the_first_difference_is_named() -> None:
    check = next(check for check in make_checks(run(wrong_word)) if not check.holds)
    assert check.measured == "die 1: word 7 must be 3, not 4"


def test_failures_add_up_over_what_was_programmed() -> None:
    found = writing(run())
    assert found["failed_before_verify"] == 20 + 5 + 5
    assert found["cells"] == 2000
    assert found["all_dies_by_model"]["failed_before_verify"] == 4 * 30
    assert comparisons(run())["measure"]["compared"] == 200


def test_without_rtl_nothing_claims_to_be_compared() -> None:
    def by_model(found: dict[str, Any]) -> None:
        for name, value in found.items():
            if name.startswith("measure-"):
                value.update(engine="model", compared=0)
            if name.startswith("rtl-"):
                value["program"].update(engine="model", compared=0)
                value["infer"] = None

    names = [check.name for check in make_checks(run(by_model, "model"))]
    assert not any("RTL" in name for name in names)
    assert "infer" not in comparisons(run(by_model, "model"))


def test_an_interval_that_misses_the_truth_is_seen() -> None:
    fit = {"intervals": {"short": [2, 1, 3], "open": [2, 1, None]}, "truth": {"short": 3.5, "open": 9}}
    assert covered(fit) == {"short": False, "open": True}


def test_every_step_waits_for_the_files_that_it_reads() -> None:
    steps = plan(LoopSettings(**QUICK), "verilator")
    makers = {output: step.name for step in steps for output in step.outputs}
    for step in steps:
        before, waiting = set(), list(step.after)
        while waiting:
            name = waiting.pop()
            before.add(name)
            waiting += next(other for other in steps if other.name == name).after
        for file in step.inputs:
            assert makers.get(file) in (*before, None), (step.name, file)


@pytest.mark.parametrize(
    ("dies", "fresh", "wanted", "programmed"),
    [(3, 2, 4, (0, 3, 1, 4)), (1, 0, 1, (0,)), (2, 3, 5, (0, 2, 1, 3, 4)), (4, 1, 3, (0, 4, 1))],
)
def test_measured_and_fresh_dies_are_programmed_in_turn(
    dies: int, fresh: int, wanted: int, programmed: tuple[int, ...]
) -> None:
    assert LoopSettings(dies=dies, fresh_dies=fresh, rtl_dies=wanted).programmed == programmed
