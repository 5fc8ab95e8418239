# SPDX-License-Identifier: BSD-3-Clause
"""Payloads that travel between the blocks of the periphery, each defined here once.

Payloads travel on ``amaranth.lib.stream`` streams (valid, ready, payload), or on a :class:`Flow` where the taker
never stalls. Inside a component no path leads in one cycle from valid to ready or from ready to valid, so that
blocks may be chained in any order::

    sequencer -ReadToken-> gather -RowsToken-> row driver, column sense -CodesToken-> accumulator -AccToken-+
        |                                                                                                   v
        +------------------------------------EmitToken (FIFO)-------------------------------------> activation
                                                            activation memory <-WriteToken-+-ResultToken-> host
"""

from __future__ import annotations

from amaranth import signed, unsigned
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.lib.enum import Enum
from amaranth.lib.wiring import Out, Signature
from spintile.model.geometry import INSTRUCTIONS, LAYER, Geometry, Opcode

__all__ = [
    "ADDRESS",
    "READY_LIMIT_BITS",
    "TAG",
    "THRESHOLD_ADDRESS",
    "Flow",
    "RepairMode",
    "acc_token",
    "activation_trace",
    "adc_bits_shape",
    "codes_token",
    "count_shape",
    "driven_token",
    "emit_token",
    "kernel_shape",
    "lane_count",
    "offsets_layout",
    "read_token",
    "repair_settings",
    "result_token",
    "rows_token",
    "test_settings",
    "threshold_word",
    "write_token",
]

_READ = INSTRUCTIONS[Opcode.READ]
_EMIT = INSTRUCTIONS[Opcode.EMIT]

#: Bit address inside one image's half of the activation memory.
ADDRESS = unsigned(_READ["source"].width)
#: Bits of the register ``READY_LIMIT``: more cycles than lines may settle, a die be loaded into a twin, or both.
READY_LIMIT_BITS = 16
#: Word address of the threshold memory.
THRESHOLD_ADDRESS = unsigned(_EMIT["threshold"].width)
#: Which read this is: carried to the results, the traces and the simulation's array.
TAG = StructLayout({"image": unsigned(32), "ordinal": unsigned(LAYER["ordinal"].width), "layer": unsigned(3)})


class Flow(Signature):
    """A stream without back-pressure: whoever listens takes the payload in the cycle in which it is valid.

    Members
    -------
    payload : Out(payload_shape)
        The payload.
    valid : Out(1)
        Whether there is one in this cycle.
    """

    def __init__(self, payload_shape: ShapeLike) -> None:
        super().__init__({"payload": Out(payload_shape), "valid": Out(1)})


class RepairMode(Enum, shape=2):  # type: ignore[call-arg]  # amaranth's Enum takes a shape
    """What the accumulator does about columns that carry too much or too little."""

    NONE = 0
    RANGE_GUARD = 1
    PAIR_CHECK = 2
    CHECK = 3


def kernel_shape(geometry: Geometry) -> Shape:
    """Number of a kernel; one bit at least, so that no port is empty."""
    return unsigned(max(1, (geometry.kernels - 1).bit_length()))


def count_shape(geometry: Geometry) -> Shape:
    """Number of driven rows, 0 to ``rows``."""
    return unsigned(geometry.rows.bit_length())


def adc_bits_shape(geometry: Geometry) -> Shape:
    """The register ``ADC_BITS``, 1 to ``adc_bits``."""
    return unsigned(geometry.adc_bits.bit_length())


def test_settings(geometry: Geometry) -> StructLayout:
    """Registers of the test of the chip: whether comparators are computed inside, and the code of each column."""
    return StructLayout({"loop_back": unsigned(1), "codes": ArrayLayout(unsigned(geometry.adc_bits), geometry.cols)})


def lane_count() -> Shape:
    """Lanes of an emit that carry neurons, 0 to ``pairs``."""
    return unsigned(_EMIT["lanes"].width)


def read_token(geometry: Geometry) -> StructLayout:
    """Sequencer to gather: one ``READ`` with its addresses resolved inside the image's half."""
    return StructLayout(
        {
            "kernel": kernel_shape(geometry),
            "segment": unsigned(_READ["segment"].width),
            "segments": unsigned(_READ["segments"].width),
            "source": ADDRESS,
            "half": unsigned(1),
            "plane": unsigned(_READ["plane"].width),
            "first": unsigned(1),
            "last": unsigned(1),
            "replica": unsigned(_READ["replica"].width),
            "flagged": unsigned(1),
            "tag": TAG,
        }
    )


