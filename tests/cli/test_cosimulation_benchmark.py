# SPDX-License-Identifier: BSD-3-Clause
"""The co-simulation benchmark times what it says, only where the answers are right, and ``cosim`` takes its engine."""

from __future__ import annotations

import json

import pytest
from needed_tools import engine_or_skip
from spintile.cli.benchmarks import cosimulation
from spintile.cli.benchmarks.cosimulation import cosimulation_benchmark, make_job
from spintile.cli.main import main
from spintile.cosim.job import CosimJob
from spintile.model.chip import Chip


def test_a_report_holds_rates_and_ratios_of_its_times() -> None:
    engine_or_skip("compiled")
    steps: list[tuple[str, float]] = []
    report = cosimulation_benchmark(
        rounds=2, images={"verilator": 6, "compiled": 40}, engines=("verilator", "compiled"),
        progress=lambda name, done: steps.append((name, done)),
    )  # fmt: skip
    assert report["images_per_second"]["icarus"] is None
    assert report["images_per_second"]["compiled"] > 0
    for engine in ("verilator", "compiled"):
        assert report[f"{engine}_to_bare"] > 0
        assert report["cycles_per_second"][engine] > report["images_per_second"][engine]
    assert report["mismatches"] == 0
    # Every code, accumulator, activation and class of both rounds.
    each = 30 * 25 + 4 * 12 + 3 * 12 + 1
    assert report["compared"] == 2 * (6 + 40) * each
    assert steps[-1] == ("compiled", 1.0)
    json.dumps(report)


def test_a_wrong_answer_has_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    engine_or_skip("compiled")

    def wrong_at_the_pins(chip: Chip, images: int) -> CosimJob:
        sound = make_job(chip, images)
        return sound.replace(array_image=sound.image.replace(q=sound.image.q + 500))

    monkeypatch.setattr(cosimulation, "make_job", wrong_at_the_pins)
    sentence = r"^compiled must give what the golden model says, and does not: codes: die "
    with pytest.raises(RuntimeError, match=sentence):
        cosimulation_benchmark(rounds=1, images={"compiled": 3}, engines=("compiled",))


def test_the_compiled_engine_writes_no_waves(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cosim", "n.safetensors", "p.nc", "--engine", "compiled", "--waves"]) == 2
    assert "--waves must go with --engine verilator or icarus, not compiled" in capsys.readouterr().err
