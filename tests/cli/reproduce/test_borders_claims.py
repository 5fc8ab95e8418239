# SPDX-License-Identifier: BSD-3-Clause
"""Figures and verdicts of the digits, from made-up answers."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from spintile.cli.flows.reproduce.borders import cases, results
from spintile.cli.flows.reproduce.borders.settings import CLAIMED, MAIN, BordersSettings
from spintile.cli.flows.reproduce.borders.settings import SETTINGS as EVERY
from spintile.cli.flows.reproduce.borders.study import BordersRun
from spintile.cli.flows.reproduce.borders.study_tables import study_claims, study_figures
from spintile.cli.flows.reproduce.borders.verdicts import make_claims

SETTINGS = BordersSettings.of(
    "full",
    seeds=5,
    dies=4,
    swept=(0.0, *CLAIMED, 5.0),
    trained=CLAIMED,
    known_dies=1,
    transfer_dies=2,
    fitted=(2,),
    best_combinations=EVERY,
)


def good_run() -> BordersRun:
    """A full run in which everything holds: losses in points, the same on all dies but the last, a little worse."""

    def answer(question: cases.Question, seed: int) -> list[float]:
        rate, repair = question.conditions.rate, question.conditions.repair
        aware = question.training.regime != "software"
        loss = {"none": 2.0 if aware else 4.0, "blind": 0.9, "flags": 0.6}[repair] * (0.4 + rate)
        count = question.dies if isinstance(question.dies, int) else len(question.dies)
        worst = [0.0] * (count - 1) + [0.3]
        return [89.6 - loss + 0.05 * seed - extra for extra in worst]

    questions = cases.questions(SETTINGS)
    answers = {
        question: np.array([answer(question, seed) for seed in question.seeds(SETTINGS)]) for question in questions
    }
    networks: dict[Any, dict[str, Any]] = {
        key: {"software": 89.4 + 0.05 * key[1], "learned": 90.0 + key[1]}
        for key in cases.trainings(questions, SETTINGS)
    }
    rtl = {"images": 200, "dies": 4, "compared": 100, "mismatches": 0}
    return BordersRun(SETTINGS, networks, answers, rtl=rtl)


def _shift(run: BordersRun, kind: str, rate: float, points: float, setting: tuple[float, bool] = MAIN) -> None:
    values = results.accuracies(run, kind, rate, setting)
    values += points


def test_a_good_run_holds() -> None:
    claims = make_claims(good_run())
    assert [claim.name for claim in claims if claim.judged and not claim.holds] == []
    # For each strength and kind of wires: three gains, three losses with flags; two losses at 2.3 G_P; the RTL.
    assert sum(claim.judged for claim in claims) == 4 * 3 + 4 * 3 + 2 + 1


def _scatter(run: BordersRun) -> None:
    """The same mean gain, of which no seed can be sure."""
    results.accuracies(run, "statistics_aware", 0.5)[:] += np.array([[-4.0], [-2.0], [0.0], [2.0], [4.0]])


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (lambda run: _shift(run, "statistics_aware", 0.2, -3.0), "against unaware, no repair, 0.2 %, shorts of 6 G_P"),
        (_scatter, "against unaware, no repair, 0.5 %, shorts of 6 G_P"),
        (
            lambda run: _shift(run, "statistics_aware", 0.2, -1.0, (2.3, False)),
            "training alone, 0.2 %, shorts of 2.3 G_P, no wires",
        ),
        (lambda run: _shift(run, "flagged", 1.0, -1.5), "self-test flags, 1 %, shorts of 6 G_P, 2 Ω wires"),
        (lambda run: run.rtl.update(mismatches=1), "RTL and golden model"),
        (lambda run: run.rtl.update(compared=0), "RTL and golden model"),
    ],
)
def test_each_fault_turns_its_claim_red(fault: Callable[[BordersRun], object], named: str) -> None:
    run = copy.deepcopy(good_run())
    fault(run)
    red = [claim.name for claim in make_claims(run) if claim.judged and not claim.holds]
    assert any(named in name for name in red), red


def test_the_worst_die_alone_turns_a_loss_red() -> None:
    run = good_run()
    results.accuracies(run, "flagged", 0.2)[:, -1] -= 2.0
    claim = next(c for c in make_claims(run) if c.name.startswith("loss to the best software network, self-test"))
    assert (claim.holds, "worst die 1.5" in claim.required) == (False, True)


def test_quick_runs_are_judged_by_the_rtl_alone_and_few_seeds_not_by_intervals() -> None:
    run = good_run()
    quick = dataclasses.replace(run, settings=dataclasses.replace(SETTINGS, effort="quick"))
    assert [claim.name[:6] for claim in make_claims(quick) if claim.judged] == ["values"]
    answers = {question: values[:2] for question, values in run.answers.items()}
    few = dataclasses.replace(run, settings=dataclasses.replace(SETTINGS, seeds=2), answers=answers)
    assert not any(claim.name.startswith("training for") for claim in make_claims(few) if claim.judged)


def test_losses_of_training_alone_are_against_the_same_seeds_in_software() -> None:
    run = good_run()
    found = results.software_loss(run, "statistics_aware", 0.2)
    mean = results.accuracies(run, "statistics_aware", 0.2).mean()
    # Software and answers rise alike with the seed.
    assert found.mean == found.low == pytest.approx(89.5 - mean)


def test_losses_are_against_the_best_software_network() -> None:
    run = good_run()
    assert results.best_software(run) == pytest.approx(89.6)
    found = results.loss(run, "flagged", 0.2)
    mean = results.accuracies(run, "flagged", 0.2).mean()
    assert found.mean == pytest.approx(89.6 - mean)
    assert found.low < found.mean < found.high


def test_the_largest_rate_is_where_the_loss_crosses_the_bound() -> None:
    run = good_run()
    found = results.largest_rate(run, "statistics_aware", MAIN)
    # Loss at rate q: 2 (0.4 + q) and a quarter of the last die's 0.3, less what answers have above software at -0.4.
    middle = 89.5 - (89.6 + 0.1 - 0.075)
    assert found["swept"] == 0.5
    assert found["between"] == pytest.approx((2.0 - middle) / 2 - 0.4)
    assert results.largest_rate(run, "flagged", MAIN, within=90)["between"] is None
    assert results.largest_rate(run, "unaware", MAIN, within=0.1)["swept"] is None


def test_die_aware_networks_are_told_from_the_rest_on_the_same_dies() -> None:
    run = good_run()
    matrix = results.transfer_matrix(run)
    matrix_of = results.transfer_figures(run)
    assert matrix.shape == (2, 2)
    assert matrix_of["own"]["mean"] == pytest.approx(np.diag(matrix).mean())
    assert matrix_of["others"]["mean"] == pytest.approx((matrix[0, 1] + matrix[1, 0]) / 2)
    known = results.known(run, 0.5)
    assert {name: values.shape for name, values in known.items()} == dict.fromkeys(
        ("die_aware", "unaware", "statistics_aware"), (5, 1)
    )


def test_what_the_paper_says_of_single_dies_and_of_the_loss_is_shown() -> None:
    run = good_run()
    for question, values in run.answers.items():
        if question.once:
            values -= 40 * (1 - np.eye(2)[question.training.die or 0])
    tables = {"rest": 0.4, "flips": np.full((len(SETTINGS.flips), 3), 0.5)}
    landscape = {
        name: [{**tables, "dies": np.array([0.5, 0.6]) + extra + 0.01 * seed} for seed in range(5)]
        for name, extra in (("unaware", 1.0), ("statistics_aware", 0.1), ("die_aware", 0.8))
    }
    claims = make_claims(dataclasses.replace(run, landscape=landscape))
    shown = [claim for claim in claims if claim.name.startswith(("networks made for one die", "rise of the loss"))]
    assert [(claim.holds, claim.judged) for claim in shown] == [(False, False), (True, False)]  # own die no better
    landscape["statistics_aware"], landscape["unaware"] = landscape["unaware"], landscape["statistics_aware"]
    swapped = make_claims(dataclasses.replace(run, landscape=landscape))
    assert not next(claim for claim in swapped if claim.name.startswith("rise of the loss")).holds


def best_records(software: float, loss: float) -> dict[str, list[dict[str, Any]]]:
    """Two seeds, two parts of the dies, every condition of the settings."""
    return {
        "best": [
            {
                "seed": seed,
                "software": software,
                "start": software - 0.1,
                "asked": software,
                "devices": 16_000,
                "strength": strength,
                "wires": wires,
                "rate": rate,
                "accuracies": np.array([software - loss, software - loss]),
            }
            for seed in range(2)
            for strength, wires in SETTINGS.best_combinations
            for rate in (0.2, 0.5)
            for _ in range(2)
        ]
    }


@pytest.mark.parametrize(
    ("software", "loss", "red"),
    [(98.0, 0.3, 0), (97.4, 0.3, 1), (98.0, 1.0, 4), (98.0, 2.0, 8)],
)
def test_the_best_network_is_judged_in_software_and_on_every_kind_of_dies(
    software: float, loss: float, red: int
) -> None:
    figures = study_figures(best_records(software, loss))
    assert figures["best"]["dies"]["mean"] == pytest.approx(software - loss)
    assert figures["best"]["devices"] == {"mean": 16_000.0, "min": 16_000.0}
    claims = study_claims(figures, SETTINGS)
    assert sum(claim.judged and not claim.holds for claim in claims) == red
    quick = dataclasses.replace(SETTINGS, effort="quick")
    assert not any(claim.judged for claim in study_claims(figures, quick))


def test_copies_of_layers_are_judged_by_the_best_method_at_a_fifth_stuck() -> None:
    records = [
        {"method": method, "rate": rate, "seed": seed, "software": 89.0, "accuracies": np.full(3, 89.0 - loss)}
        for method, loss in (("one", 30.0), ("median", 4.0))
        for rate in (5.0, 20.0)
        for seed in range(2)
    ]
    figures = study_figures({"ensemble": records})
    assert figures["ensemble"]["20"]["median"]["loss"]["mean"] == pytest.approx(4.0)
    (claim,) = study_claims(figures, SETTINGS)
    assert (claim.holds, claim.judged, "median" in claim.name) == (True, True, True)
    for record in records:
        record["accuracies"] = record["accuracies"] - 2.0
    (claim,) = study_claims(study_figures({"ensemble": records}), SETTINGS)
    assert not claim.holds


def test_ablations_are_paired_with_plain_fault_injection() -> None:
    records = [
        {"name": name, "seed": seed, "software": 89.0, "accuracies": np.array([70.0, 80.0]) + seed * 3 + gain}
        for name, gain in (("one-die", 0.0), ("four-dies", 1.5))
        for seed in range(3)
    ]
    table = study_figures({"ablations": records})["ablations"]
    assert table["four-dies"]["against_plain"] == pytest.approx({"mean": 1.5, "low": 1.5, "high": 1.5})
    assert table["four-dies"]["low"] < table["four-dies"]["mean"] - 1
