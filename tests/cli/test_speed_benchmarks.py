# SPDX-License-Identifier: BSD-3-Clause
"""The speed benchmarks do the work that they time, and report ratios of what they measured."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
from spintile.cli.benchmarks import population
from spintile.cli.benchmarks.population import bare_products, population_benchmark
from spintile.cli.benchmarks.training import training_benchmark
from spintile.cli.main import main
from spintile.model.chip import Chip
from spintile.model.mapping import Compiled, compile_network, place
from spintile.model.training import NetworkSpec


def test_a_training_report_holds_ratios_of_its_times() -> None:
    steps: list[float] = []
    report = training_benchmark(steps=12, dies=2, batch=40, progress=lambda name, done: steps.append(done))
    cost = report["milliseconds"]
    assert report["to_array"] == pytest.approx(cost["statistics_aware"] / cost["array"])
    assert report["to_plain"] == pytest.approx(cost["statistics_aware"] / cost["plain"])
    assert min(cost.values()) > 0
    assert steps == [0.0]
    json.dumps(report)


def test_a_population_report_holds_ratios_of_its_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "aihwkit_seconds", lambda dies, inputs: 2.0)
    report = population_benchmark(dies=2, images=300, rounds=1)
    seconds = report["seconds"]
    assert report["ratio_to_matmul"] == pytest.approx(seconds["golden"] / seconds["matmul"])
    assert report["aihwkit"]["ratio"] == pytest.approx(2.0 / seconds["golden"])
    assert report["accuracy"]["mean"] > 50  # chance is 10: the dies answer, and not nonsense
    json.dumps(report)


def dense() -> Compiled:
    chip = Chip.preset("borders")
    network = NetworkSpec.dense((36,), 10, output_copies=3).template((14, 14))
    return compile_network(
        network, place(network, chip.geometry), codes_per_weight=chip.codes_per_weight, adc_bits=chip.adc_bits
    )


@pytest.mark.parametrize("block", [(36, 128), (3, 500), (5, 70)])
def test_bare_products_are_every_product_of_the_inference_once(
    block: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    dies, images = 8, 500
    done: list[int] = []
    matmul = np.matmul

    def count(first: np.ndarray, second: np.ndarray, out: np.ndarray) -> np.ndarray:
        done.append(out.size * first.shape[-1])
        return matmul(first, second, out=out)

    products = bare_products(dense(), dies, images)
    monkeypatch.setattr(np, "matmul", count)
    products(*block)
    # 196 rows for 72 columns; 36 rows for three copies of 20.
    assert sum(done) == dies * images * (196 * 72 + 36 * 60)


def test_without_aihwkit_there_is_no_figure_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "aihwkit" else known(name))
    assert population.aihwkit_seconds(1, np.zeros((1, 196), np.uint8)) is None


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        (["training", "--steps", "10"], {"to_array", "to_plain"}),
        (["population", "--dies", "1", "--images", "50"], {"ratio_to_matmul"}),
    ],
)
def test_the_commands_print_the_report_as_json(
    arguments: list[str], fields: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments, "--json", "--quiet"]) == 0
    assert fields <= set(json.loads(capsys.readouterr().out))
