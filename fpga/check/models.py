# SPDX-License-Identifier: BSD-3-Clause
"""Plain models of cells that simulate badly or not at all with Yosys's: pins, PLLs, and block RAM of the ECP5.

A pin is a wire. A PLL passes its input on and is locked: every cycle of the gateware is one of the oscillator's, which
changes no bit, since the serial line is counted in cycles of the gateware too.
"""

from __future__ import annotations

from ..boards.board import Family

__all__ = ["models"]

_PIN_ICE40 = """
module {name} (inout PACKAGE_PIN, input LATCH_INPUT_VALUE, input CLOCK_ENABLE, input INPUT_CLK, input OUTPUT_CLK,
  input OUTPUT_ENABLE, input D_OUT_0, input D_OUT_1, output D_IN_0, output D_IN_1, output GLOBAL_BUFFER_OUTPUT);
  parameter [5:0] PIN_TYPE = 6'b000000;
  parameter [0:0] PULLUP = 1'b0;
  parameter [0:0] NEG_TRIGGER = 1'b0;
  parameter IO_STANDARD = "SB_LVCMOS";
  generate if (PIN_TYPE[5:2] == 4'b0000) assign D_IN_0 = PACKAGE_PIN;
  else if (PIN_TYPE[5:2] == 4'b0110) assign PACKAGE_PIN = D_OUT_0;
  else if (PIN_TYPE[5:2] == 4'b1010) assign PACKAGE_PIN = OUTPUT_ENABLE ? D_OUT_0 : 1'bz;
  else NO_MODEL_OF_THIS_KIND_OF_PIN error (); endgenerate
  assign GLOBAL_BUFFER_OUTPUT = D_IN_0;
endmodule
"""
_PLL_ICE40 = """
module SB_PLL40_PAD (input PACKAGEPIN, output PLLOUTCORE, output PLLOUTGLOBAL, input EXTFEEDBACK,
  input [7:0] DYNAMICDELAY, output LOCK, input BYPASS, input RESETB, input LATCHINPUTVALUE, output SDO, input SDI,
  input SCLK);
  parameter FEEDBACK_PATH = "SIMPLE", PLLOUT_SELECT = "GENCLK";
  parameter DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED", DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED";
  parameter SHIFTREG_DIV_MODE = 0, FDA_FEEDBACK = 0, FDA_RELATIVE = 0, DIVR = 0, DIVF = 0, DIVQ = 0, FILTER_RANGE = 0;
  parameter ENABLE_ICEGATE = 0, TEST_MODE = 0;
  assign PLLOUTCORE = PACKAGEPIN, PLLOUTGLOBAL = PACKAGEPIN, LOCK = 1'b1;
endmodule
"""
_PIN_ECP5 = """
module TRELLIS_IO (inout B, input I, input T, output O);
  parameter DIR = "INPUT";
  generate if (DIR == "INPUT") assign O = B;
  else if (DIR == "OUTPUT") assign B = I;
  else NO_MODEL_OF_THIS_KIND_OF_PIN error (); endgenerate
endmodule
"""
_PLL_ECP5 = """
module EHXPLLL (input CLKI, input CLKFB, input PHASESEL1, input PHASESEL0, input PHASEDIR, input PHASESTEP,
  input PHASELOADREG, input STDBY, input PLLWAKESYNC, input RST, input ENCLKOP, input ENCLKOS, input ENCLKOS2,
  input ENCLKOS3, output CLKOP, output CLKOS, output CLKOS2, output CLKOS3, output LOCK, output INTLOCK,
  output REFCLK, output CLKINTFB);
  parameter PLLRST_ENA = "", INTFB_WAKE = "", STDBY_ENABLE = "", DPHASE_SOURCE = "", FEEDBK_PATH = "";
  parameter OUTDIVIDER_MUXA = "", OUTDIVIDER_MUXB = "", OUTDIVIDER_MUXC = "", OUTDIVIDER_MUXD = "";
  parameter CLKI_DIV = 1, CLKFB_DIV = 1, CLKOP_ENABLE = "", CLKOP_DIV = 1, CLKOP_CPHASE = 0, CLKOP_FPHASE = 0;
  assign CLKOP = CLKI, LOCK = 1'b1;
endmodule
"""
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


#: Without registers and unsigned: what a product in combinational logic becomes. It has no parameter.
_MULTIPLIER = """
module MULT18X18D ({ports}, input SIGNEDA, input SIGNEDB, input SOURCEA, input SOURCEB);
  assign {{{product}}} = {{18'd0, {a}}} * {{18'd0, {b}}};
endmodule
"""


def models(family: Family) -> str:
    """Verilog of the cells, to be read over Yosys's own."""
    if family == "ice40":
        return "".join(_PIN_ICE40.format(name=name) for name in ("SB_IO", "SB_GB_IO")) + _PLL_ICE40
    return _PIN_ECP5 + _PLL_ECP5 + block_ram() + multiplier()


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


def multiplier() -> str:
    """``MULT18X18D``: two unsigned numbers of 18 bits; a parameter or a clock is an error."""
    ways = (("input", "A", 18), ("input", "B", 18), ("input", "C", 18), ("output", "P", 36))
    return _MULTIPLIER.format(
        ports=", ".join(f"{way} {name}{number}" for way, name, count in ways for number in range(count)),
        product=_bits("P", 36),
        a=_bits("A", 18),
        b=_bits("B", 18),
    )


def _bits(name: str, count: int) -> str:
    """Single-bit ports as one number, the highest first."""
    return ", ".join(f"{name}{number}" for number in reversed(range(count)))
