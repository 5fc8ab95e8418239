# SPDX-License-Identifier: BSD-3-Clause
"""Networks come back as they were written; every damaged or foreign file is refused in one line."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from spintile.model.files import write_atomically
from spintile.model.network import Layer, Network, load_network, network_digest, save_network

RNG = np.random.default_rng(2)
NETWORK = Network(
    (
        Layer(
            "conv",
            RNG.integers(-1, 2, (3, 2, 2, 1)).astype(np.int8),
            (5, 6, 1),
            thresholds=np.sort(RNG.integers(-9, 9, (3, 3)), axis=1),
            invert=np.array([True, False, True]),
            activation_bits=2,
            pool=2,
            unit=3.25,
        ),
        Layer(
            "dense",
            RNG.integers(-1, 2, (2, 12)).astype(np.int8),
            (12,),
            input_bits=2,
            bias=np.array([-(1 << 40), 3]),
            copies=3,
        ),
    ),
    {"seed": "1", "regime": "software", "note": "\N{GREEK SMALL LETTER MU}"},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_network(NETWORK, tmp_path / "network.safetensors")
    return tmp_path / "network.safetensors"


def test_network_comes_back(path: Path) -> None:
    loaded = load_network(path)
    assert loaded.metadata == NETWORK.metadata
    for one, two in zip(loaded.layers, NETWORK.layers, strict=True):
        for field in dataclasses.fields(Layer):
            first, second = getattr(one, field.name), getattr(two, field.name)
            assert np.array_equal(first, second) if isinstance(second, np.ndarray) else first == second, field.name
    assert network_digest(loaded) == network_digest(NETWORK)


def test_a_median_comes_back_and_a_sum_needs_no_word(tmp_path: Path) -> None:
    median = Network((NETWORK.layers[0], dataclasses.replace(NETWORK.layers[1], combine="median")))
    save_network(median, tmp_path / "median.safetensors")
    assert load_network(tmp_path / "median.safetensors").layers[1].combine == "median"
    save_network(NETWORK, tmp_path / "sum.safetensors")
    assert b"combine" not in (tmp_path / "sum.safetensors").read_bytes()
    assert load_network(tmp_path / "sum.safetensors").layers[1].combine == "sum"


def test_same_network_gives_the_same_bytes_and_nothing_else_is_left(path: Path) -> None:
    before = path.read_bytes()
    save_network(load_network(path), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["network.safetensors"]


def test_digest_sees_every_array_and_setting() -> None:
    digests = {network_digest(NETWORK)}
    first = NETWORK.layers[0]
    assert first.thresholds is not None
    for changed in (
        dataclasses.replace(first, weights=-first.weights),
        dataclasses.replace(first, thresholds=first.thresholds + 1),
        dataclasses.replace(first, invert=None),
        dataclasses.replace(first, copies=2),
        dataclasses.replace(first, unit=3.5),
        dataclasses.replace(first, copies=3),
        dataclasses.replace(first, copies=3, combine="median"),
    ):
        digests.add(network_digest(Network((changed, NETWORK.layers[1]))))
    assert len(digests) == 8
    assert network_digest(Network(NETWORK.layers)) in digests


def test_what_is_no_network_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the output layer must have a bias"):
        save_network(Network(NETWORK.layers[:1]), tmp_path / "network")
    assert not list(tmp_path.iterdir())


def test_failed_write_leaves_the_old_file(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_atomically(path, "text")  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert len(list(path.parent.iterdir())) == 1


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none: there is no such file"):
        load_network(tmp_path / "none")
    with pytest.raises(ValueError, match="must be a regular file, not a folder"):
        load_network(tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_file_is_refused_or_reads_the_same(path: Path, data: st.DataObject) -> None:
    save_network(NETWORK, path)
    whole = path.read_bytes()
    if data.draw(st.booleans(), label="truncate"):
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        place, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
    try:
        loaded = load_network(path)
    except ValueError as error:
        assert str(error).startswith(str(path))  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert network_digest(loaded) == network_digest(NETWORK)
    assert loaded.metadata == NETWORK.metadata


def rewritten(path: Path, header: dict[str, object] | None = None, **arrays: np.ndarray) -> Path:
    """The file with parts of its header and some arrays changed, and a digest that is no longer theirs.

    Without the hash of the whole file, as files of before are.
    """
    tensors = load_file(path)
    text = path.read_bytes()
    size = int.from_bytes(text[:8], "little")
    metadata = json.loads(json.loads(text[8 : 8 + size])["__metadata__"]["spintile"])
    del metadata["checksum"], metadata["sha256"]
    tensors.update({name.replace("_", ".", 1): array for name, array in arrays.items()})
    save_file(tensors, path, metadata={"spintile": json.dumps(metadata | (header or {}))})
    return path


@pytest.mark.parametrize(
    ("header", "arrays", "message"),
    [
        ({"format": "other"}, {}, "format must be spintile-network, not 'other'"),
        ({"version": 9}, {}, "format version must be 1, not 9"),
        ({"layers": []}, {}, "network must have at least one layer, not none"),
        ({"layers": [{}]}, {}, "is missing"),
        ({"layers": 3}, {}, "not iterable"),
        ({"metadata": None}, {}, "items"),
        (
            {},
            {"layer0_weights": np.full((3, 2, 2, 1), 3, np.int8)},
            r"weights must be integers -1, 0 or \+1, not int8 3",
        ),
        ({}, {"layer0_weights": np.ones((3, 2, 2, 1), np.float32)}, "layer 0: weights must be int8, not float32"),
        ({}, {"layer1_bias": np.zeros(5, np.int64)}, r"layer 1: bias must be integers \(2,\)"),
        ({}, {"layer7_bias": np.zeros(2, np.int64)}, "arrays must belong to a layer, not 'layer7.bias'"),
        ({}, {"layer1_bias": np.zeros(2, np.int64)}, "digest of the contents must be"),
    ],
)
def test_wrong_contents_are_named(
    path: Path, header: dict[str, object], arrays: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        load_network(rewritten(path, header, **arrays))
    assert str(caught.value).startswith(f"{path}: ")


def test_a_file_of_before_has_no_hash_and_is_read(path: Path) -> None:
    loaded = load_network(rewritten(path))
    assert network_digest(loaded) == network_digest(NETWORK)
    assert loaded.metadata == NETWORK.metadata


@pytest.mark.parametrize("field", ["checksum", "sha256", "metadata"])
def test_neither_the_hash_nor_what_it_is_of_can_be_changed_alone(path: Path, field: str) -> None:
    whole = path.read_bytes()
    place = whole.index(f'\\"{field}\\"'.encode())
    path.write_bytes(whole[: place + 3] + b"x" + whole[place + 4 :])
    with pytest.raises(ValueError, match="the file is damaged: its contents must have the SHA-256 in its header"):
        load_network(path)


def test_foreign_safetensors_file_is_refused(path: Path) -> None:
    save_file({"weights": np.zeros(3, np.int8)}, path)
    with pytest.raises(ValueError, match="must be a spintile-network file, not another safetensors file"):
        load_network(path)
