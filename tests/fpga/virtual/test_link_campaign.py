# SPDX-License-Identifier: BSD-3-Clause
"""No answer through a bad line is wrong; a host that takes damaged frames for sound is found out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from board_cases import link_case
from spintile.fpga.link import protocol
from spintile.fpga.virtual.campaign import SCENARIOS, add_up, plan, run_campaign, run_slice
from spintile.fpga.virtual.line import FaultyLine, LineFaults


def test_no_answer_is_wrong_and_none_is_lost_in_any_scenario() -> None:
    reports = run_campaign(link_case(), plan(1_600, seed=3))
    assert list(reports) == list(SCENARIOS)
    total = add_up(list(reports.values()))
    assert total.frames >= 1_600
    assert (total.wrong, total.lost) == (0, 0)
    assert total.images > 1_000
    for name, report in reports.items():
        assert (report.faults > 0) == (SCENARIOS[name].faults.total > 0), name
        assert (report.restarts > 0) <= (name in ("unplugged", "reset", "everything")), name
    assert total.mishaps > 0
    assert total.restarts > 0


def test_reports_follow_from_the_seed_whatever_runs_them() -> None:
    slices = plan(200, seed=5, only="everything") * 2
    alone = run_campaign(link_case(), slices)
    assert run_campaign(link_case(), slices, jobs=2) == alone
    assert run_slice(link_case(), *slices[0][:2], 6) != run_slice(link_case(), *slices[0])


def test_a_host_that_believes_damaged_frames_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever is long enough passes: in images, the classes of damaged results.
    def trusting(stuffed: bytes) -> protocol.Frame | None:
        body = bytearray()
        escaped = False
        for byte in stuffed:
            if byte == protocol.ESCAPE:
                escaped = True
            else:
                body.append(byte ^ (protocol.FLIP if escaped else 0))
                escaped = False
        if len(body) < protocol.HEADER_BYTES + protocol.CRC_BYTES:
            return None
        session = int.from_bytes(body[3:5], "little")
        return protocol.Frame(body[1], body[2], session, bytes(body[protocol.HEADER_BYTES : -protocol.CRC_BYTES]))

    monkeypatch.setattr(protocol, "_frame", trusting)
    assert run_slice(link_case(), "flipped", 3_000, 1).wrong > 0


def test_a_wrong_answer_is_counted() -> None:
    case = link_case()
    classes = case.classes.copy()
    classes[0] = (classes[0] + 1) % 10
    assert run_slice(dataclasses.replace(case, classes=classes), "clean", 200, 1).wrong > 0


def test_a_faulty_line_does_what_it_says() -> None:
    data = np.random.default_rng(1).bytes(20_000)
    line = FaultyLine(LineFaults(), 1)
    assert line.pass_on(data) == [(0.0, data)]
    for name, length in (("dropped", -1), ("flipped", 0), ("doubled", 1), ("delayed", 0)):
        line = FaultyLine(LineFaults(**{name: 0.01}), 1)
        pieces = [piece for start in range(0, len(data), 777) for piece in line.pass_on(data[start : start + 777])]
        got = b"".join(piece for _, piece in pieces)
        count = line.counts[name]
        assert 150 < count < 250
        assert len(got) - len(data) == length * count
        if name == "flipped":
            assert sum(one != other for one, other in zip(got, data, strict=True)) == count
        if name == "delayed":
            assert got == data
            assert sum(late > 0 for late, _ in pieces) == count


@pytest.mark.parametrize(("faults", "message"), [
    ({"dropped": 1.5}, "line: dropped must be a probability, not 1.5"),
    ({"dropped": 0.6, "flipped": 0.6}, "line: probabilities must add up to at most 1, not 1.2"),
    ({"longest_delay": -1.0}, "line: longest_delay must not be negative, not -1.0"),
])  # fmt: skip
def test_lines_that_cannot_be_are_refused(faults: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        LineFaults(**faults)
