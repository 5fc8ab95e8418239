# SPDX-License-Identifier: BSD-3-Clause
"""Damage follows from its generator, and is damage."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from spintile.cli.fuzzing.container_damage import forged_json, forged_npz, forged_safetensors, split_safetensors
from spintile.cli.fuzzing.damage import damaged
from spintile.cli.fuzzing.places import PLACES, put
from spintile.cli.fuzzing.text_damage import damaged_document, damaged_text, doubled_key

DATA = bytes(range(256)) * 3
TEXT = b"format_version = 1\nspread = 0.05\nname = [1, 2]\n"


def test_the_same_generator_does_the_same_damage() -> None:
    for seed in range(200):
        assert damaged(DATA, Random(seed), b"other") == damaged(DATA, Random(seed), b"other")
        assert damaged_text(TEXT, Random(seed)) == damaged_text(TEXT, Random(seed))


def test_every_kind_of_blind_damage_is_dealt_and_nearly_all_changes_something() -> None:
    kinds = Counter(damaged(DATA, Random(seed), DATA[::-1])[0] for seed in range(2000))
    assert len(kinds) == 13
    assert min(kinds.values()) >= 10
    assert sum(damaged(DATA, Random(seed))[1] == DATA for seed in range(500)) < 10


def test_a_changed_document_differs_in_one_place() -> None:
    document = {"a": {"b": [1, 2, 3]}, "c": 0.5, "d": "x"}
    changed = [damaged_document(document, Random(seed))[1] for seed in range(300)]
    assert sum(one == document for one in changed) < 30
    assert document == {"a": {"b": [1, 2, 3]}, "c": 0.5, "d": "x"}


def test_a_doubled_key_is_one_that_a_lenient_reader_swallows() -> None:
    text = doubled_key('{"rate": 5}', Random(1))
    assert text.count('"rate"') == 2
    assert json.loads(text) == {"rate": 5}


def test_a_forged_hash_is_the_right_one() -> None:
    document = json.dumps({"key": "k", "value": 3, "sha256": "0"}).encode()
    made = [
        json.loads(data)
        for way, data in (forged_json(document, Random(seed)) for seed in range(50))
        if "key" not in way
    ]
    assert sum("sha256" in one and one["sha256"] != "0" for one in made) > 40


def test_forged_safetensors_keep_their_form_where_only_contents_change(tmp_path: Path) -> None:
    from safetensors.numpy import save

    data = save({"a": np.arange(4)}, metadata={"spintile": json.dumps({"x": 1, "sha256": "0"})})
    for seed in range(100):
        way, made = forged_safetensors(data, Random(seed), lambda header, body: None)
        if way == "contents":
            assert set(split_safetensors(made)[0]) == {"a", "__metadata__"}


def test_forged_archives_are_of_every_kind(tmp_path: Path) -> None:
    arrays = {"g_p": np.ones((1, 1, 2, 2)), "g_ap": np.ones((1, 1, 2, 2)) / 2}
    kinds = Counter(forged_npz(arrays, Random(seed), tmp_path / "ran")[0] for seed in range(200))
    assert set(kinds) >= {"npz pickle", "npz bomb", "npz twice", "npz names", "npz header", "npz value"}
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("place", PLACES)
def test_a_file_is_replaced_by_what_is_none(tmp_path: Path, place: str) -> None:
    seed = next(seed for seed in range(1000) if Random(seed).choice(PLACES) == place)
    (tmp_path / "file").write_text("x")
    assert put(tmp_path / "file", Random(seed)) == place
    assert not (tmp_path / "file").is_file()
