# SPDX-License-Identifier: BSD-3-Clause
"""Differences of the pairs of a read without any repair: for a chip that has no other mode."""

from __future__ import annotations

from amaranth import Module

from .repair import Repair

__all__ = ["Difference"]


class Difference(Repair):
    """``c+ - c-``, the codes less their offsets, one enabled cycle deep.

    Parameters and members are those of :class:`~spintile.rtl.repair.Repair`, of which this is mode ``none``; flags are
    not kept. With one bit a read without driven rows adds nothing.
    """

    LATENCY = 1

    def elaborate(self, platform: object) -> Module:
        """Two subtractions and a register per pair."""
        m = Module()
        silent = self.settings.single_bit & (self.count == 0)
        with m.If(self.enable):
            for pair in range(self.geometry.pairs):
                plus, minus = 2 * pair, 2 * pair + 1
                offset = self.offsets[plus] - self.offsets[minus]
                m.d.sync += self.differences[pair].eq(self.codes[plus] - self.codes[minus] - offset)
        with m.If(self.enable & silent):
            m.d.sync += [difference.eq(0) for difference in self.differences]
        return m
