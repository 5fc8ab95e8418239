# SPDX-License-Identifier: BSD-3-Clause
"""Names of states and modes are those of the RTL: its enumerations, its state machines, all of them."""

from __future__ import annotations

import re

import pytest
from amaranth import Module, Signal
from amaranth.lib.wiring import Component, Out
from needed_tools import usable_or_skip
from spintile.cosim.decoding import DecodedSignal, decoded_signals, machine_states
from spintile.cosim.design import periphery_verilog
from spintile.cosim.tools import find_yosys
from spintile.model.geometry import preset
from spintile.rtl.pins import LineMode
from spintile.rtl.tokens import RepairMode
from spintile.rtl.writing.controller import State

CHIP = preset("demo")


@pytest.fixture(scope="module")
def verilog() -> str:
    """A whole chip."""
    usable_or_skip(find_yosys())
    return periphery_verilog(CHIP)


def by_title(verilog: str, *, partial: bool = False) -> dict[str, DecodedSignal]:
    return {signal.title: signal for signal in decoded_signals(CHIP, verilog, partial=partial)}


def test_enumerations_are_those_of_the_rtl(verilog: str) -> None:
    found = by_title(verilog)
    kinds = {"repair": RepairMode, "write controller": State, "row 15": LineMode, "column 0": LineMode}
    for title, kind in kinds.items():
        assert found[title].names == {member.value: member.name for member in kind}, title


def test_a_changed_enumeration_shows(verilog: str) -> None:
    changed = verilog.replace('enum_value_10 = "PAIR_CHECK"', 'enum_value_10 = "SOMETHING_ELSE"')
    assert by_title(changed)["repair"].names != {member.value: member.name for member in RepairMode}


def test_states_are_those_of_the_rtl(verilog: str) -> None:
    found = by_title(verilog)
    assert set(found["sequencer"].names.values()) == {"between", "layer", "run", "stopped"}
    assert set(found["activation"].names.values()) == {"IDLE", "END", "COMPARE", "COUNT", "POOL", "WRITE", "OUTPUT"}


def test_every_state_machine_of_the_chip_has_names(verilog: str) -> None:
    machines = re.findall(r"^  reg (?:\[\d+:0\] )?\w+_state =", verilog, re.MULTILINE)
    assert len(machines) == sum(signal.name == "state_state" for signal in decoded_signals(CHIP, verilog))


class Changed(Component):
    """A state machine with one state more than its reset state."""

    def __init__(self) -> None:
        super().__init__({"o": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        again = Signal()
        with m.FSM(name="state"):
            with m.State("first"):
                m.next = "second"
            with m.State("second"), m.If(again):
                m.next = "first"
        return m


def test_a_state_machine_tells_its_own_states() -> None:
    assert machine_states(Changed()) == {0: "first", 1: "second"}


def test_the_bit_on_trial_is_one_hot(verilog: str) -> None:
    names = by_title(verilog)["bit on trial"].names
    assert names[0] == "none"
    assert {value: names[value] for value in (1, 128)} == {1: "bit 0", 128: "bit 7"}


def test_a_renamed_signal_shows_or_is_left_out(verilog: str) -> None:
    renamed = re.sub(r"\bstate_state\b", "elsewhere", verilog)
    with pytest.raises(ValueError, match=r"^decoding: the design must have a signal state_state in sequencer$"):
        decoded_signals(CHIP, renamed)
    assert set(by_title(verilog)) - set(by_title(renamed, partial=True)) == {"sequencer", "activation"}


def test_names_that_are_none_show(verilog: str) -> None:
    plain = re.sub(r"^  \(\* enum_value_\d+ = .*\n", "", verilog, flags=re.MULTILINE)
    with pytest.raises(ValueError, match=r"^decoding: settings\.mode in accumulator\.repair must be an enumeration"):
        decoded_signals(CHIP, plain)
