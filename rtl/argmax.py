# SPDX-License-Identifier: BSD-3-Clause
"""Finds the largest score of an output layer, lane after lane and group after group."""

from __future__ import annotations

from amaranth import Module, Mux, Signal, signed
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from .tokens import lane_count, threshold_word

__all__ = ["Argmax"]


class Argmax(Component):
    """Running argmax of accumulator plus bias over the groups of an output layer; the lowest index wins a tie.

    One lane per cycle passes through pick, add and compare::

        cycle     0       1       2       3       4       5
        start   | 1     |       |       |       |       |
        bias    |       | valid and stable until done ......
        pick    |       | 0     | 1     |       |       |          lanes = 2
        add     |       |       | 0     | 1     |       |
        compare |       |       |       | 0     | 1     |
        done    |       |       |       |       |       | 1        cycle lanes + 3

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    start : In(1)
        A group begins.
    first : In(1)
        It is the first of its image; valid with ``start``.
    lanes : In(7)
        Pairs 0 .. lanes-1 of the group carry neurons; at least one. Stable from ``start`` to ``done``.
    acc : In(pairs of signed acc_bits)
        Accumulators; stable from ``start`` to ``done``.
    bias : In(threshold_word)
        Biases, from the cycle after ``start`` to ``done``.
    done : Out(1)
        The outputs below hold for all groups so far. Set while no group is under way.
    label : Out(16)
        Index of the largest score, counted over the lanes of all groups.
    positive : Out(1)
        The image's first score is not negative: the class of a network with one output.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "start": In(1),
                "first": In(1),
                "lanes": In(lane_count()),
                "acc": In(ArrayLayout(signed(geometry.acc_bits), geometry.pairs)),
                "bias": In(threshold_word(geometry)),
                "done": Out(1, init=1),
                "label": Out(16),
                "positive": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Three stages, each with its valid bit."""
        bits = self.geometry.acc_bits
        m = Module()
        running, picked, added = Signal(), Signal(), Signal()
        lane = Signal.like(self.lanes)
        acc = Signal(signed(bits))
        bias = Signal(signed(bits + 1))
        score = Signal(signed(bits + 2))
        best = Signal.like(score)
        empty = Signal()  # no score of this image has been compared yet
        position = Signal(16)

        m.d.comb += self.done.eq(~running & ~picked & ~added)
        m.d.sync += [picked.eq(running), added.eq(picked)]
        with m.If(self.start):
            m.d.sync += [running.eq(1), lane.eq(0)]
            with m.If(self.first):
                m.d.sync += [empty.eq(1), position.eq(0)]
        with m.If(running):
            m.d.sync += [acc.eq(self.acc[lane]), bias.eq(self.bias[lane][: bits + 1]), lane.eq(lane + 1)]
            with m.If(lane + 1 >= self.lanes):
                m.d.sync += running.eq(0)
        m.d.sync += score.eq(acc + bias)
        with m.If(added):
            m.d.sync += [empty.eq(0), position.eq(position + 1)]
            m.d.sync += self.positive.eq(Mux(empty, score >= 0, self.positive))
            with m.If(empty | (score > best)):
                m.d.sync += [best.eq(score), self.label.eq(position)]
        return m
