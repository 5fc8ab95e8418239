# SPDX-License-Identifier: BSD-3-Clause
"""The list of bins, what is counted of them, and its file. No simulator."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cosim_cases import SHARED, WIDE
from spintile.cosim.coverage import Bin, Coverage, coverage_bins
from spintile.cosim.coverage.bins import make_bins
from spintile.model.geometry import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_bin_has_a_name_of_its_own_and_says_what_it_is(name: str) -> None:
    bins = coverage_bins(PRESETS[name])
    assert len({entry.name for entry in bins}) == len(bins)
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", entry.name) for entry in bins)
    assert all(entry.what for entry in bins)
    assert {f"kernel.{kernel}_of_{PRESETS[name].kernels}" for kernel in range(PRESETS[name].kernels)} <= {
        entry.name for entry in bins
    }


def test_what_is_waived_must_be_a_bin() -> None:
    assert make_bins({"a.b": "it happened"}, {"a.b": "never"}) == [Bin("a.b", "it happened", "never")]
    with pytest.raises(KeyError, match=r"what is waived must be a bin, and a\.c is not"):
        make_bins({"a.b": "it happened"}, {"a.c": "never"})


def test_two_bins_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from spintile.cosim.coverage import coverage

    monkeypatch.setattr(coverage, "_LISTS", (coverage.repair_bins, coverage.repair_bins))
    with pytest.raises(ValueError, match=r"^bins must have names of their own, and 'none\.negative' is used again$"):
        coverage_bins(WIDE)


def test_a_bin_is_missing_until_it_is_hit_or_waived() -> None:
    coverage = Coverage(WIDE)
    needed = [entry for entry in coverage.bins if not entry.waived]
    assert coverage.missing == needed
    assert not coverage.closed
    coverage.add({entry.name: 1 for entry in needed[1:]})
    assert coverage.missing == needed[:1]
    summary = coverage.summary()
    assert summary["missing"] == [{"name": needed[0].name, "what": needed[0].what}]
    assert summary["hit"] == len(needed) - 1
    assert summary["bins"] == summary["hit"] + summary["waived"] + 1
    assert sum(group["hit"] for group in summary["groups"].values()) == summary["hit"]
    coverage.add({needed[0].name: 3})
    assert coverage.closed
    assert all(entry["reason"] for entry in summary["waivers"])


def test_a_waived_bin_that_is_hit_counts_as_hit() -> None:
    coverage = Coverage(WIDE)
    waived = next(entry for entry in coverage.bins if entry.waived)
    before = coverage.summary()
    coverage.add({waived.name: 1})
    after = coverage.summary()
    assert (after["hit"], after["waived"]) == (before["hit"] + 1, before["waived"] - 1)


def test_runs_on_other_shapes_count_but_not_in_numbered_bins() -> None:
    coverage = Coverage.of(WIDE, [{"kernel.1_of_12": 2, "code.top": 1}, {"kernel.1_of_32": 5, "code.top": 1}])
    assert coverage.hits == {"kernel.1_of_12": 2, "code.top": 2}
    with pytest.raises(ValueError, match=r"^coverage must have a bin 'code\.middle', and has none$"):
        coverage.add({"code.middle": 1})


def test_coverages_are_merged_and_kept_in_a_file(tmp_path: Path) -> None:
    one, other = Coverage.of(WIDE, [{"code.top": 1, "code.one": 4}]), Coverage.of(SHARED, [{"code.top": 2}])
    one.merge(other)
    one.save(tmp_path / "coverage.json")
    read = Coverage.load(tmp_path / "coverage.json")
    assert (read.geometry, read.hits) == (WIDE, {"code.top": 3, "code.one": 4})
    assert read.summary() == one.summary()
    assert [row[2] for row in read.rows() if row[0] == "code.one"] == [4]


SOUND = {"format": "spintile-coverage", "version": 1, "geometry": WIDE.as_dict(), "hits": {"code.top": 1}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "must be spintile-coverage of version 1, and is not"),
        (SOUND | {"version": 2}, "must be spintile-coverage of version 1, and is not"),
        (SOUND | {"geometry": None}, "geometry must have the fields of a geometry"),
        (SOUND | {"geometry": {"name": "x", "colour": 1}}, "geometry must have the fields of a geometry"),
        (SOUND | {"geometry": WIDE.as_dict() | {"rows": 0}}, "rows must be an integer from 1 to 64, not 0"),
        (SOUND | {"hits": [1]}, "hits must be positive integers by bin"),
        (SOUND | {"hits": {"code.top": "1"}}, "hits must be positive integers by bin"),
        (SOUND | {"hits": {"code.top": True}}, "hits must be positive integers by bin"),
        (SOUND | {"hits": {"code.middle": 1}}, "coverage must have a bin 'code.middle', and has none"),
    ],
)
def test_a_file_that_is_none_is_refused(content: object, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "coverage.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Coverage.load(tmp_path / "coverage.json")


@pytest.mark.parametrize("data", [b"", b"[", b"\xff\xfe", b'{"format": 1, "format": 2}', b"[" * 1000])
def test_a_file_that_is_no_json_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "coverage.json").write_bytes(data)
    with pytest.raises(ValueError, match=r".+"):
        Coverage.load(tmp_path / "coverage.json")
    with pytest.raises(ValueError, match=r"there is no such file$"):
        Coverage.load(tmp_path / "none.json")


def test_bins_that_a_chip_cannot_show_are_not_in_its_list() -> None:
    full = {entry.name for entry in coverage_bins(WIDE)}
    for field, value, name in (
        ("adc_bits", 7, "error.adc_bits_beyond"), ("kernels", 256, "error.kernel_beyond"),
        ("rows", 64, "command.rows_beyond"), ("cols", 64, "command.cols_beyond"), ("cols", 12, "column.unpaired"),
        ("activation_bits", 1, "activation.equal_thresholds"), ("loop_depth", 3, "loops.4"),
    ):  # fmt: skip
        assert name in full
        assert name not in {entry.name for entry in coverage_bins(WIDE.replace(**{field: value}))}
