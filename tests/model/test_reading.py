# SPDX-License-Identifier: BSD-3-Clause
"""The first touch of every file: regular, bounded, strict; and what errors quote is short and printable."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path

import pytest
from spintile.model.reading import (
    check_expansion,
    check_regular,
    memory,
    one_line,
    parse_json,
    read_regular,
    read_text,
    shown,
)


def test_a_file_and_a_link_to_it_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "file", 3) == read_regular(tmp_path / "link", 3) == b"abc"
    assert check_regular(tmp_path / "link").st_size == 3


def test_a_file_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abcd")
    with pytest.raises(ValueError, match=r"file: must have at most 3 bytes, and has more$"):
        read_regular(tmp_path / "file", 3)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "there is no such file"),
        ("file/below", "there is no such file: part of its path is no folder"),
        ("folder", "must be a regular file, not a folder"),
        ("pipe", "must be a regular file, not a pipe"),
        ("socket", "must be a regular file, not a socket"),
        ("null", "must be a regular file, not a device"),
        ("circle", "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_is_said_to_be_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    Path("file").write_text("x")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    Path("null").symlink_to("/dev/null")
    Path("circle").symlink_to("circle")
    for read in (check_regular, lambda path: read_regular(path, 10)):
        with pytest.raises(ValueError) as caught:
            read(Path(name))
        assert str(caught.value) == f"{name}: {said}"


def test_text_that_is_none_names_the_byte(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"ab\xff")
    with pytest.raises(ValueError, match=r"file: must be a text file in UTF-8: byte 2 is not$"):
        read_text(tmp_path / "file", 10)


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, null, true, "[[["]}', "3", '"x"', '"\\u00e9"', "[" * 64 + "]" * 64])
def test_json_is_read(text: str) -> None:
    import json

    assert parse_json(text) == parse_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 65 + "]" * 65, "JSON must be nested at most 64 deep"),
        ('"a' + "[" * 1_000_000, "Unterminated string|nested at most"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' must come once in a table, not twice"),
        ("[NaN]", "numbers must be finite, not NaN"),
        ("[-Infinity]", "numbers must be finite, not -Infinity"),
        ("[1e999]", "numbers must be finite, not '1e999'"),
        ("9" * 5000, "Exceeds the limit"),
        ("", "Expecting value"),
        ("\ud800", "Expecting value|invalid|surrogate|decode"),
    ],
)
def test_json_that_a_lenient_reader_would_take_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_json(text)


def test_quotes_are_short_whatever_is_quoted() -> None:
    deep: object = 1
    for _ in range(5000):
        deep = {"a": deep}
    for value in ("x" * 10**6, 10**4000, [[1] * 1000] * 1000, deep, {"a" * 500: 1}, b"x" * 1000):
        assert len(shown(value)) < 400
    assert shown("a\nb") == "'a\\nb'"


def test_an_error_is_one_printable_line() -> None:
    assert one_line("a\n b\x1b[31m\tc") == "a b [31m c"
    assert one_line(KeyError("x")) == "'x' is missing"
    assert one_line(MemoryError()) == "MemoryError"
    assert len(one_line("x" * 1000)) == 300


def test_memory_is_what_this_process_may_have() -> None:
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    assert memory() == (physical if limit == resource.RLIM_INFINITY else min(physical, limit))


def test_arrays_larger_than_their_file_or_the_memory_are_refused() -> None:
    check_expansion(1 << 26, 0)
    check_expansion(1100 * 10**6, 10**6)
    with pytest.raises(ValueError, match="its arrays must be what 1000 bytes can hold, not 100000000 bytes"):
        check_expansion(10**8, 1000)
    with pytest.raises(ValueError, match="an array of it must fit into half of this machine's memory"):
        check_expansion(memory(), memory())
