# SPDX-License-Identifier: BSD-3-Clause
"""The netlist that a bitstream was made from, as a design that simulates: clock, line and lights on its pins."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spintile.cosim.design import TOP
from spintile.cosim.yosys import run_yosys

from ..bitstream.plan import NAME
from ..boards import Board
from ..gateware.top import LIGHTS
from .models import models

__all__ = ["clock_pin", "netlist_verilog", "wrapped"]

#: Yosys's models of the other cells.
_CELLS = {
    "ice40": "read_verilog -D NO_ICE40_DEFAULT_ASSIGNMENTS +/ice40/cells_sim.v",
    # Its files include each other's registers and pins, which Yosys takes for a second definition.
    "ecp5": "read_verilog -D NO_INCLUDES +/ecp5/cells_sim.v +/ecp5/cells_ff.vh",
}


#: Registers of the serial line that a simulation may hold in its hand: bytes then pass as fast as the link takes them.
#: Which of several names Yosys keeps for the receiver's byte depends on the build.
_BYTE = ("gateware.receiver.bits", "gateware.linked.link.received__payload", "gateware.linked.link.received__payload$1")
_LINE = {
    "receiver_left": ("gateware.receiver.left",),
    "receiver_timer": ("gateware.receiver.timer",),
    "receiver_bits": _BYTE,
    "transmitter_left": ("gateware.transmitter.left",),
    "transmitter_timer": ("gateware.transmitter.timer",),
    "transmitter_bits": ("gateware.transmitter.bits",),
}


def netlist_verilog(board: Board, folder: str | Path, *, netlist: str | None = None, beside: bool = False) -> str:
    """Verilog of the netlist in a build's folder, with the cells in it and the gateware's ports around it.

    Parameters
    ----------
    board : Board
        Which board it was built for.
    folder : path
        Of the build.
    netlist : str, optional
        Another netlist in place of the folder's (deliberate faults).
    beside : bool
        Let bytes pass beside the serial line: counters and shift registers of its two ends become ports.

    Raises
    ------
    FileNotFoundError
        If there is no netlist in the folder.
    RuntimeError
        If Yosys does not accept it.
    """
    text = (Path(folder) / f"{NAME}.json").read_text() if netlist is None else netlist
    widths: dict[str, int] = {}
    if beside:
        text, widths = _open_line(text)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "netlist.json").write_text(text)
        run_yosys(["read_json netlist.json", "write_verilog -noattr netlist.v"], work)
        return wrapped(board, (work / "netlist.v").read_text(), widths)


def wrapped(board: Board, design: str, widths: Mapping[str, int] | None = None) -> str:
    """A board's design with its pins, as one flat module with the ports of the gateware in simulation.

    Parameters
    ----------
    board : Board
        Which board.
    design : str
        Verilog of its design.
    widths : mapping of str to int, optional
        Bits of the further ports that the design has, of which ``transmitter_bits`` is an output.

    Raises
    ------
    RuntimeError
        If Yosys does not accept it.
    """
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "design.v").write_text(design)
        (work / "models.v").write_text(models(board.family))
        (work / "pins.v").write_text(_pins(board, widths or {}))
        steps = [
            _CELLS[board.family],
            "read_verilog -overwrite models.v",
            "read_verilog design.v pins.v",
            f"hierarchy -check -top {TOP}",
            "proc",
            "flatten",
            "opt_expr",
            "opt_clean -purge",
            "write_verilog -noattr flat.v",
        ]
        run_yosys(steps, work)
        # What no one looks at may be anything; a simulator of two values wants one of them. Yosys's own setundef cannot
        # be asked here: it stops at memory ports without a clock.
        return re.sub(
            r"\b\d+'[bh][0-9a-fx]+", lambda number: number[0].replace("x", "0"), (work / "flat.v").read_text()
        )


def _open_line(netlist: str) -> tuple[str, dict[str, int]]:
    """A netlist whose registers of the serial line are ports, and their widths; only the byte to send keeps its own."""
    text: dict[str, Any] = json.loads(netlist)
    module = text["modules"][NAME]
    written: set[Any] = set()
    widths: dict[str, int] = {}
    for port, names in _LINE.items():
        bits = next((module["netnames"][name]["bits"] for name in names if name in module["netnames"]), None)
        if bits is None:
            raise ValueError(f"netlist must have the register {names[0]}")
        widths[port] = len(bits)
        module["ports"][port] = {"direction": "output" if port == "transmitter_bits" else "input", "bits": bits}
        if port != "transmitter_bits":
            written.update(bits)
    module["cells"] = {
        name: cell for name, cell in module["cells"].items() if not written & set(cell["connections"].get("Q", ()))
    }
    return json.dumps(text), widths


def clock_pin(board: Board) -> str:
    """Name of the oscillator's port."""
    return f"{board.make_platform().default_clk}_0__io"


def _pins(board: Board, widths: Mapping[str, int]) -> str:
    """A module around it. ``rst`` is no pin of the board and does nothing; lights that it has not are dark."""
    platform = board.make_platform()
    pins, lights = [f".{clock_pin(board)}(clk)", ".uart_0__rx__io(rx)", ".uart_0__tx__io(tx)"], []
    for field in LIGHTS.members:
        if field not in board.lights:
            lights.append("1'b0")
            continue
        resource, number = board.lights[field]
        inverted = platform.lookup(resource, number).ios[0].invert
        pins.append(f".{resource}_{number}__io({field})")
        lights.append(f"~{field}" if inverted else field)
    pins += [f".{port}({port})" for port in widths]
    ways = {port: "output" if port == "transmitter_bits" else "input" for port in widths}
    more = "".join(f", {way} [{widths[port] - 1}:0] {port}" for port, way in ways.items())
    return "\n".join(
        [
            f"module {TOP} (input clk, input rst, input rx, output tx, output [{len(lights) - 1}:0] lights{more});",
            f"  wire {', '.join(board.lights)};",
            f"  {NAME} board ({', '.join(pins)});",
            f"  assign lights = {{{', '.join(reversed(lights))}}};",
            "endmodule\n",
        ]
    )
