# SPDX-License-Identifier: BSD-3-Clause
"""Commands from end to end, on small networks and dies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from needed_tools import needs_icarus
from spintile.cli.main import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Standard output of a command that must end with the given code."""
    result = main(list(arguments))
    shown = capsys.readouterr()
    assert result == code, shown.err
    return shown.out


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    return json.loads(run(capsys, *arguments, "--json", code=code))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wine(capsys: pytest.CaptureFixture[str], dies: int = 3) -> None:
    """A trained network ``wine.safetensors`` and dies ``p.nc`` on the small chip."""
    common = ("--data", "wine", "--chip", "demo", "--hidden", "8", "--input-bits", "2", "--quiet")
    run(capsys, "train", *common, "--regime", "software", "--epochs", "60", "--out", "wine.safetensors")
    run(capsys, "die", "sample", "--chip", "demo", "--dies", str(dies), "--out", "p.nc")


def test_dies_are_drawn_and_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = run_json(capsys, "die", "sample", "--dies", "2", "--short", "0.01", "--open", "0", "--out", "p.nc")
    assert (drawn["dies"], drawn["devices"], drawn["defects"]["open"]) == (2, 20000, 0)
    assert 300 < drawn["defects"]["short"] < 500  # 400 expected, five standard deviations either way
    shown = run_json(capsys, "die", "show", "p.nc")
    assert sum(shown["defects"]["short"]) == drawn["defects"]["short"]
    text = run(capsys, "die", "show", "p.nc", "--die", "1", "--out", "die.png")
    assert text.count("S(") == shown["defects"]["short"][1]
    assert (folder / "die.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in folder.iterdir()) == ["die.png", "p.nc"]


def test_the_same_seed_draws_the_same_dies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        run(capsys, "die", "sample", "--dies", "1", "--seed", seed, "--out", f"{name}.nc")
    shown = {name: run_json(capsys, "die", "show", f"{name}.nc")["defects"] for name in "abc"}
    assert shown["a"] == shown["b"] != shown["c"]


def test_statistics_come_from_the_file_and_options_override_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "s.toml").write_text("format_version = 1\nshort = 0.5\nopen = 0.0\n")
    drawn = run_json(capsys, "die", "sample", "--dies", "1", "--statistics", "s.toml", "--short", "0", "--out", "p.nc")
    assert sum(drawn["defects"].values()) == 0
    (folder / "s.toml").write_text("format_version = 1\nshort = 1.5\n")
    assert main(["die", "sample", "--statistics", "s.toml", "--out", "q.nc"]) == 2
    assert "s.toml: defect statistics: short must be a rate from 0 to 1, not 1.5" in capsys.readouterr().err
    assert not (folder / "q.nc").exists()


def test_a_network_is_trained_and_evaluated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wine(capsys)
    result = run_json(
        capsys, "eval", "wine.safetensors", "p.nc", "--data", "wine", "--chip", "demo", "--quiet", "--out", "r.json"
    )
    assert result["dies"] == 3
    assert len(result["accuracies"]) == 3
    assert result["software"] > 70  # chance is 40 %
    assert result["accuracy"]["min"] <= result["accuracy"]["mean"] <= result["accuracy"]["max"]
    assert json.loads((folder / "r.json").read_text()) == result
    table = run(capsys, "eval", "wine.safetensors", "p.nc", "--data", "wine", "--chip", "demo", "--quiet")
    assert f"{result['accuracy']['mean']:.2f}" in table


def test_a_network_for_other_data_or_another_chip_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wine(capsys)
    for arguments, said in (
        (("--data", "mnist", "--chip", "demo"), "side must be 14"),
        (("--data", "moons", "--chip", "demo"), "data set moons must have 13 inputs for this network, not 2"),
        (
            ("--data", "wine", "--chip", "borders"),
            "population must have (kernels, rows, cols) = (32, 25, 25), not (8, 16, 8)",
        ),
    ):
        assert main(["eval", "wine.safetensors", "p.nc", *arguments, "--quiet"]) == 2
        shown = capsys.readouterr()
        assert said in shown.err
        assert shown.err.count("\n") == 1


@pytest.mark.parametrize("damage", ["truncated", "foreign"])
def test_damaged_files_are_refused_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    wine(capsys)
    for name in ("wine.safetensors", "p.nc"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2] if damage == "truncated" else b"not what it seems" * 100)
        assert main(["eval", "wine.safetensors", "p.nc", "--data", "wine", "--chip", "demo", "--quiet"]) == 2
        shown = capsys.readouterr()
        assert shown.err.startswith(f"spintile: {name}: ")
        assert shown.err.count("\n") == 1
        (folder / name).write_bytes(whole)


def test_a_network_that_is_too_large_says_by_how_much(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "train",
        "--data",
        "wine",
        "--chip",
        "demo",
        "--hidden",
        "60",
        "--input-bits",
        "2",
        "--regime",
        "software",
    ]
    code = main([*arguments, "--epochs", "1", "--out", "big.safetensors", "--quiet"])
    if code == 0:  # training in software asks for no chip; placing the network does
        run(capsys, "die", "sample", "--chip", "demo", "--dies", "1", "--out", "p.nc")
        code = main(["eval", "big.safetensors", "p.nc", "--data", "wine", "--chip", "demo", "--quiet"])
    assert code == 2
    assert "kernels" in capsys.readouterr().err


