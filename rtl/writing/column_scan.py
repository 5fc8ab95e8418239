# SPDX-License-Identifier: BSD-3-Clause
"""Column scan: goes over the columns of a read one by one, adds up repeats, takes the reference off, and judges."""

from __future__ import annotations

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry, Outcome

from ..tokens import Flow
from .tokens import ATTEMPT, COLUMN, column_result, total_shape, window_limits

__all__ = ["ColumnScan"]


class ColumnScan(Component):
    """One adder, one subtractor and four comparators for all columns.

    A column passes through fetch, add and subtract; the comparators stand behind the last. The pipeline moves as a
    whole, and stands while a result is not taken::

        cycle      0       1       2       3       4       5       6       7
        start    | 1     |       |       |       |       |       |       |
        fetch    |       | first |       | last  |       |       |       |        3 columns
        add      |       |       | first |       | last  |       |       |
        subtract |       |       |       | first |       | last  |       |
        results  |       |       |       |       | first |       | last  |        each until it is taken
        idle     | 1     | 0     | 0     | 0     | 0     | 0     | 0     | 1

    ``total`` of a column is its code, plus its total of the scan before unless ``opening``. With ``reference`` the
    total is kept as what every later scan takes off. ``mark`` is a number that the taker may leave with a column, and
    that every later scan brings back.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    start : In(1)
        Begins a scan; only while ``idle``.
    codes : In(cols of adc_bits bits)
        Codes of the read, from ``start`` until ``idle`` again.
    first, last : In(6), In(6)
        Columns to go over.
    opening, reference : In(1), In(1)
        As above; stable from ``start`` until ``idle``.
    targets : In(cols)
        The state of each column's cell: 1 = P.
    windows : In(window_limits)
        The registers ``WINDOW_P`` and ``WINDOW_AP``.
    results : Out(stream of column_result)
        Columns in ascending order.
    mark : In(Flow of 5 bits)
        Valid in the cycle in which a result is taken: stored for its column.
    idle : Out(1)
        No scan is under way.
    abort : In(1)
        Drops the scan.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "start": In(1),
                "codes": In(ArrayLayout(unsigned(geometry.adc_bits), geometry.cols)),
                "first": In(COLUMN),
                "last": In(COLUMN),
                "opening": In(1),
                "reference": In(1),
                "targets": In(geometry.cols),
                "windows": In(window_limits()),
                "results": Out(stream.Signature(column_result(geometry))),
                "mark": In(Flow(ATTEMPT)),
                "idle": Out(1),
                "abort": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Small memories of totals, references and marks, and three stages."""
        m = Module()
        geometry = self.geometry
        m.submodules.totals = totals = Memory(shape=total_shape(geometry), depth=geometry.cols, init=[])
        m.submodules.references = references = Memory(shape=total_shape(geometry), depth=geometry.cols, init=[])
        m.submodules.marks = marks = Memory(shape=ATTEMPT, depth=geometry.cols, init=[])
        total_in, total_out = totals.write_port(), totals.read_port(domain="comb")
        reference_in, reference_out = references.write_port(), references.read_port(domain="comb")

        mark_in, mark_out = marks.write_port(), marks.read_port(domain="comb")

        scanning = Signal()
        fetched = Signal()
        added = Signal()
        moves = Signal()
        column = Signal(COLUMN)
        place = StructLayout({"col": COLUMN, "last": 1, "target": 1})
        fetched_place = Signal(place)
        added_place = Signal(place)
        code = Signal(geometry.adc_bits)
        before = Signal(total_shape(geometry))
        total = Signal.like(before)
        reference = Signal.like(before)
        result, valid = self.results.payload, self.results.valid
        m.d.comb += [
            moves.eq(~valid | self.results.ready),
            self.idle.eq(~scanning & ~fetched & ~added & ~valid),
            total_out.addr.eq(column),
            reference_out.addr.eq(fetched_place.col),
            mark_out.addr.eq(added_place.col),
            mark_in.addr.eq(result.col),
            mark_in.data.eq(self.mark.payload),
            mark_in.en.eq(self.mark.valid),
            total_in.addr.eq(added_place.col),
            total_in.data.eq(total),
            total_in.en.eq(added & moves),
            reference_in.addr.eq(added_place.col),
            reference_in.data.eq(total),
            reference_in.en.eq(added & moves & self.reference),
        ]

        with m.If(self.start):
            m.d.sync += [scanning.eq(1), column.eq(self.first)]
        with m.Elif(scanning & moves):
            m.d.sync += [scanning.eq(column < self.last), column.eq(column + 1)]
        with m.If(moves):
            m.d.sync += [
                fetched.eq(scanning),
                fetched_place.col.eq(column),
                fetched_place.last.eq(column >= self.last),
                fetched_place.target.eq(self.targets.bit_select(column, 1)),
                code.eq(self.codes[column]),
                before.eq(Mux(self.opening, 0, total_out.data)),
                added.eq(fetched),
                added_place.eq(fetched_place),
                total.eq(before + code),
                reference.eq(reference_out.data),
                valid.eq(added),
                result.col.eq(added_place.col),
                result.last.eq(added_place.last),
                result.target.eq(added_place.target),
                result.mark.eq(mark_out.data),
                result.total.eq(total),
                result.difference.eq(total - reference),
            ]
        with m.If(self.abort):
            m.d.sync += [scanning.eq(0), fetched.eq(0), added.eq(0), valid.eq(0)]

        in_p, in_ap = (
            (result.difference >= limits.low) & (result.difference <= limits.high)
            for limits in (self.windows.p, self.windows.ap)
        )
        m.d.comb += result.ok.eq(Mux(result.target, in_p, in_ap))
        with m.If(result.ok):
            m.d.comb += result.outcome.eq(Outcome.OK)
        with m.Elif(result.difference > self.windows.p.high):
            m.d.comb += result.outcome.eq(Outcome.SHORT)
        with m.Elif(result.difference < self.windows.ap.low):
            m.d.comb += result.outcome.eq(Outcome.OPEN)
        with m.Elif(in_p | in_ap):
            m.d.comb += result.outcome.eq(Outcome.STUCK)
        with m.Else():
            m.d.comb += result.outcome.eq(Outcome.MARGINAL)
        return m
