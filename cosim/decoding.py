# SPDX-License-Identifier: BSD-3-Clause
"""What the numbers on the periphery's signals are called: states, modes, the bit on trial, answers of the bus.

Names of states come from the RTL's own state machines, those of modes from its enumerations, as attributes in the
exported Verilog: a table cannot fall behind the RTL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from amaranth.hdl import Fragment
from amaranth.lib.wiring import Component
from spintile.model.geometry import Geometry
from spintile.rtl.activation import Activation
from spintile.rtl.axi_lite import OKAY, SLVERR
from spintile.rtl.sequencer import Sequencer

from .design import TOP

__all__ = ["DecodedSignal", "decoded_signals", "machine_states"]

#: State machines without an enumeration of their own: where they are, and the block that has them.
_MACHINES: dict[str, type[Component]] = {"sequencer": Sequencer, "activation": Activation}
_RESPONSES = {OKAY: "OKAY", SLVERR: "SLVERR"}


@dataclass(frozen=True)
class DecodedSignal:
    """A signal, and the names of its values.

    Parameters
    ----------
    title : str
        What it is, for people.
    path : str
        Instances below the top, with dots; empty for the top itself.
    name : str
        Of the signal in Verilog, without the backslash of an escaped one.
    width : int
        Bits.
    names : dict of int to str
        Name of each value that has one.
    """

    title: str
    path: str
    name: str
    width: int
    names: dict[int, str]


def decoded_signals(geometry: Geometry, verilog: str, *, partial: bool = False) -> tuple[DecodedSignal, ...]:
    """The signals that are worth a name, in the order in which an image passes them.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    verilog : str
        The exported design.
    partial : bool
        Leave out what the design lacks: netlists and designs of users have other signals.

    Raises
    ------
    ValueError
        If the design lacks one of them, its width cannot hold the names, or an enumeration is none.
    """
    wanted: list[tuple[str, str, str, dict[int, str] | None]] = [
        ("write response", "", "s_axi__bresp", _RESPONSES),
        ("read response", "", "s_axi__rresp", _RESPONSES),
        *((block, block, "state_state", machine_states(kind(geometry))) for block, kind in _MACHINES.items()),
        ("bit on trial", "read_path.column_sense", "mask", _bits_on_trial(geometry)),
        ("repair", "accumulator.repair", "settings.mode", None),
        ("write controller", "writer.controller", "state", None),
        *((f"row {row}", "", f"array__row_mode[{row}]", None) for row in range(geometry.rows)),
        *((f"column {col}", "", f"array__col_mode[{col}]", None) for col in range(geometry.cols)),
    ]
    design = _Design(verilog)
    return tuple(
        design.signal(title, path, name, names)
        for title, path, name, names in wanted
        if not partial or design.has(path, name)
    )


def machine_states(block: Component) -> dict[int, str]:
    """Number and name of each state of a block's state machine, which must be called ``state``."""
    made = block.elaborate(None)
    for whole in (block, made):  # Amaranth warns of what was made and never used
        Fragment.get(whole, None)
    # A block that resets itself is wrapped, and the wrapper does not pass its state machines on.
    machine = Fragment.get(getattr(made, "_elaboratable_", made), None).find_generated("state")
    return dict(sorted(machine.decoding.items()))


def _bits_on_trial(geometry: Geometry) -> dict[int, str]:
    """One-hot; 0 while no trial is out."""
    return {0: "none", **{1 << bit: f"bit {bit}" for bit in range(geometry.adc_bits)}}


class _Design:
    """Modules of a Verilog text by their instance."""

    def __init__(self, verilog: str) -> None:
        modules = {
            match.group(1): match.group()
            for match in re.finditer(r"^module \\?(\S+?) ?\(.*?^endmodule", verilog, re.MULTILINE | re.DOTALL)
        }
        self._modules: dict[str, str] = {}
        waiting = [("", modules.get(TOP, ""))]
        while waiting:
            path, text = waiting.pop()
            self._modules[path] = text
            for kind, instance in re.findall(r"^  \\?(\S+) +\\?(\S+) +\($", text, re.MULTILINE):
                if kind in modules:
                    waiting.append((f"{path}.{instance}".strip("."), modules[kind]))

    def has(self, path: str, name: str) -> bool:
        """Whether an instance has a signal."""
        return self._declaration(path, name) is not None

    def signal(self, title: str, path: str, name: str, names: dict[int, str] | None) -> DecodedSignal:
        """A signal with names that are known, or with those that the design itself has as attributes."""
        where = f"{name} in {path or TOP}"
        found = self._declaration(path, name)
        if found is None:
            raise ValueError(f"decoding: the design must have a signal {where}")
        width = int(found.group(2) or 0) + 1
        if names is None:
            attributes = re.findall(r'\(\* enum_value_([01]+) = "(\w+)" \*\)', found.group(1))
            names = {int(bits, 2): label for bits, label in attributes}
        if not names or max(names) >> width:
            raise ValueError(f"decoding: {where} must be an enumeration of {width} bits, not {names}")
        return DecodedSignal(title, path, name, width, names)

    def _declaration(self, path: str, name: str) -> re.Match[str] | None:
        """Attributes and highest bit of a signal."""
        declared = rf"^((?:  \(\*.*\*\)\n)*)  (?:wire|reg) (?:\[(\d+):0\] )?\\?{re.escape(name)} ?(?:;| =)"
        return re.search(declared, self._modules.get(path, ""), re.MULTILINE)
