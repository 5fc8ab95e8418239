# SPDX-License-Identifier: BSD-3-Clause
"""Flag memory: the columns of each kernel that a self-test found faulty."""

from __future__ import annotations

from amaranth import Module, Mux
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from .register_file import WindowRead, window_write
from .registers import register_map
from .tokens import Flow, kernel_shape

__all__ = ["FlagMemory"]


class FlagMemory(Component):
    """One word per kernel, written by the host in lanes of 32 bits; never cleared.

    ::

        cycle     t     t+1
        kernel  | k |
        flags   |   | of kernel k

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    write : In(Flow of window_write)
        Group = kernel; bit c of lane l is column 32 * l + c.
    read : In(WindowRead)
        Reads of the host, which go before those below.
    kernel : In(kernel_shape)
        Kernel to look up; one that does not exist gives anything.
    enable : In(1)
        Without it the flags stay as they are.
    flags : Out(cols)
        In the next cycle: 1 = faulty.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self._window = register_map(geometry).window("FLAG")
        super().__init__(
            {
                "write": In(Flow(window_write(self._window))),
                "read": In(WindowRead(self._window)),
                "kernel": In(kernel_shape(geometry)),
                "enable": In(1),
                "flags": Out(geometry.cols),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A memory per lane."""
        m = Module()
        payload = self.write.payload
        for lane in range(self._window.lanes):
            low, high = 32 * lane, min(32 * lane + 32, self.geometry.cols)
            memory = Memory(shape=high - low, depth=self._window.groups, init=[])
            m.submodules[f"lane_{lane}"] = memory
            writer, reader = memory.write_port(), memory.read_port()
            m.d.comb += [
                writer.addr.eq(payload.group),
                writer.data.eq(payload.data),
                writer.en.eq(self.write.valid & (payload.lane == lane)),
                reader.addr.eq(Mux(self.read.valid, self.read.group, self.kernel)),
                reader.en.eq(self.enable | self.read.valid),
                self.flags[low:high].eq(reader.data),
            ]
            with m.If(self.read.lane == lane):
                m.d.comb += self.read.data.eq(reader.data)
        return m
