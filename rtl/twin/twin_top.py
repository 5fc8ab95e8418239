# SPDX-License-Identifier: BSD-3-Clause
"""Periphery and twin as one design: a chip with a die in it, for an FPGA or for a simulator without an array model."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Module
from amaranth.lib.wiring import Component, In, Out, Signature, connect, flipped
from spintile.model.geometry import Geometry

from ..axi_lite import AxiLite
from ..features import FULL, Features
from ..image_loader import AxiStream
from ..pins import ArrayPins
from ..top import Top
from ..trace import TracePins
from .array import Twin

__all__ = ["MONITORED", "TwinTop"]

#: Pins of the array that a simulation may watch.
MONITORED = ("kernel", "select", "row_mode", "gate", "sample", "strobe")


class TwinTop(Component):
    """A host sees the chip of :class:`~spintile.rtl.top.Top`, and one stream more: the die.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    trace : bool
        Whether the ``trace`` and ``array`` ports are there.
    init : sequence of int
        A die to begin with (:class:`Twin`).
    features : Features
        What of the periphery is built.

    Members
    -------
    s_axi, image, result, report, trace
        As in ``Top``.
    die : In(AxiStream of 32)
        A die to load (:class:`DieLoader`).
    loaded, error : Out(1), Out(1)
        Of the loader.
    array : Out
        Only with ``trace``: the pins of ``MONITORED``, between periphery and twin.
    """

    def __init__(
        self, geometry: Geometry, *, trace: bool = False, init: Sequence[int] = (), features: Features = FULL
    ) -> None:
        self.geometry = geometry
        self.features = features
        self._trace = trace
        self._init = init
        members = {
            "s_axi": In(AxiLite()),
            "image": In(AxiStream(geometry.word_bits)),
            "result": Out(AxiStream(32)),
            "report": Out(AxiStream(64)),
            "die": In(AxiStream(32)),
            "loaded": Out(1),
            "error": Out(1),
        }
        if trace:
            pins = ArrayPins(geometry).members
            members["trace"] = Out(TracePins(geometry))
            members["array"] = Out(Signature({name: pins[name] for name in MONITORED}))
        super().__init__(Signature(members))

    def elaborate(self, platform: object) -> Module:
        """Wiring."""
        m = Module()
        m.submodules.periphery = periphery = Top(self.geometry, trace=self._trace, features=self.features)
        m.submodules.twin = twin = Twin(self.geometry, self._init)
        for name in ("s_axi", "image", "result", "report", *(("trace",) if self._trace else ())):
            connect(m, flipped(getattr(self, name)), getattr(periphery, name))
        connect(m, periphery.array, twin.array)
        connect(m, flipped(self.die), twin.die)
        m.d.comb += [self.loaded.eq(twin.loaded), self.error.eq(twin.error)]
        if self._trace:
            m.d.comb += [getattr(self.array, name).eq(getattr(periphery.array, name)) for name in MONITORED]
        return m
