# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from spintile.cli import main as main_module
from spintile.cli.errors import BadInput, CheckFailed, need
from spintile.cli.main import main
from spintile.cli.options import parse_numbers

COMMANDS = (
    ["demo"],
    ["train"],
    ["die"],
    ["die", "sample"],
    *(["die", name] for name in ("show", "import", "fit", "compare", "netlist")),
    ["write"],
    ["characterise"],
    ["loop"],
    ["eval"],
    ["remap"],
    ["cosim"],
    ["verify"],
    ["rtl"],
    ["rtl", "export"],
    ["doctor"],
    ["bench"],
    *(
        ["bench", name]
        for name in ("golden", "cosim", "training", "population", "solver", "wer", "coverage", "write", "characterise")
    ),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr()
    assert f"spintile {' '.join(command)}" in shown.out
    assert len(shown.out) > 400
    assert shown.err == ""


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("spintile 0.")


def test_nothing_asked_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "doctor" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "No such command 'frobnicate'."),
        (["die", "sample", "--dies", "many"], "Invalid value for '--dies'"),
        (["die", "sample", "--dies", "0"], "Invalid value for '--dies'"),
        (["die", "sample", "--short", "2"], "short must be a rate from 0 to 1, not 2.0"),
        (["die", "sample", "--short", "nan"], "short must be a rate from 0 to 1, not nan"),
        (["die", "sample", "--open", "-0.1"], "open must be a rate from 0 to 1, not -0.1"),
        (["die", "sample", "--chip", "nowhere"], "chip preset must be one of borders, "),
        (["die", "sample", "--chip", "nowhere.toml"], "nowhere.toml: there is no such file"),
        (["die", "sample", "--out", "nowhere/p.nc"], "nowhere/p.nc: its folder must exist"),
        (["die", "sample", "--out", "/"], "--out must be a file, and / is a folder"),
        (["die", "sample", "--dies", "1000000000"], "--dies must be at most "),
        (["die", "show", "nowhere.nc"], "nowhere.nc: there is no such file"),
        (["eval", "n", "p", "--out", "nowhere/r.json"], "nowhere/r.json: its folder must exist"),
        (["train", "--hidden", "5-8"], "--hidden must be positive numbers like 36 or 64,32, not '5-8'"),
        (["train", "--filters", "0"], "--filters must be positive numbers like 36 or 64,32, not '0'"),
        (["eval", "nowhere.safetensors", "nowhere.nc"], "nowhere.safetensors: there is no such file"),
        (["eval"], "Missing argument"),
        (["cosim", "n", "p", "--engine", "spice"], "Invalid value for '--engine': 'spice' is not one of"),
        (["cosim", "n", "p", "--fault", "sun"], "Invalid value for '--fault': 'sun' is not one of"),
        (["verify", "--engine", "spice"], "--engine must be one of verilator, icarus, not 'spice'"),
        (["bench", "coffee"], "No such command 'coffee'."),
        (["bench", "wer", "--trajectories", "1"], "Invalid value for '--trajectories'"),
        (["bench", "coverage", "--dies", "1"], "Invalid value for '--dies'"),
        (["verify", "--case", "none"], "--case must be one of dense,"),
        (["rtl", "export", "--geometry", "round"], "chip preset must be one of borders, "),
        (["train", "--regime", "psychic"], "Invalid value for '--regime': 'psychic' is not one of"),
        (["train", "--regime", "software", "--statistics", "s.toml"], "--statistics must not be given with --regime"),
        (["train", "--statistics", "nowhere.toml"], "nowhere.toml: there is no such file"),
        (["train", "--regime", "die-aware"], "--population must be given with --regime die-aware"),
        (["train", "--data", "nowhere"], "data set must be one of digits, mnist, mnist-8x6, moons, wine or a folder"),
        (["demo", "--dies", "0"], "dies: input should be greater than or equal to 1, not 0"),
        (["demo", "--config", "nowhere.toml"], "nowhere.toml: there is no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1
    assert shown.err.startswith("spintile: ")
    assert said in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CheckFailed("worst die must be 82, not 81"), 1, "worst die must be 82, not 81"),
        (BadInput("file must be whole,\n not torn"), 2, "file must be whole, not torn"),
        (ValueError("rate must be small"), 2, "rate must be small"),
        (FileNotFoundError(2, "No such file or directory", "a.nc"), 2, "a.nc: No such file or directory"),
        (PermissionError(13, "Permission denied", "b.nc"), 2, "b.nc: Permission denied"),
        (KeyboardInterrupt(), 130, "interrupted; nothing was left half written"),
    ],
)
def test_errors_become_exit_codes(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def doctor() -> None:
        raise error

    monkeypatch.setattr(main_module.doctor, "doctor", doctor)
    assert main(["doctor"]) == code
    assert capsys.readouterr().err == f"spintile: {said}\n"


def test_an_error_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def doctor() -> None:
        raise RuntimeError("impossible")

    monkeypatch.setattr(main_module.doctor, "doctor", doctor)
    with pytest.raises(RuntimeError, match="impossible"):
        main(["doctor"])


def test_a_traceback_is_there_for_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINTILE_TRACEBACK", "1")
    with pytest.raises(ValueError, match=r"nowhere\.nc"):
        main(["die", "show", "nowhere.nc"])


def test_a_package_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BadInput, match=r"this command needs torch: install it with  pip install 'spintile\[train\]'"):
        need("torch")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from spintile.cli.main import main; main(['--help']); "
        "heavy = {'numpy', 'torch', 'amaranth', 'cocotb', 'matplotlib', 'xarray', 'sklearn'}; "
        "sys.exit(' '.join(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def doctor() -> None:
        for _ in range(2):
            warnings.warn("no repair", stacklevel=1)

    monkeypatch.setattr(main_module.doctor, "doctor", doctor)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().err == "spintile: warning: no repair\n"


def test_more_numbers_than_anybody_means_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^--dies must be at most 1000000 numbers, not '0-99999999999'$"):
        parse_numbers("0-99999999999", "--dies")
