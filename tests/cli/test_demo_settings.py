# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from pathlib import Path

import pytest
from spintile.cli.errors import BadInput
from spintile.cli.flows.demo.settings import DemoSettings, load_settings


def test_settings_survive_their_file(tmp_path: Path) -> None:
    settings = DemoSettings(chip='odd "name".toml', hidden=(20, 12), dies=7, seed=5)
    settings.save(tmp_path / "config.toml")
    assert load_settings(tmp_path / "config.toml") == settings


def test_options_override_the_file(tmp_path: Path) -> None:
    DemoSettings(dies=7, seed=5).save(tmp_path / "config.toml")
    assert load_settings(tmp_path / "config.toml", dies=9, seed=None) == DemoSettings(dies=9, seed=5)


@pytest.mark.parametrize("dies", [1, 2, 36])
def test_what_is_not_asked_for_follows_the_number_of_dies(dies: int) -> None:
    settings = load_settings(None, dies=dies)
    assert (settings.die_aware, settings.cosim_dies) == (min(4, dies), min(4, dies))


def test_defaults_are_what_is_promised() -> None:
    settings = load_settings(None)
    assert (settings.dies, settings.train_images, settings.test_images) == (36, 0, 0)
    assert settings.die_aware >= 4
    assert settings.cosim_dies >= 4
    assert settings.cosim_images >= 25
    assert settings.engine == "verilator"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format_version = 1\ndies = 0", "dies: input should be greater than or equal to 1, not 0"),
        ("format_version = 1\nengine = 'spice'", "engine: input should be 'verilator' or 'icarus', not 'spice'"),
        ("format_version = 1\nhidden = [0]", "hidden.0: input should be greater than or equal to 1, not 0"),
        ("format_version = 1\ncolour = 1", "colour: extra inputs are not permitted, not 1"),
        ("format_version = 1\ndies = 3\ndie_aware = 4", "die_aware must be at most dies (3), not 4"),
        ("format_version = 2", "format_version must be 1, not 2"),
        ("dies = 3", "format_version must be 1, not None"),
        ("dies = ", "must be a TOML file"),
    ],
)
def test_a_bad_file_is_named_with_its_field(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        load_settings(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
