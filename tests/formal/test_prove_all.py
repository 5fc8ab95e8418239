# SPDX-License-Identifier: BSD-3-Clause
"""Records of proofs: in order, whole, and not proved if a run breaks a claim or none reaches a cover."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from fault_cases import FAULTS
from needed_tools import needs
from spintile.cosim import tools
from spintile.cosim.formal import Properties, find_solver
from spintile.cosim.proofs import PROOFS, ProofRecord, count_properties, prove_all, prove_one

pytestmark = needs(tools.find_yosys(), find_solver())


def swap(monkeypatch: pytest.MonkeyPatch, name: str, **changes: Any) -> None:
    """Put another proof in the place of one of the list."""
    monkeypatch.setitem(PROOFS, name, dataclasses.replace(PROOFS[name], **changes))


def test_records_come_in_the_order_of_the_list_whatever_the_jobs(tmp_path: Path) -> None:
    seen: list[str] = []
    records = prove_all(
        ["queue", "AXI4-Lite"], jobs=2, cache=tmp_path, progress=lambda record: seen.append(record.name)
    )
    assert [record.name for record in records] == ["AXI4-Lite", "queue"]
    assert sorted(seen) == ["AXI4-Lite", "queue"]
    again = prove_all(["queue", "AXI4-Lite"], cache=tmp_path)
    assert again == records


def test_a_record_says_what_was_proved_of_which_block(tmp_path: Path) -> None:
    record = prove_one("queue", cache=tmp_path)
    assert record.proved
    assert (record.block, record.kind, record.depth, record.reason) == ("stream_fifo", "function", 1, "")
    assert "tokens_are_counted" in record.properties
    assert "full" in record.covers
    assert json.loads(json.dumps(record.as_dict()))["properties"] == list(record.properties)
    assert count_properties([record]) == {"proved": len(record.properties), "total": len(record.properties)}


def test_a_broken_claim_is_not_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS["a queue that takes too many"]
    swap(monkeypatch, "queue", make=lambda geometry: fault.make().only(fault.breaks), depth=8)
    record = prove_one("queue", cache=tmp_path)
    assert not record.proved
    assert record.reason.startswith("tokens_are_counted broken in cycle")
    assert count_properties([record]) == {"proved": 0, "total": 1}


def test_a_cover_that_no_run_reaches_is_not_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap(monkeypatch, "queue", covered=2)
    record: ProofRecord = prove_one("queue", cache=tmp_path)
    assert not record.proved
    assert record.reason == "no run of 2 cycles reaches followed_behind_another, full"


def test_a_name_that_does_not_exist_is_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match=r"^proof must be one of AXI4-Lite, .*, not 'queues'$"):
        prove_all(["queue", "queues"])
    with pytest.raises(ValueError, match=r"^jobs must be at least 1, not 0$"):
        prove_all(jobs=0)


def test_a_missing_solver_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from spintile.cosim.formal import proving

    monkeypatch.setattr(proving.shutil, "which", lambda name, path=None: None)
    with pytest.raises(tools.MissingTool, match=r"^Z3 was not found: no proofs"):
        prove_all()


def test_no_set_is_empty() -> None:
    for proof in PROOFS.values():
        properties: Properties = proof.properties()
        assert properties.claims
        assert properties.covers
