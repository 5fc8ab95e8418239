# SPDX-License-Identifier: BSD-3-Clause
"""A plain model of the ECP5's block RAM, of which Yosys has none: for the simulation of netlists."""

from __future__ import annotations

__all__ = ["block_ram"]

_BLOCK_RAM = """
module DP16KD ({ports});
  parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18;
  parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG", RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC";
  parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000", WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL";
  parameter CLKAMUX = "CLKA", CLKBMUX = "CLKB", GSR = "AUTO";
{initvals}
  // Units of nine bits; narrower words lie in the lowest eight of one.
  reg [8:0] memory [0:2047];
  integer place;
  initial for (place = 0; place < 2048; place = place + 1) memory[place] = 9'd0;
  wire [13:0] address_a = {{{address_a}}}, address_b = {{{address_b}}};
  wire [17:0] in_a = {{{in_a}}}, in_b = {{{in_b}}};
  reg [35:0] out_a = 36'd0, out_b = 36'd0;
  wire write_a = CEA & WEA, write_b = CEB & WEB;
  generate
    if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG" || CLKAMUX != "CLKA" || CLKBMUX != "CLKB"
        || WRITEMODE_A == "WRITETHROUGH" || WRITEMODE_B == "WRITETHROUGH")
      NO_MODEL_OF_THIS_BLOCK_RAM error ();
  endgenerate
{port_a}
{port_b}
  assign {{{out_low}}} = DATA_WIDTH_B == 36 ? out_b[17:0] : out_a[17:0];
  assign {{{out_high}}} = DATA_WIDTH_B == 36 ? out_b[35:18] : out_b[17:0];
endmodule
"""
#: A port reads what was there before a write of the same cycle, its own ("read before write") or the other's. With the
#: mode "normal" its output stands in a cycle in which it writes. Memories of Amaranth have no reset: ``RST`` is 0.
_PORT = """  wire [35:0] data_{p} = {{in_b, in_a}};
  wire [17:0] narrow_{p} = in_{p};
  wire [8:0] kept_{p} = memory[address_{p}[13:3]];
  wire [2:0] shift_{p} = DATA_WIDTH_{P} == 4 ? {{address_{p}[2], 2'b00}}
    : DATA_WIDTH_{P} == 2 ? {{address_{p}[2:1], 1'b0}} : address_{p}[2:0];
  always @(posedge CLK{P}) begin
    if (RST{P}) out_{p} <= 36'd0;
    else if (CE{P} && (!WE{P} || WRITEMODE_{P} == "READBEFOREWRITE")) case (DATA_WIDTH_{P})
      1: out_{p} <= kept_{p} >> shift_{p} & 9'd1;
      2: out_{p} <= kept_{p} >> shift_{p} & 9'd3;
      4: out_{p} <= kept_{p} >> shift_{p} & 9'd15;
      9: out_{p} <= memory[address_{p}[13:3]];
      18: out_{p} <= {{memory[{{address_{p}[13:4], 1'b1}}], memory[{{address_{p}[13:4], 1'b0}}]}};
      default: out_{p} <= {{memory[{{address_{p}[13:5], 2'd3}}], memory[{{address_{p}[13:5], 2'd2}}],
                         memory[{{address_{p}[13:5], 2'd1}}], memory[{{address_{p}[13:5], 2'd0}}]}};
    endcase
    if (write_{p}) case (DATA_WIDTH_{P})
      1: memory[address_{p}[13:3]] <= kept_{p} & ~(9'd1 << shift_{p}) | (narrow_{p}[8:0] & 9'd1) << shift_{p};
      2: memory[address_{p}[13:3]] <= kept_{p} & ~(9'd3 << shift_{p}) | (narrow_{p}[8:0] & 9'd3) << shift_{p};
      4: memory[address_{p}[13:3]] <= kept_{p} & ~(9'd15 << shift_{p}) | (narrow_{p}[8:0] & 9'd15) << shift_{p};
      9: memory[address_{p}[13:3]] <= narrow_{p}[8:0];
      18: begin
        if (address_{p}[0]) memory[{{address_{p}[13:4], 1'b0}}] <= narrow_{p}[8:0];
        if (address_{p}[1]) memory[{{address_{p}[13:4], 1'b1}}] <= narrow_{p}[17:9];
      end
      default: begin
        if (address_{p}[0]) memory[{{address_{p}[13:5], 2'd0}}] <= data_{p}[8:0];
        if (address_{p}[1]) memory[{{address_{p}[13:5], 2'd1}}] <= data_{p}[17:9];
        if (address_{p}[2]) memory[{{address_{p}[13:5], 2'd2}}] <= data_{p}[26:18];
        if (address_{p}[3]) memory[{{address_{p}[13:5], 2'd3}}] <= data_{p}[35:27];
      end
    endcase
  end"""


def block_ram() -> str:
    """``DP16KD``: two ports, or one of 36 bits to write (A) and one to read (B); memory that begins with zeros."""
    return _BLOCK_RAM.format(
        ports=", ".join(
            f"{way} {name}{port}{end}"
            for port in "AB"
            for way, name, ends in (
                ("input", "DI", range(18)),
                ("input", "AD", range(14)),
                ("input", "CS", range(3)),
                ("output", "DO", range(18)),
                *(("input", name, ("",)) for name in ("CLK", "CE", "OCE", "WE", "RST")),
            )
            for end in ends
        ),
        initvals="\n".join(f"  parameter INITVAL_{number:02X} = 320'd0;" for number in range(64)),
        address_a=_bits("ADA", 14),
        address_b=_bits("ADB", 14),
        in_a=_bits("DIA", 18),
        in_b=_bits("DIB", 18),
        out_low=_bits("DOA", 18),
        out_high=_bits("DOB", 18),
        port_a=_PORT.format(p="a", P="A"),
        port_b=_PORT.format(p="b", P="B"),
    )


def _bits(name: str, count: int) -> str:
    """Single-bit ports as one number, the highest first."""
    return ", ".join(f"{name}{number}" for number in reversed(range(count)))
