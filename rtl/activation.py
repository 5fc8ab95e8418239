# SPDX-License-Identifier: BSD-3-Clause
"""Turns accumulators into activations of the next layer or into the class of an image."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, ResetInserter, Signal
from amaranth.hdl import Elaboratable
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import THRESHOLD, Geometry

from .argmax import Argmax
from .tokens import (
    ADDRESS,
    THRESHOLD_ADDRESS,
    Flow,
    acc_token,
    activation_trace,
    emit_token,
    result_token,
    threshold_word,
    write_token,
)

__all__ = ["Activation"]


class Activation(Component):
    """Multi-threshold activation with maximum pooling, and argmax with biases, one emit after the other.

    The emit and its accumulators stay on their streams while they are worked on: the emit to the end, accumulators
    until their last comparison, so that the next may come while these are counted and written. A hidden emit of b
    bits takes 2^b + 2 cycles, and b more if it is the last of its pooling window: 5 with one bit, 8 with two. Two
    bits, three thresholds, no pooling::

        cycle               0    1    2    3    4    5    6    7    8
        state             | IDL| COM| COM| COM| COU| POO| WRI| WRI| IDL|
        threshold_address | 0  | 1  | 2  |    |    |    |    |    | 0  |   less emit.threshold
        threshold_data    |    | 0  | 1  | 2  |    |    |    |    |    |   compared at the end of the cycle
        above             |    |    | 0  | 1  | 2  |    |    |    |    |   counted at the end of the cycle
        acc.ready         |    |    |    | 1  |    |    |    |    |    |
        emit.ready        |    |    |    |    |    |    |    | 1  |    |
        write.valid       |    |    |    |    |    |    |    | 0  | 1  |   plane

    An output emit takes ``lanes`` + 4 cycles (see :class:`Argmax`), more if the result before has not been taken.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    emit : In(stream of emit_token)
        What becomes of each accumulation, in order; an ``end`` marker goes without accumulators.
    acc : In(stream of acc_token)
        Accumulators in the same order.
    threshold_address : Out(12)
        Word of the threshold memory.
    threshold_data : In(threshold_word)
        That word, in the cycle after its address.
    write : Out(Flow of write_token)
        A bit plane of activations for the memory, committed at the end of the cycle.
    result : Out(stream of result_token)
        Class of an image.
    layer_done, done_layer : Out(1), Out(3)
        Pulse when an ``end`` marker is taken, and its layer: at least one cycle after the layer's last write.
    trace : Out(Flow of activation_trace)
        Activations of all lanes after pooling, once per window; unused lanes 0.
    idle : Out(1)
        No emit is being worked on and no write or result is on its way.
    abort : In(1)
        Drops everything.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "emit": In(stream.Signature(emit_token())),
                "acc": In(stream.Signature(acc_token(geometry))),
                "threshold_address": Out(THRESHOLD_ADDRESS),
                "threshold_data": In(threshold_word(geometry)),
                "write": Out(Flow(write_token(geometry))),
                "result": Out(stream.Signature(result_token())),
                "layer_done": Out(1),
                "done_layer": Out(3),
                "trace": Out(Flow(activation_trace(geometry))),
                "idle": Out(1),
                "abort": In(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        """State machine; thresholds, planes and argmax beside it."""
        m = Module()
        m.submodules.argmax = argmax = Argmax(self.geometry)
        emit = self.emit.payload
        index = Signal(7)  # of the next threshold
        thresholds = Signal.like(index)
        plane = Signal.like(emit.bits)
        begin, compare, compared, pool, store, take, end = (
            Signal(name=name) for name in ("begin", "compare", "compared", "pool", "store", "take", "end")
        )
        pooled = self._thresholds(m, begin, compare, pool, index, thresholds)
        self._write(m, pool, store, plane, pooled)

        m.d.comb += [
            thresholds.eq((1 << emit.bits) - 1),
            self.threshold_address.eq(emit.threshold + index),
            self.acc.ready.eq(compared | (take & emit.output)),
            self.emit.ready.eq(take | end),
            self.layer_done.eq(end),
            self.done_layer.eq(emit.layer),
            self.trace.valid.eq(store & (plane == 0)),
            self.trace.payload.image.eq(emit.image),
            self.trace.payload.layer.eq(emit.layer),
            self.trace.payload.activations.eq(pooled),
            argmax.start.eq(begin & emit.output),
            argmax.first.eq(emit.output_first),
            argmax.lanes.eq(emit.lanes),
            argmax.acc.eq(self.acc.payload.acc),
            argmax.bias.eq(self.threshold_data),
        ]
        with m.If(self.result.ready):
            m.d.sync += self.result.valid.eq(0)

        with m.FSM(name="state") as state:
            with m.State("IDLE"):
                with m.If(self.emit.valid & emit.end):
                    m.next = "END"
                with m.Elif(self.emit.valid & self.acc.valid):
                    m.d.comb += begin.eq(1)
                    with m.If(emit.output):
                        m.next = "OUTPUT"
                    with m.Else():
                        m.d.sync += index.eq(1)
                        m.next = "COMPARE"
            with m.State("END"):
                m.d.comb += end.eq(1)
                m.next = "IDLE"
            with m.State("COMPARE"):
                m.d.comb += [compare.eq(1), compared.eq(index >= thresholds)]
                m.d.sync += index.eq(index + 1)
                with m.If(compared):
                    m.d.sync += index.eq(0)
                    m.next = "COUNT"
            with m.State("COUNT"):
                m.next = "POOL"
            with m.State("POOL"):
                m.d.comb += [pool.eq(1), take.eq(~emit.pool_last)]
                m.next = "IDLE"
                with m.If(emit.pool_last):
                    m.next = "WRITE"
            with m.State("WRITE"):
                m.d.comb += [store.eq(1), take.eq(plane + 1 >= emit.bits)]
                with m.If(take):
                    m.next = "IDLE"
            with m.State("OUTPUT"), m.If(argmax.done & ~(emit.output_last & self.result.valid)):
                m.d.comb += take.eq(1)
                with m.If(emit.output_last):
                    m.d.sync += [
                        self.result.valid.eq(1),
                        self.result.payload.label.eq(Mux(emit.binary, argmax.positive, argmax.label)),
                        self.result.payload.image.eq(emit.image),
                    ]
                m.next = "IDLE"
        m.d.comb += self.idle.eq(state.ongoing("IDLE") & ~self.emit.valid & ~self.write.valid & ~self.result.valid)
        return ResetInserter(self.abort)(m)

    def _thresholds(
        self, m: Module, begin: Signal, compare: Signal, pool: Signal, index: Signal, thresholds: Signal
    ) -> Signal:
        """Compares, counts, inverts and pools every lane; returns the register of the pooled activations."""
        geometry = self.geometry
        emit = self.emit.payload
        pooled = Signal(self.trace.payload.activations.shape())
        counting = Signal()
        m.d.sync += counting.eq(compare)
        for lane in range(geometry.pairs):
            word = self.threshold_data[lane]
            above = Signal(name=f"above_{lane}")
            invert = Signal(name=f"invert_{lane}")
            count = Signal(geometry.activation_bits, name=f"count_{lane}")
            value = Signal(geometry.activation_bits, name=f"value_{lane}")
            m.d.sync += above.eq(self.acc.payload.acc[lane] >= word[: geometry.acc_bits + 1].as_signed())
            with m.If(compare & (index == 1)):
                m.d.sync += invert.eq(word[THRESHOLD["invert"].low])
            with m.If(begin):
                m.d.sync += count.eq(0)
            with m.Elif(counting):
                m.d.sync += count.eq(count + above)
            # The complement of a count of at most 2^b - 1 is that number less the count.
            with m.If(lane < emit.lanes):
                m.d.comb += value.eq(Mux(invert, count ^ thresholds, count))
            with m.If(pool & (emit.pool_first | (value > pooled[lane]))):
                m.d.sync += pooled[lane].eq(value)
        return pooled

    def _write(self, m: Module, pool: Signal, store: Signal, plane: Signal, pooled: Signal) -> None:
        """Writes the planes of a window, one per cycle, through a register."""
        emit = self.emit.payload
        address = Signal(ADDRESS)
        with m.If(pool):
            m.d.sync += [plane.eq(0), address.eq(emit.destination)]
        m.d.sync += self.write.valid.eq(store)
        with m.If(store):
            m.d.sync += [
                plane.eq(plane + 1),
                address.eq(address + emit.plane_stride),
                self.write.payload.address.eq(address),
                self.write.payload.half.eq(emit.half),
                self.write.payload.data.eq(Cat(lane.bit_select(plane, 1) for lane in pooled)),
                self.write.payload.lanes.eq(emit.lanes),
            ]
