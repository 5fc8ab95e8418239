# SPDX-License-Identifier: BSD-3-Clause
"""Placements and programs come back as they were written; what is not one of them is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from random_networks import hidden, output, shuffled
from spintile.model.geometry import preset
from spintile.model.mapping import compile_network, load_placement, load_program, place, save_placement, save_program
from spintile.model.network import Network, save_network

RNG = np.random.default_rng(11)
NETWORK = Network((hidden(RNG, (5, 3, 3, 1), (6, 6, 1), pool=2), output(RNG, 3, 20)))
BORDERS = preset("borders")


def test_placement_comes_back(tmp_path: Path) -> None:
    placement = shuffled(NETWORK, BORDERS, RNG)
    save_placement(placement, NETWORK, tmp_path / "placement.json")
    loaded = load_placement(tmp_path / "placement.json", NETWORK)
    assert loaded.geometry == placement.geometry
    for one, two in zip(loaded.layers, placement.layers, strict=True):
        assert (one.groups, one.slices) == (two.groups, two.slices)
        assert np.array_equal(one.kernels, two.kernels)


def edited(path: Path, **fields: object) -> Path:
    contents = json.loads(path.read_text())
    contents.pop("sha256")  # as files of before, and those edited on purpose
    path.write_text(json.dumps(contents | fields))
    return path


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": "else"}, "must be a spintile-placement file"),
        ({"version": 2}, "format version must be 1, not 2"),
        ({"network": "0"}, "placement was made for network '0', not"),
        ({"layers": []}, "placement must have 2 layers like the network, not 0"),
        ({"layers": [{}]}, "groups"),
        ({"geometry": {"name": "x"}}, "missing"),
    ],
)
def test_wrong_placement_file_is_refused(tmp_path: Path, fields: dict[str, object], message: str) -> None:
    path = tmp_path / "placement.json"
    save_placement(place(NETWORK, BORDERS), NETWORK, path)
    with pytest.raises(ValueError, match=f"placement.json: .*{message}") as caught:
        load_placement(edited(path, **fields), NETWORK)
    assert "\n" not in str(caught.value)


def test_a_changed_placement_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "placement.json"
    save_placement(place(NETWORK, BORDERS), NETWORK, path)
    text = path.read_text()
    for changed in (text.replace('"kernels": [[[0', '"kernels": [[[9', 1), text.replace('"sha256"', '"sha25"')):
        assert changed != text
        path.write_text(changed)
        with pytest.raises(ValueError, match=r"must have the SHA-256 in it|fields must be among"):
            load_placement(path, NETWORK)


def test_missing_and_foreign_placement_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "placement.json"
    with pytest.raises(ValueError, match="no such file"):
        load_placement(path, NETWORK)
    path.write_bytes(b"\xff\x00")
    with pytest.raises(ValueError, match="must be a JSON file, truncated or foreign"):
        load_placement(path, NETWORK)


def test_program_comes_back(tmp_path: Path) -> None:
    program = compile_network(NETWORK, place(NETWORK, BORDERS), codes_per_weight=2.0, adc_bits=8).program
    save_program(program, BORDERS, tmp_path / "program.safetensors")
    loaded = load_program(tmp_path / "program.safetensors", BORDERS)
    for name in ("instructions", "segments", "thresholds", "layers"):
        assert np.array_equal(getattr(loaded, name), getattr(program, name))
    assert loaded.listing() == program.listing()
    image = RNG.integers(0, 2, (6, 6, 1))
    assert np.array_equal(loaded.pack_image(image), program.pack_image(image))


def test_wrong_program_file_is_refused(tmp_path: Path) -> None:
    program = compile_network(NETWORK, place(NETWORK, BORDERS), codes_per_weight=2.0, adc_bits=8).program
    path = tmp_path / "program.safetensors"
    save_program(program, BORDERS, path)
    with pytest.raises(ValueError, match=r"program was made for geometry .*, not 'demo'"):
        load_program(path, preset("demo"))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ValueError, match="must be a safetensors file, truncated or foreign"):
        load_program(path, BORDERS)
    save_network(NETWORK, path)
    with pytest.raises(ValueError, match="format must be spintile-program, not 'spintile-network'"):
        load_program(path, BORDERS)