def test_the_tools_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    table = run(capsys, "doctor")
    listed = run_json(capsys, "doctor")
    assert {"Verilator", "Icarus Verilog", "Yosys"} <= {tool["name"] for tool in listed["tools"]}
    assert all(tool["name"] in table for tool in listed["tools"])
    assert all(tool["lost"] and tool["install"] for tool in listed["tools"])


def test_the_rtl_is_exported_with_its_registers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported = run_json(capsys, "rtl", "export", "--geometry", "drolet", "--out", "rtl", "--quiet")
    files = {Path(path).suffix for path in exported["files"]}
    assert files == {".v", ".h", ".html", ".rdl", ".sdc", ".pcf", ".lpf", ".vlt", ".core"}
    assert "module spintile_top" in next((folder / "rtl").glob("*.v")).read_text()
    assert len(list((folder / "rtl").iterdir())) == 9


def test_a_period_that_is_none_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rtl", "export", "--period", "0", "--out", "rtl"]) == 2
    assert "--period: timing: period must be above 0 ns, not 0" in capsys.readouterr().err
    assert not (folder / "rtl").exists()


def test_flags_go_with_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wine(capsys)
    run(capsys, "die", "sample", "--chip", "demo", "--dies", "3", "--short", "0.05", "--open", "0.05", "--out", "p.nc")
    common = ("eval", "wine.safetensors", "p.nc", "--data", "wine", "--chip", "demo", "--quiet")
    found = run_json(capsys, *common, "--repair", "check", "--flags", "self-test")
    assert (found["repair"], found["flags"]) == ("check", "self-test")
    blind = run_json(capsys, *common, "--repair", "check")
    assert blind["flags"] == "none"
    assert blind["accuracies"] != found["accuracies"]
    chosen = run_json(capsys, *common, "--repair", "check", "--flags", "chosen")
    assert chosen["flags"] == "chosen"
    assert len({tuple(each["accuracies"].values()) for each in (found, blind, chosen)}) == 3
    for flags in ("self-test", "chosen"):
        assert main([*common, "--repair", "pair-check", "--flags", flags]) == 2
        assert f"--flags {flags} must go with --repair check, not with pair-check" in capsys.readouterr().err
    assert main([*common, "--repair", "prayer"]) == 2
    said = "--repair must be none, range-guard, pair-check or check, not 'prayer'"
    assert said in capsys.readouterr().err


