# SPDX-License-Identifier: BSD-3-Clause
"""Logic is read with its registers, and with memories as ports that count where they are enabled."""

from __future__ import annotations

from spintile.cosim.mutation.logic import cut_memories, read_aiger

#: Inputs a (2), b (4), select (6, 8), one register (10) that begins as 1; a memory of one word of two bits.
STORE = """aag 9 4 1 5 4
2
4
6
8
10 18 1
16
12
14
2
4
12 2 4
14 6 12
16 13 15
18 2 10
i0 a
i1 b
i2 mutant_select[0]
i3 mutant_select[1]
o0 out
o1 memory0_WR_DATA[0]
o2 memory0_WR_DATA[1]
o3 memory0_WR_EN[0]
o4 memory0_WR_EN[1]
c
"""


def test_registers_come_with_their_next_and_first_states() -> None:
    logic = read_aiger(STORE)
    assert logic.inputs.tolist() == [2, 4]
    assert logic.select == (6, 8)
    assert logic.states.tolist() == [[10, 18, 1]]
    assert logic.results.tolist() == [16, 12, 14, 2, 4]
    assert logic.gates.shape == (4, 3)


def test_a_word_counts_where_its_bit_is_enabled_and_an_address_where_any_is() -> None:
    assert read_aiger(STORE).guards == ((), (2,), (4,), (), ())
    addressed = STORE.replace("memory0_WR_DATA[0]", "memory0_WR_ADDR")
    assert read_aiger(addressed).guards == ((), (2, 4), (4,), (), ())


def test_a_memory_becomes_ports() -> None:
    cell = """module \\top
  wire width 4 \\data
  cell $mem_v2 \\store
    parameter \\WIDTH 4
    parameter \\ABITS 3
    parameter \\RD_PORTS 1
    parameter \\WR_PORTS 1
    connect \\RD_DATA \\data
    connect \\RD_ADDR \\read
    connect \\RD_EN \\on
    connect \\RD_ARST 1'0
    connect \\RD_SRST 1'0
    connect \\WR_ADDR \\address
    connect \\WR_DATA \\word
    connect \\WR_EN \\enables
  end
end
"""
    text = cut_memories(cell)
    assert "$mem_v2" not in text
    assert "wire width 4 input 900000 \\memory0_RD_DATA\n  connect \\data \\memory0_RD_DATA" in text
    assert "connect \\memory0_WR_DATA \\word" in text
    assert text.count(" output ") == 7
    assert all(f"\\memory0_{port} " in text for port in ("RD_ADDR", "RD_EN", "WR_ADDR", "WR_EN"))
