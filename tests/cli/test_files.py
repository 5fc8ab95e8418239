# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from spintile.cli.errors import BadInput
from spintile.cli.flows.demo.plan import check_settings
from spintile.cli.flows.demo.settings import DemoSettings
from spintile.cli.flows.figure_files import save_figure
from spintile.cli.flows.files import exclusive, write_text


def test_a_folder_is_for_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(BadInput, match=r"must not be in use by another run; wait for it, or give another --out$"),
        exclusive(tmp_path),
    ):
        pass
    with exclusive(tmp_path):  # and free again afterwards
        pass


def test_an_error_names_the_file_and_not_its_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_text(tmp_path / "report.json", "{}")
    assert caught.value.filename == str(tmp_path / "report.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (DemoSettings(chip="nowhere"), "chip preset must be one of "),
        (DemoSettings(data="nowhere"), "data set must be one of "),
        (DemoSettings(hidden=(3000,)), "network needs "),
    ],
)
def test_an_impossible_demonstration_is_refused_before_it_writes(settings: DemoSettings, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        check_settings(settings)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_picture_is_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("first", "second"):
        figure = Figure()
        figure.subplots().plot([1, 2], label="a line")
        figure.legend()
        save_figure(figure, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"first{suffix}").read_bytes() == (tmp_path / f"second{suffix}").read_bytes()
