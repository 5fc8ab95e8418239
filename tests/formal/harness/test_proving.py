# SPDX-License-Identifier: BSD-3-Clause
"""Proved, failed and unknown are told apart; runs from reset are told from runs from anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from amaranth import ResetSignal, Signal
from harness_blocks import Counter, Notes
from needed_tools import needs
from spintile.cosim import tools
from spintile.cosim.formal import Properties, find_solver, prove, proving, reach, refute

pytestmark = needs(tools.find_yosys(), find_solver())


def counter(*, helped: bool = True, most: int = 9, last: int = 9) -> Properties:
    """A counter's value is at most ``most``; a helping claim makes that inductive."""
    properties = Properties("counter")
    opened = properties.block(Counter(last))
    properties.claim("value_is_small", opened.block.value <= most)
    if helped:
        properties.claim("halves_agree", opened.in_state("half_state", "upper") == (opened["steps"] > 4))
    properties.cover("largest", opened.block.value == 9)
    properties.cover("too_large", opened.block.value == 10)
    return properties


def test_a_claim_that_induction_closes_is_proved(tmp_path: Path) -> None:
    verdict = prove(counter(), cache=tmp_path)
    assert (verdict.status, verdict.depth, verdict.broken) == ("proved", 1, ())
    assert verdict.claims == ("value_is_small", "halves_agree")
    assert str(verdict).startswith("counter: 2 claims proved by 1-induction")


def test_a_claim_that_a_run_from_reset_breaks_has_failed(tmp_path: Path) -> None:
    verdict = prove(counter(helped=False, most=2), depth=5, cache=tmp_path)
    assert (verdict.status, verdict.depth, verdict.broken) == ("failed", 3, ("value_is_small",))
    assert verdict.trace is not None
    assert verdict.trace.values("block.steps") == [0, 1, 2, 3]
    assert verdict.reason == "value_is_small broken in cycle 3"


def test_a_claim_that_holds_but_is_not_inductive_is_unknown(tmp_path: Path) -> None:
    verdict = prove(counter(helped=False, most=12), depth=2, cache=tmp_path)
    assert (verdict.status, verdict.broken) == ("unknown", ("value_is_small",))
    assert verdict.reason == "2-induction does not close: value_is_small"
    assert verdict.trace is not None
    assert verdict.trace.values("block.steps")[-1] == 13


def test_a_run_longer_than_the_search_is_not_found(tmp_path: Path) -> None:
    verdict = refute(counter(helped=False, most=8), depth=5, cache=tmp_path)
    assert (verdict.status, verdict.reason) == ("unknown", "no run of 6 cycles breaks a claim")
    assert refute(counter(helped=False, most=8), depth=9, cache=tmp_path).status == "failed"


def test_covers_that_cannot_be_reached_are_missed(tmp_path: Path) -> None:
    found = reach(counter(), depth=12, cache=tmp_path)
    assert (found.reached, found.missed) == ({"largest": 9}, ("too_large",))


def test_a_faulty_signal_breaks_every_claim_that_speaks_of_the_block(tmp_path: Path) -> None:
    properties = counter()
    properties.claim("of_nothing", properties.past(1, init=1))
    properties.claim("at_rest_after_reset", ~properties.after_reset() | (properties.past(0) == 0))
    properties.claim("zero_after_reset", ~properties.after_reset() | (properties.module.submodules.block["steps"] == 0))
    found = reach(properties.broken(), depth=3, cache=tmp_path)
    assert found.missed == ("of_nothing", "at_rest_after_reset")
    assert set(found.reached) == {"value_is_small", "halves_agree", "zero_after_reset"}


def test_a_word_of_a_memory_is_followed(tmp_path: Path) -> None:
    properties = Properties("notes")
    opened = properties.block(Notes())
    unit, at = opened.block, properties.constant(2, "any_address")
    stored = Signal(4, reset_less=True)
    with properties.module.If(unit.write & (unit.at == at)):
        properties.module.d.sync += stored.eq(unit.value)
    properties.assume("not_one_that_begins_with_something", at >= 2)
    properties.claim("a_note_is_kept", opened.word("notes", at) == stored)
    properties.lemma("a_lemma_is_no_claim", (at >= 2) | (stored == 0))
    verdict = prove(properties, cache=tmp_path)
    assert (verdict.status, verdict.claims) == ("proved", ("a_note_is_kept",))


def test_a_lemma_that_does_not_hold_has_failed(tmp_path: Path) -> None:
    properties = counter()
    properties.lemma("stands", properties.ports["go"][0] == 0)
    assert prove(properties, cache=tmp_path).broken == ("stands",)


def test_assumptions_restrict_the_runs(tmp_path: Path) -> None:
    properties = counter(helped=False, most=0)
    properties.assume("stands", properties.ports["go"][0] == 0)
    properties.claim("begins_at_zero", ~properties.after_reset() | (properties.past(0) == 0))
    assert refute(properties, depth=4, cache=tmp_path).status == "unknown"


def test_reset_may_come_at_any_time(tmp_path: Path) -> None:
    properties = counter()
    properties.claim("never_reset", ~ResetSignal())
    assert prove(properties, cache=tmp_path).broken == ("never_reset",)


def test_contradicting_assumptions_are_an_error_and_prove_nothing(tmp_path: Path) -> None:
    properties = counter()
    go = properties.ports["go"][0]
    properties.assume("goes", go)
    properties.assume("stands", ~go)
    with pytest.raises(
        RuntimeError, match=r"^counter: assumptions must leave at least one run, and contradict each other$"
    ):
        prove(properties, cache=tmp_path)


def test_a_verdict_is_kept_and_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prove(counter(helped=False, most=2), depth=5, cache=tmp_path)
    monkeypatch.setattr(proving, "_settle", None)
    assert prove(counter(helped=False, most=2), depth=5, cache=tmp_path) == first
    with pytest.raises(TypeError):
        prove(counter(helped=False, most=3), depth=5, cache=tmp_path)


def test_the_time_limit_gives_unknown_and_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = proving._run

    def slow(
        command: tuple[str, ...], folder: Path, limit: float, environment: object = None
    ) -> tuple[int | None, str]:
        return run(command, folder, 100.0) if "-q" in command else (None, "")

    monkeypatch.setattr(proving, "_run", slow)
    verdict = prove(counter(), limit=60, cache=tmp_path)
    assert (verdict.status, verdict.reason) == ("unknown", "ran past its limit of 60 s")
    assert not list(tmp_path.rglob("*.json"))


def test_a_process_that_runs_too_long_ends_with_its_children(tmp_path: Path) -> None:
    code, _ = proving._run(("sh", "-c", "sleep 60 & sleep 60"), tmp_path, 0.2)
    assert code is None


def test_what_cannot_be_proved_is_refused() -> None:
    empty = Properties("nothing")
    with pytest.raises(ValueError, match=r"^nothing must have at least one claim, and has none$"):
        prove(empty)
    with pytest.raises(ValueError, match=r"^nothing must have at least one cover, and has none$"):
        reach(empty)
    properties = counter()
    with pytest.raises(ValueError, match=r"^depth must be at least 1, not 0$"):
        prove(properties, depth=0)


def test_a_missing_solver_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving.shutil, "which", lambda name, path=None: None)
    with pytest.raises(
        tools.MissingTool, match=r"^Z3 was not found: no proofs .*; install it with: pip install z3-solver$"
    ):
        prove(counter())
