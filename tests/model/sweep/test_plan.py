# SPDX-License-Identifier: BSD-3-Clause
"""A task's name says function, version and setting, and what cannot be named is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import sweep_functions
from spintile.model.sweep import Sweep, grid, source_version
from spintile.model.sweep.plan import task_name

FUNCTION = "sweep_functions:product"


def test_a_name_is_the_same_for_the_same_call_and_another_for_any_other() -> None:
    name = task_name(FUNCTION, "1", {"seed": 1, "die": 2})
    assert name == task_name(FUNCTION, "1", {"die": 2, "seed": 1})
    others = [
        task_name("sweep_functions:products", "1", {"seed": 1, "die": 2}),
        task_name(FUNCTION, "2", {"seed": 1, "die": 2}),
        task_name(FUNCTION, "1", {"seed": 1, "die": 3}),
        task_name(FUNCTION, "1", {"seed": 1, "die": 2.0}),
        task_name(FUNCTION, "1", {"seed": True, "die": 2}),
    ]
    assert len({name, *others}) == 6


def test_names_stay_what_they_were() -> None:
    # Folders of finished sweeps are found again by them.
    assert task_name("a:b", "1", {"seed": 1, "rates": [0.1, 0.25], "text": "ä"}) == (
        "beeed0fcc73b05ebe945069e424f0dcea1278b22"
    )


def test_a_function_may_be_given_by_itself() -> None:
    sweep = Sweep.of(sweep_functions.product, [{"seed": 1, "die": 2}], "1")
    assert sweep == Sweep.of(FUNCTION, [{"seed": 1, "die": 2}], "1")


def test_tuples_reach_the_function_as_lists() -> None:
    assert Sweep.of(FUNCTION, [{"seed": (1, 2), "die": 0}], "1").settings == ({"seed": [1, 2], "die": 0},)


def test_a_grid_has_every_combination_and_its_last_axis_runs_fastest() -> None:
    assert grid(seed=[0, 1], die=range(2)) == [
        {"seed": 0, "die": 0},
        {"seed": 0, "die": 1},
        {"seed": 1, "die": 0},
        {"seed": 1, "die": 1},
    ]


@pytest.mark.parametrize(
    ("function", "settings", "version", "sentence"),
    [
        ("product", [{}], "1", "sweep: function must be importable, as 'package.module:name', not 'product'"),
        ("__main__:f", [{}], "1", "sweep: function must be importable, as 'package.module:name', not '__main__:f'"),
        (FUNCTION, [{}], "", "sweep: version must not be empty"),
        (FUNCTION, [], "1", "sweep: settings must not be empty"),
        (FUNCTION, [{"seed": 1}, {"seed": 1}], "1", 'sweep: setting 1 must differ from setting 0: {"seed":1}'),
        (FUNCTION, [{"seed": math.nan}], "1", "sweep: setting 0.seed must be finite, not nan"),
        (FUNCTION, [{"a": [1, {2}]}], "1", "sweep: setting 0.a[1] must be what JSON knows, not set"),
        (FUNCTION, [{"a": {1: 2}}], "1", "sweep: setting 0.a: keys must be texts, not 1"),
        ("no.such:f", [{}], "1", "sweep: function 'no.such:f' must be importable: No module named 'no'"),
        ("math:pi", [{}], "1", "sweep: function 'math:pi' must be callable, not float"),
    ],
)
def test_what_cannot_be_named_is_refused(function: str, settings: list[Any], version: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        Sweep.of(function, settings, version)
    assert str(caught.value) == sentence


def test_a_function_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sweep: function must be importable, as .*, not '.*<lambda>'"):
        Sweep.of(lambda seed: seed, [{"seed": 1}], "1")


def test_the_version_of_sources_changes_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "package_of_sources"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "code.py").write_text("a = 1\n")
    before = source_version("package_of_sources")
    assert before == source_version("package_of_sources")
    (package / "code.py").write_text("a = 2\n")
    assert source_version("package_of_sources") != before
