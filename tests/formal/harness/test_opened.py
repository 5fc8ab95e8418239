# SPDX-License-Identifier: BSD-3-Clause
"""Inner signals are found by name, and nothing else is."""

from __future__ import annotations

import pytest
from amaranth import unsigned
from amaranth.lib.data import StructLayout
from harness_blocks import Counter, Notes
from spintile.cosim.formal import Opened, Properties


def opened(**options: object) -> Opened:
    properties = Properties("counter")
    found = properties.block(Counter(), **options)  # type: ignore[arg-type]
    properties.claim("true", 1)
    return found


def test_registers_wires_and_ports_of_submodules_have_names() -> None:
    counter = opened()
    assert {"steps", "half_state", "value", "inner.i", "inner.o"} <= set(counter.names)
    assert counter["steps"].shape() == unsigned(4)
    assert counter["inner.o"] is not counter["inner.i"]


def test_a_signal_is_seen_through_a_layout() -> None:
    layout = StructLayout({"low": 1, "rest": 3})
    assert opened().view("steps", layout).shape() == layout


def test_a_name_that_is_not_there_is_refused_with_what_is_near() -> None:
    with pytest.raises(ValueError, match=r"^name must be a signal of Counter, not 'stepps': it has steps"):
        opened()["stepps"]


def test_states_have_names() -> None:
    with pytest.raises(ValueError, match=r"^state must be one of lower, upper, not 'middle'$"):
        opened().in_state("half_state", "middle")
    assert len(opened().in_state("half_state", "upper")) == 1


def test_a_submodule_that_is_left_out_frees_what_it_drove() -> None:
    counter = opened(cut=("inner",))
    assert [signal.name for signal in counter.freed] == ["o"]


def test_a_submodule_that_does_not_exist_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match=r"^submodule of Counter must exist, and 'outer\.inner' does not$"):
        opened(cut=("outer.inner",))


def test_a_memory_shows_a_word_to_the_properties() -> None:
    notes = Opened(Notes())
    assert notes.word("notes", notes.block.at).shape() == unsigned(4)
    with pytest.raises(ValueError, match=r"^memory of Counter must be a memory, and 'inner' is none$"):
        opened().word("inner", 0)
