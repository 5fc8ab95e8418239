# SPDX-License-Identifier: BSD-3-Clause
"""Watchdog: counts how long a settled read has waited for the array, and says when that was too long."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib.wiring import Component, In, Out

from .tokens import READY_LIMIT_BITS

__all__ = ["Watchdog"]


class Watchdog(Component):
    """An error after ``limit`` cycles of waiting in a row.

    ::

        cycle     0     1     2     3     4     5
        waiting | 1   | 0   | 1   | 1   | 1   | 0   |        limit = 3
        error   | 0   | 0   | 0   | 0   | 0   | 1   | 1 until clear

    Members
    -------
    limit : In(16)
        The register ``READY_LIMIT``; 0: none. Stable while reads are under way.
    waiting : In(1)
        A read is kept from being sampled by the array, and by nothing else.
    error : Out(1)
        The limit was reached; stays until ``clear``.
    clear : In(1)
        ``error`` is 0 in the next cycle, and the count begins anew.
    """

    def __init__(self) -> None:
        super().__init__({"limit": In(READY_LIMIT_BITS), "waiting": In(1), "error": Out(1), "clear": In(1)})

    def elaborate(self, platform: object) -> Module:
        """A counter and a comparison."""
        m = Module()
        count = Signal(READY_LIMIT_BITS)  # cycles before this one
        with m.If(self.waiting & (count + 1 == self.limit)):
            m.d.sync += self.error.eq(1)
        with m.If(self.waiting):
            m.d.sync += count.eq(count + 1)
        with m.Else():
            m.d.sync += count.eq(0)
        with m.If(self.clear):
            m.d.sync += [self.error.eq(0), count.eq(0)]
        return m
