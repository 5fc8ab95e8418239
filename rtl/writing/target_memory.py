# SPDX-License-Identifier: BSD-3-Clause
"""Target memory: the state that each device shall be written to."""

from __future__ import annotations

from amaranth import Module, Mux
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from ..register_file import WindowRead, window_write
from ..tokens import Flow, kernel_shape
from .registers import write_windows
from .tokens import ROW

__all__ = ["TargetMemory"]


class TargetMemory(Component):
    """One word per row of the chip, written by the host in lanes of 32 bits; never cleared.

    ::

        cycle          t      t+1
        kernel, row  | k, r |
        targets      |      | of row r of kernel k

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    write : In(Flow of window_write)
        Group = kernel * rows + row; bit c of lane l is column 32 * l + c.
    read : In(WindowRead)
        Reads of the host, which go before those below.
    kernel, row : In
        Row to read; one that does not exist gives anything.
    targets : Out(cols)
        In the next cycle: 1 = P.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        (self._window,) = write_windows(geometry)
        super().__init__(
            {
                "write": In(Flow(window_write(self._window))),
                "read": In(WindowRead(self._window)),
                "kernel": In(kernel_shape(geometry)),
                "row": In(ROW),
                "targets": Out(geometry.cols),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A memory per lane."""
        m = Module()
        cols, rows = self.geometry.cols, self.geometry.rows
        payload = self.write.payload
        for lane in range(self._window.lanes):
            low, high = 32 * lane, min(32 * lane + 32, cols)
            memory = Memory(shape=high - low, depth=self._window.groups, init=[])
            m.submodules[f"lane_{lane}"] = memory
            writer, reader = memory.write_port(), memory.read_port()
            m.d.comb += [
                writer.addr.eq(payload.group),
                writer.data.eq(payload.data),
                writer.en.eq(self.write.valid & (payload.lane == lane)),
                reader.addr.eq(Mux(self.read.valid, self.read.group, self.kernel * rows + self.row)),
                self.targets[low:high].eq(reader.data),
            ]
            with m.If(self.read.lane == lane):
                m.d.comb += self.read.data.eq(reader.data)
        return m
