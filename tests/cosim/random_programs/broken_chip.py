# SPDX-License-Identifier: BSD-3-Clause
"""The periphery in a wrapper that breaks its ports in one of several ways, chosen by the input ``fault``."""

from __future__ import annotations

import re

from needed_tools import engine_or_skip
from spintile.cosim.compiled import Library, build_library
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.random_programs.case import Program
from spintile.cosim.random_programs.networks import job_of
from spintile.model.geometry import Geometry

#: Small: the wrapper is built for these tests alone.
TINY = Geometry(
    name="tiny", rows=3, cols=4, kernels=4, adc_bits=3, fraction_bits=2, acc_bits=20, activation_depth=64,
    instruction_depth=32, segment_depth=24, threshold_depth=16, layer_limit=2, loop_depth=2,
)  # fmt: skip

#: Two words an image, so that tlast may come early.
SMALL = Program(7, (9,), (), classes=2, adc_bits=3, repair="range_guard", images=3)

#: What is broken, in the order of ``fault``'s numbers from 1: the port, and what becomes of it then. ``inner`` is the
#: sound port; inputs are broken on their way in.
FAULTS = {
    # Outputs.
    "an answer to a write is taken back": ("s_axi__bvalid", "inner & ~(held_b & ~s_axi__bready)"),
    "a write is answered before its data": ("s_axi__bvalid", "inner | (s_axi__awvalid & ~s_axi__wvalid)"),
    "errors are not told": ("s_axi__rdata", "inner & (at_status ? ~32'h1e : ~32'h0)"),
    "busy is not told": ("s_axi__rdata", "inner & (at_status ? ~32'h1 : ~32'h0)"),
    "a refusal is not told": ("s_axi__rdata", "inner & (at_write_status ? ~32'h2 : ~32'h0)"),
    "holes read as if something were there": ("s_axi__rresp", "2'd0"),
    "a result is taken back": ("result__tvalid", "inner & ~waited"),
    "a line stays driven": ("array__gate", "inner | 4'd1"),
    # Inputs.
    "a part of a word is written": ("s_axi__wstrb", "4'hf"),
    "tlast is where it should be": ("image__tlast", "whole"),
    "ready is not waited for": ("array__ready", "1'b1"),
    "a reset does nothing": ("rst", "1'b0"),
    "a soft reset does nothing": ("s_axi__wdata", "inner & (s_axi__awaddr == 20'hc ? ~32'h2 : ~32'h0)"),
    "a comparator is wrong": ("array__comparator", "inner ^ 4'd1"),
    "enable cannot be cleared": ("s_axi__wdata", "inner | (s_axi__awaddr == 20'hc ? 32'h1 : 32'h0)"),
    "registers change by reads": ("s_axi__awaddr", "s_axi__arvalid ? s_axi__araddr : inner"),
}

_INNER = re.compile(r"\binner\b")
#: Signals that the faults look at.
_STATE = """
reg held_b, waited, at_status, at_write_status; reg [15:0] beat;
wire whole = beat == {beats};
always @(posedge clk) begin
  held_b <= ~rst & s_axi__bvalid & ~s_axi__bready;
  waited <= ~rst & inner__result__tvalid & ~result__tready;
  if (s_axi__arvalid & s_axi__arready) begin
    at_status <= s_axi__araddr[19:2] == 18'h4; at_write_status <= s_axi__araddr[19:2] == 18'h48;
  end
  if (rst | (s_axi__awvalid & s_axi__awaddr == 20'hc)) beat <= 0;
  else if (image__tvalid & image__tready) beat <= whole ? 0 : beat + 1;
end
"""


def broken_library(fault: str) -> tuple[Library, int]:
    """The chip in its wrapper, and the number of a fault; for images of as many words as those of ``SMALL``."""
    engine_or_skip("compiled")
    beats = job_of(SMALL, TINY).loaded.beats
    assert beats > 1
    verilog, top = _wrapped(periphery_verilog(TINY), TOP, beats)
    return build_library(verilog, top, TINY, optimise="-O0"), list(FAULTS).index(fault) + 1


def _wrapped(verilog: str, top: str, beats: int) -> tuple[str, str]:
    """The design in its wrapper, and the wrapper's name."""
    body = verilog[verilog.index(f"module {top}(") :]
    body = body[: body.index("endmodule")]
    ports = re.findall(r"^  (input|output)((?: \[\d+:\d+\])?) (\w+);", body, re.MULTILINE)
    broken = {name for name, _ in FAULTS.values()}
    lines = [f"module broken({', '.join(f'{way}{width} {name}' for way, width, name in ports)}, input [7:0] fault);"]
    for way, width, name in ports:
        if name not in broken:
            continue
        lines.append(f"wire{width} inner__{name};")
        sound = f"inner__{name}" if way == "output" else name
        value = sound
        for number, (port, expression) in enumerate(FAULTS.values(), 1):
            if port == name:
                value = f"fault == {number} ? ({_INNER.sub(sound, expression)}) : {value}"
        lines.append(f"assign {name if way == 'output' else f'inner__{name}'} = {value};")
    lines.append(_STATE.format(beats=beats - 1))
    inside = ", ".join(f".{name}({'inner__' if name in broken else ''}{name})" for _, _, name in ports)
    lines += [f"{top} inner({inside});", "endmodule"]
    return verilog + "\n".join(lines) + "\n", "broken"
