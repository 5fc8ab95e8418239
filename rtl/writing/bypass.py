# SPDX-License-Identifier: BSD-3-Clause
"""In place of the writer, where no device is ever written: reads and codes pass."""

from __future__ import annotations

from amaranth import Module
from amaranth.lib.wiring import connect, flipped

from .writer import Writer

__all__ = ["WriterBypass"]


class WriterBypass(Writer):
    """Parameters and members are those of :class:`~spintile.rtl.writing.writer.Writer`.

    Commands do nothing, and nothing is reported.
    """

    def elaborate(self, platform: object) -> Module:
        """Wires; every other output stays 0."""
        m = Module()
        connect(m, flipped(self.rows), flipped(self.read_rows))
        connect(m, flipped(self.read_codes), flipped(self.codes))
        m.d.comb += self.drop.eq(self.soft_reset)
        return m
