# SPDX-License-Identifier: BSD-3-Clause
"""Every reader against what is no file, a slice of the campaign, and a fault in a reader for every bad outcome."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from spintile.cli.errors import BadInput
from spintile.cli.fuzzing import campaign as campaigns
from spintile.cli.fuzzing.campaign import BLOCK, Campaign, resume, run_campaign
from spintile.cli.fuzzing.cases import Case, Outcome, deal, first_unlawful, judge, make_case, make_sound, meaning
from spintile.cli.fuzzing.places import PLACES, put
from spintile.cli.fuzzing.samples import Reader, readers

READERS = {reader.name: reader for reader in readers()}
#: These look for files of certain names, or take what is none for one that is absent.
_OF_MANY = ("step record", "measured matrices", "IDX images", "Wine solutions")
#: Three blocks: some thirty files of every reader.
SLICE = 750


def quiet(step: str, done: float, remark: str = "") -> None:
    """No progress."""


def test_a_slice_of_the_campaign_finds_nothing(tmp_path: Path) -> None:
    campaign = Campaign(seed=20, files=SLICE, only=None, source="x")
    report = run_campaign(campaign, jobs=1, out=tmp_path / "fuzz.json", progress=quiet)
    assert report["found"] == []
    assert report["judged"] == SLICE
    assert set(report["readers"]) == set(READERS)
    assert report["blind"] > SLICE / 3
    assert json.loads((tmp_path / "fuzz.json").read_text()) == report


@pytest.mark.parametrize("name", sorted(READERS))
def test_what_is_no_file_is_refused_in_one_honest_line(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    for number, place in enumerate(PLACES):
        folder = tmp_path / str(number)
        folder.mkdir()
        reader.make(folder, 1)
        put(folder / reader.files[0], Random(next(n for n in range(999) if Random(n).choice(PLACES) == place)))
        with pytest.raises((ValueError, BadInput)) as caught:
            reader.read(folder)
        said = str(caught.value)
        assert said.startswith(str(folder))
        assert said.isprintable()
        words = {"folder": "folder", "pipe": "pipe", "null": "device", "zero": "device", "socket": "socket"}
        as_folder = place == "folder" and name.startswith("measured")  # of matrices
        if place in words and not as_folder and name not in _OF_MANY:
            assert f"must be a regular file, not a {words[place]}" in said


@pytest.mark.parametrize("name", sorted(READERS))
def test_sound_input_is_read_and_a_case_follows_from_its_number(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    sound = make_sound(reader, tmp_path / "sound")
    assert sound[0] != sound[1] or name == "disturbance" or name == "placement" or name.startswith("result")
    for place in ("a", "b"):
        made = make_case(reader, Random(5), 5, tmp_path / "sound", tmp_path / place, tmp_path / "ran")
        assert made.number == 5
    assert (tmp_path / "a" / made.file).exists() == (tmp_path / "b" / made.file).exists()
    if (tmp_path / "a" / made.file).is_file():
        first, second = ((tmp_path / place / made.file).read_bytes() for place in "ab")
        assert first == second or name == "measured HDF5" or name == "population"  # HDF5 writes times into some files


def test_cases_are_dealt_by_share() -> None:
    chosen = [deal(tuple(READERS.values()), 1, number)[0].name for number in range(2000)]
    assert set(chosen) == set(READERS)
    assert chosen == [deal(tuple(READERS.values()), 1, number)[0].name for number in range(2000)]


def _faulty(read: Callable[[Path], object], protection: str = "hash") -> Reader:
    return dataclasses.replace(
        READERS["statistics"],
        read=read,
        protection=protection,  # type: ignore[arg-type]
    )


def _judged(read: Callable[[Path], object], tmp_path: Path, protection: str = "hash", blind: bool = True) -> Outcome:
    case = Case(0, "statistics", "flip", "statistics.toml", blind)
    return judge(_faulty(read, protection), case, tmp_path, ("sound",), tmp_path / "ran").outcome


def _raise(error: Exception) -> object:
    raise error


def _warn() -> object:
    warnings.warn("f: was changed since it was written; ...", stacklevel=1)
    return 3


def test_each_fault_of_a_reader_is_seen(tmp_path: Path) -> None:
    where = f"{tmp_path}/statistics.toml"
    assert _judged(lambda folder: _raise(ValueError(f"{where}: must be")), tmp_path) is Outcome.REFUSED
    assert _judged(lambda folder: _raise(BadInput(f"{where}: must be")), tmp_path) is Outcome.REFUSED
    for said in ("must be", f"{where}: two\nlines", f"{where}: \x1b[31m", f"{where}: {'x' * 900}"):
        assert _judged(lambda folder, said=said: _raise(ValueError(said)), tmp_path) is Outcome.UNCLEAR
    assert _judged(lambda folder: _raise(KeyError("x")), tmp_path) is Outcome.ERROR
    assert _judged(lambda folder: _raise(RecursionError("x")), tmp_path) is Outcome.ERROR
    assert _judged(lambda folder: _raise(MemoryError()), tmp_path) is Outcome.MEMORY
    assert _judged(lambda folder: 3, tmp_path) is Outcome.SILENT
    assert _judged(lambda folder: 3, tmp_path, "none") is Outcome.LAWFUL
    assert _judged(lambda folder: 3, tmp_path, blind=False) is Outcome.LAWFUL
    assert _judged(lambda folder: float("nan"), tmp_path, "none") is Outcome.UNLAWFUL
    assert _judged(lambda folder: _warn(), tmp_path, "warning") is Outcome.WARNED
    assert _judged(lambda folder: (tmp_path / "ran").write_text("x"), tmp_path, "none") is Outcome.RAN
    case = Case(0, "statistics", "flip", "statistics.toml", True)
    same = judge(_faulty(lambda folder: 3), case, tmp_path, (meaning(3),), tmp_path / "ran")
    assert same.outcome is Outcome.SAME


def test_meaning_sees_values_shapes_kinds_and_names() -> None:
    array = np.arange(6)
    values = (
        array,
        array.reshape(2, 3),
        array.astype(np.int32),
        array + 1,
        [0, 1],
        {"a": 1},
        {"b": 1},
        1,
        1.0,
        True,
        "1",
    )
    assert len({meaning(value) for value in values}) == len(values)
    assert meaning({"a": 1, "b": array}) == meaning({"b": array.copy(), "a": 1})


def test_a_number_that_is_not_finite_is_found_wherever_it_is() -> None:
    assert first_unlawful({"a": [1.0, (2.0, float("inf"))]}) == ".a[1][1]: inf"
    assert first_unlawful({"a": np.array([1.0, np.nan])}) == ".a: not finite"
    assert first_unlawful({"a": [1.0, np.arange(3)]}) == ""


def _worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> dict[str, object]:
    """A campaign of one block whose worker is a script; cases 0 .. 9 only."""
    script = tmp_path / "worker.py"
    head = "import json, sys, time, os\nfor line in sys.stdin:\n    first, end = json.loads(line)\n"
    script.write_text(head + body)
    plain = campaigns.subprocess.Popen

    def popen(command: list[str], **how: object) -> object:
        return plain([command[0], str(script)], **how)  # type: ignore[call-overload]

    monkeypatch.setattr(campaigns.subprocess, "Popen", popen)
    return run_campaign(Campaign(1, 10, None, "x"), jobs=1, out=None, progress=quiet)


_GOOD_CASE = '        print(json.dumps([n, "chip", "flip", True, "refused"]), flush=True)\n'
_END = '    print(json.dumps({"end": end, "peak_kilobytes": 7}), flush=True)\n'


def test_a_case_that_ends_the_process_is_found_and_the_others_are_judged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = "    for n in range(first, end):\n        print(n, flush=True)\n        if n == 4: os._exit(9)\n"
    report = _worker(monkeypatch, tmp_path, body + _GOOD_CASE + _END)
    assert report["outcomes"] == {"crash": 1, "refused": 9}
    assert report["found"][0]["case"] == 4  # type: ignore[index]
    assert report["found"][0]["words"] == "ended with 9"  # type: ignore[index]


def test_a_case_that_never_ends_is_found_by_its_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(campaigns, "CPU_LIMIT", 0.3)
    body = "    for n in range(first, end):\n        print(n, flush=True)\n        while n == 7: pass\n"
    report = _worker(monkeypatch, tmp_path, body + _GOOD_CASE + _END)
    assert report["outcomes"] == {"hang": 1, "refused": 9}


def test_a_campaign_goes_on_from_its_file_and_from_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "fuzz.json"
    first = Campaign(3, 2 * BLOCK, None, campaigns.code_digest())
    first.add(1, [[BLOCK + n, "chip", "flip", True, "refused"] for n in range(BLOCK)], 9)
    out.write_text(json.dumps(first.report()))
    again = resume(out, 3, 3 * BLOCK, None)
    assert again.blocks == [0, 2]
    assert again.judged == BLOCK
    for seed, only in ((4, None), (3, "chip")):
        with pytest.raises(BadInput, match=r"fuzz.json: (seed|reader) must be"):
            resume(out, seed, 3 * BLOCK, only)
    monkeypatch.setattr(campaigns, "code_digest", lambda: "other")
    with pytest.raises(BadInput, match="source must be 'other'"):
        resume(out, 3, 3 * BLOCK, None)
    out.write_text("[")
    with pytest.raises(BadInput, match="must be the result of a campaign, or not be there"):
        resume(out, 3, BLOCK, None)


def test_a_worker_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="a worker of the campaign ended before its case: crash: ended with 3"):
        _worker(monkeypatch, tmp_path, "    sys.exit(3)\n")