def rows_token(geometry: Geometry) -> StructLayout:
    """Gather to row driver: the rows to drive and how many of them are ones."""
    return StructLayout({"rows": unsigned(geometry.rows), "count": count_shape(geometry), **_read_fields(geometry)})


def driven_token(geometry: Geometry) -> StructLayout:
    """Row driver to column sense: the read whose rows have settled on the array's lines."""
    return StructLayout({"count": count_shape(geometry), **_read_fields(geometry)})


def codes_token(geometry: Geometry) -> StructLayout:
    """Column sense to accumulator: one code per column."""
    return StructLayout(
        {
            "codes": ArrayLayout(unsigned(geometry.adc_bits), geometry.cols),
            "count": count_shape(geometry),
            **_read_fields(geometry),
        }
    )


def acc_token(geometry: Geometry) -> StructLayout:
    """Accumulator to activation: the accumulators after the last read of an emit; tag of that read."""
    return StructLayout({"acc": ArrayLayout(signed(geometry.acc_bits), geometry.pairs), "tag": TAG})


def emit_token() -> StructLayout:
    """Sequencer to activation: what becomes of an accumulation. With ``end`` only image and layer are valid besides."""
    return StructLayout(
        {
            "end": unsigned(1),
            "threshold": THRESHOLD_ADDRESS,
            "destination": ADDRESS,
            "half": unsigned(1),
            "lanes": lane_count(),
            "bits": unsigned(_EMIT["bits"].width),
            "plane_stride": unsigned(_EMIT["plane_stride"].width),
            "pool_first": unsigned(1),
            "pool_last": unsigned(1),
            "output": unsigned(1),
            "output_first": unsigned(1),
            "output_last": unsigned(1),
            "binary": unsigned(1),
            "image": unsigned(32),
            "layer": unsigned(3),
        }
    )


def write_token(geometry: Geometry) -> StructLayout:
    """Activation to activation memory: bits 0 .. lanes-1 of ``data`` go to ``address`` and up in ``half``."""
    return StructLayout(
        {"address": ADDRESS, "half": unsigned(1), "data": unsigned(geometry.pairs), "lanes": lane_count()}
    )


def result_token() -> StructLayout:
    """Activation to host: the class of an image (named ``label``: ``class`` is a word of Python's)."""
    return StructLayout({"label": unsigned(16), "image": unsigned(32)})


def activation_trace(geometry: Geometry) -> StructLayout:
    """Trace of one pooled emit: activations of all lanes, unused lanes 0."""
    return StructLayout(
        {
            "image": unsigned(32),
            "layer": unsigned(3),
            "activations": ArrayLayout(unsigned(geometry.activation_bits), geometry.pairs),
        }
    )


def threshold_word(geometry: Geometry) -> ArrayLayout:
    """A word of the threshold memory: one 32-bit lane per pair, packed as ``geometry.THRESHOLD``."""
    return ArrayLayout(unsigned(32), geometry.pairs)


def offsets_layout(geometry: Geometry) -> ArrayLayout:
    """Offset registers, in codes, one per column: subtracted before anything else."""
    return ArrayLayout(signed(geometry.adc_bits + 1), geometry.cols)


def repair_settings(geometry: Geometry) -> StructLayout:
    """Registers of the repair: quantities in LSB/2^F per driven row, ``margin_base`` (m0) in LSB/2^F.

    ``pair_sum`` K is G_P+G_AP of one row, for each pair by itself; ``peak`` P and ``difference`` D are the nominal
    G_P and G_P-G_AP.
    ``single_bit`` is set while ``ADC_BITS`` is 1: reads with no driven row then add nothing.
    """
    constant = unsigned(geometry.adc_bits + geometry.fraction_bits + 5)
    return StructLayout(
        {
            "mode": RepairMode,
            "strict": unsigned(1),
            "single_bit": unsigned(1),
            "pair_sum": ArrayLayout(constant, geometry.pairs),
            "peak": constant,
            "difference": constant,
            "margin_base": constant,
            "margin_row": constant,
        }
    )


def _read_fields(geometry: Geometry) -> dict[str, Shape | StructLayout]:
    """What a read takes along from the gather to the accumulator."""
    return {
        "kernel": kernel_shape(geometry),
        "plane": unsigned(_READ["plane"].width),
        "first": unsigned(1),
        "last": unsigned(1),
        "replica": unsigned(_READ["replica"].width),
        "flagged": unsigned(1),
        "tag": TAG,
    }
