# SPDX-License-Identifier: BSD-3-Clause
"""Files beside waveforms with which GTKWave opens them with names in place of numbers.

``waves.gtkw`` is the save file: which signals are shown. Each table of names is a filter file in ``waves.names/``.
Their paths are relative: call ``gtkwave waves.gtkw`` in the folder of the waveforms.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from spintile.model.files import write_atomically
from spintile.model.geometry import Geometry
from vcd.gtkw import GTKWSave, make_translation_filter

from .build import SimulatorBuild
from .decoding import DecodedSignal, decoded_signals
from .design import TOP

__all__ = ["save_view", "shown_name", "view_waves"]

#: Signals of the top that are shown besides the decoded ones, by group.
_PLAIN = {
    "clock": ("clk", "rst"),
    "array": ("array__sample", "array__strobe", "array__ready", "array__pulse"),
}


def view_waves(waves: Path, geometry: Geometry, build: SimulatorBuild) -> Path:
    """Write the view of a simulation's waveforms, of those signals that its design has; the save file."""
    signals = decoded_signals(geometry, (build.folder / "design.v").read_text(), partial=True)
    return save_view(waves, signals, escaped=build.engine == "icarus")


def save_view(waves: Path, signals: Sequence[DecodedSignal], *, escaped: bool = False) -> Path:
    """Write the save file and the filters of some waveforms.

    Parameters
    ----------
    waves : Path
        The waveforms' file.
    signals : sequence of DecodedSignal
        What is shown with names.
    escaped : bool
        Whether the simulator keeps the backslash of Verilog's escaped names.

    Returns
    -------
    Path
        The save file, beside the waveforms.
    """
    filters = waves.with_suffix(".names")
    filters.mkdir(exist_ok=True)
    text = io.StringIO()
    view = GTKWSave(text)
    view.dumpfile(waves.name, abspath=False)
    for group, names in _PLAIN.items():
        with view.group(group):
            for name in names:
                view.trace(f"{TOP}.{name}")
    for signal in signals:
        place = filters / f"{_file_name(signal)}.txt"
        table = make_translation_filter(list(signal.names.items()), datafmt="hex", size=signal.width)
        write_atomically(place, f"{table}\n".encode())
        view.trace(
            shown_name(signal, escaped=escaped) + (f"[{signal.width - 1}:0]" if signal.width > 1 else ""),
            alias=signal.title,
            datafmt="hex",
            translate_filter_file=f"{filters.name}/{place.name}",
        )
    target = waves.with_suffix(".gtkw")
    write_atomically(target, text.getvalue().encode())
    return target


def shown_name(signal: DecodedSignal, *, escaped: bool = False) -> str:
    """What the waveforms call a signal, without its range of bits."""
    name = f"\\{signal.name}" if escaped and not signal.name.isidentifier() else signal.name
    return ".".join(part for part in (TOP, signal.path, name) if part)


def _file_name(signal: DecodedSignal) -> str:
    """Signals with the same enumeration share a file: lines of the array, responses of the bus."""
    if not signal.path:
        return signal.name.partition("[")[0]
    return signal.path.rpartition(".")[2]