def test_the_output_layer_may_be_the_median_of_three(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from spintile.model.network import load_network

    common = ("train", "--data", "wine", "--chip", "demo", "--hidden", "8", "--input-bits", "2", "--quiet")
    few = (*common, "--regime", "statistics-aware", "--epochs", "1", "--repair", "check")
    run(capsys, *few, "--output-copies", "3", "--combine", "median", "--out", "m.safetensors")
    last = load_network("m.safetensors").layers[-1]
    assert (last.copies, last.combine) == (3, "median")
    assert main([*few, "--combine", "median", "--out", "m.safetensors"]) == 2
    assert "layer: copies must be 3 for a median, not 1" in capsys.readouterr().err


@needs_icarus
def test_the_rtl_answers_as_the_golden_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wine(capsys)
    common = ("wine.safetensors", "p.nc", "--data", "wine", "--chip", "demo", "--engine", "icarus", "--quiet")
    result = run_json(capsys, "cosim", *common, "--dies", "1,2", "--images", "3", "--out", "c")
    assert (result["mismatches"], result["dies"], result["images"]) == (0, 2, 3)
    assert result["compared"] == sum(result["compared_by_stage"].values()) > 0
    assert result["compared_by_stage"]["classes"] == 6
    assert json.loads((folder / "c" / "cosim.json").read_text())["mismatches"] == 0
    assert 'failures="0"' in (folder / "c" / "results.xml").read_text()
    assert main(["cosim", *common, "--dies", "1,7", "--out", "c"]) == 2
    assert "--dies must be dies of p.nc (0 to 2), not 7" in capsys.readouterr().err
    assert main(["cosim", *common, "--images", "1000", "--out", "c"]) == 2
    assert "--first plus --images must be at most" in capsys.readouterr().err


@needs_icarus
@pytest.mark.parametrize(
    ("fault", "stage"), [("die-image", "code"), ("threshold", "activation"), ("instruction", ""), ("gate", "")]
)
def test_a_deliberate_fault_turns_the_run_red(
    folder: Path, capsys: pytest.CaptureFixture[str], fault: str, stage: str
) -> None:
    wine(capsys)
    common = ("wine.safetensors", "p.nc", "--data", "wine", "--chip", "demo", "--engine", "icarus", "--quiet")
    assert main(["cosim", *common, "--dies", "1", "--images", "8", "--out", "c", "--fault", fault]) == 1
    shown = capsys.readouterr()
    assert "RTL and golden model differ: " in shown.err
    assert stage in shown.err


@pytest.mark.parametrize("engine", [pytest.param("icarus", marks=needs_icarus), "compiled"])
@pytest.mark.parametrize(
    ("fault", "code", "flags"),
    [(None, 0, "self-test"), ("flag", 1, "self-test"), ("median", 1, "self-test"), (None, 0, "chosen")],
)
def test_flags_and_medians_run_in_the_rtl(
    folder: Path, capsys: pytest.CaptureFixture[str], fault: str | None, code: int, flags: str, engine: str
) -> None:
    train = ("--data", "wine", "--chip", "demo", "--hidden", "6", "--quiet", "--output-copies", "3")
    wine = (*train, "--combine", "median", "--regime", "software", "--epochs", "20", "--out", "m.safetensors")
    run(capsys, "train", *wine)
    run(capsys, "die", "sample", "--chip", "demo", "--dies", "2", "--short", "0.03", "--out", "p.nc")
    common = ("cosim", "m.safetensors", "p.nc", "--data", "wine", "--chip", "demo", "--engine", engine, "--quiet")
    broken = () if fault is None else ("--fault", fault)
    repair = ("--repair", "check", "--flags", flags)
    count = "6" if engine == "icarus" else "30"  # more than a fault is looked for in
    found = run_json(capsys, *common, *repair, "--dies", "0,1", "--images", count, "--out", "c", *broken, code=code)
    assert (found["mismatches"] == 0) == (code == 0)


@needs_icarus
def test_the_demonstration_runs_from_data_to_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {
        "format_version": 1,
        "chip": "demo",
        "data": "wine",
        "hidden": [8],
        "output_copies": 1,
        "input_bits": 2,
        "dies": 3,
        "die_aware": 1,
        "epochs": 3,
        "tuning_epochs": 1,
        "cosim_dies": 1,
        "cosim_images": 3,
        "engine": "icarus",
    }
    (folder / "small.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    main(["demo", "--config", "small.toml", "--out", "runs/demo", "--quiet", "--jobs", "2"])
    first = capsys.readouterr()
    run_folder = folder / "runs" / "demo"
    report = json.loads((run_folder / "report.json").read_text())
    for key in ("accuracy", "accuracy_without_repair"):
        accuracy = report[key]
        assert {"mean", "min"} <= set(accuracy["unaware"])
        assert {"mean", "min", "std"} <= set(accuracy["statistics_aware"])
        assert {"mean"} <= set(accuracy["die_aware"])
        assert 0 <= accuracy["software"] <= 100
    assert report["dies"] == 3
    assert report["images"] > 0
    assert report["cosim"]["engine"] == "icarus"
    assert report["cosim"]["compared"] > 0
    assert report["cosim"]["mismatches"] == 0
    assert report["rtl"]["cycles_per_image"] > 0
    assert report["rtl"]["cycles_bound"] > 0
    assert report["seconds"] > 0
    # A few epochs on Wine do not reach the digits' accuracy: the run must say so, and not with exit code 0.
    assert not report["holds"]
    assert "software must be ≥ 88 %" in first.err
    expected = {"config.toml", "chip.toml", "report.json", "report.html", "results.xml", "population.nc"}
    assert expected <= {path.name for path in run_folder.iterdir()}
    assert "Wine on 3 defective dies" in (run_folder / "report.html").read_text()

    assert main(["demo", "--config", "runs/demo/config.toml", "--out", "runs/demo", "--quiet"]) == 1
    again = json.loads((run_folder / "report.json").read_text())
    assert all(step["reused"] for step in again["steps"].values())
    for key in ("accuracy", "accuracy_without_repair", "cosim", "rtl"):
        assert again[key] == report[key]


def test_every_statistic_has_an_option(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from spintile.model.dies import load_population

    options = {
        "short": 0.03, "open": 0.02, "stuck-p": 0.01, "stuck-ap": 0.01, "pinhole": 0.01, "open-row": 0.02,
        "open-col": 0.01, "short-strength": 5.0, "spread": 0.04, "die-spread": 0.03, "tmr-spread": 0.02,
        "die-tmr-spread": 0.01, "short-spread": 0.2, "rate-spread": 0.5, "rate-correlation": 0.4,
        "clustering": 1.0, "cluster-range": 2.0,
    }  # fmt: skip
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    run(capsys, "die", "sample", "--chip", "demo", "--dies", "2", "--out", "p.nc", "--quiet", *words)
    drawn = json.loads(load_population("p.nc").provenance["statistics"])
    names = {"clustering": "spatial_clustering", "cluster_range": "spatial_range"}
    for name, value in options.items():
        key = name.replace("-", "_")
        if key == "rate_spread":
            assert all(drawn[f"{kind}_rate_spread"] == value for kind in ("short", "open", "stuck_p", "stuck_ap"))
        else:
            assert drawn[names.get(key, key)] == value
    given = {"short_rate_spread", "open_rate_spread", "stuck_p_rate_spread", "stuck_ap_rate_spread"}
    assert set(drawn) - given <= {names.get(n.replace("-", "_"), n.replace("-", "_")) for n in options}
