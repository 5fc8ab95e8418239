# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults in the source of repair and accumulator, and the claim that must find each of them."""

from __future__ import annotations

from fault import Fault, in_source
from spintile.cosim.formal import faulty
from spintile.cosim.proofs.geometries import PAIR, TINY
from spintile.cosim.proofs.reading.accumulator import accumulator
from spintile.cosim.proofs.reading.difference import difference
from spintile.cosim.proofs.reading.repair import repair
from spintile.rtl.accumulator import Accumulator
from spintile.rtl.difference import Difference
from spintile.rtl.repair import Repair

__all__ = ["ARITHMETIC_FAULTS"]

_repair = in_source(repair, TINY, Repair)
_accumulator = in_source(accumulator, PAIR, Accumulator)
_difference = in_source(difference, TINY, Difference)

ARITHMETIC_FAULTS: dict[str, Fault] = {
    "constants a bit too narrow": Fault(
        _repair("geometry.adc_bits + 5 + geo", "geometry.adc_bits + 4 + geo"),
        "peak_fits",
    ),
    "an excess a bit too narrow": Fault(
        _repair("signed(bits + 3), signed(limit + 1)", "signed(bits + 3), signed(limit)"), "pair_0_excess_in_pair"
    ),
    "what is possible a bit too narrow": Fault(
        _repair(
            'reach_4 = Signal(bits + 2, name="high_3"), Signal(bits + 2',
            'reach_4 = Signal(bits + 2, name="high_3"), Signal(bits',
        ),
        "reach_4_is_exact",
    ),
    "an open is overlooked": Fault(
        _repair("judged.outside & ~no_flag", "judged.above & ~no_flag"), "pair_0_selected_is_exact"
    ),
    "flags of the other column": Fault(
        _repair("Mux(one_flag, minus_flag", "Mux(one_flag, plus_flag"), "pair_0_selected_is_exact"
    ),
    "flags of reads that heed none": Fault(
        _repair(
            "no_flag = flagged & (plus_flag ^ minus_flag), flagged &", "no_flag = flagged & (plus_flag ^ minus_flag),"
        ),
        "pair_0_selected_is_exact",
    ),
    "flags of the read before": Fault(
        _repair("memory.kernel.eq(kernels[-1])", "memory.kernel.eq(kernels[-2])"), "flags_are_of_the_kernel"
    ),
    "no lower limit": Fault(
        _repair("limited & (stage_5 < lowest)", "limited & 0"),
        "pair_0_is_no_larger_than_the_largest",
    ),
    "an offset added": Fault(_difference("[minus] - offset", "[minus] + offset"), "pair_0_is_exact"),
    "a read of no rows adds": Fault(_difference("self.enable & silent", "self.enable & silent & 0"), "pair_0_is_exact"),
    "a plane too early": Fault(
        _accumulator("<< along[-2].plane", "<< along[-1].plane"),
        "pair_0_is_exact",
        12,
    ),
    "a median without its upper limit": Fault(
        _accumulator("Mux(above, high, difference)", "difference"), "pair_0_adds_the_median", 12
    ),
    "a copy adds by itself": Fault(
        _accumulator("added.eq(0)", "added.eq(difference)"), "pair_0_waits_for_its_copies", 12
    ),
    "copies outlive their abort": Fault(
        _accumulator("[Value.cast(low).eq(0), Value.cast(high).eq(0)]", "[]"), "pair_0_forgets_its_copies", 12
    ),
    "copies outlive their accumulation": Fault(
        _accumulator("read.last | (read.replica == 0)", "(read.replica == 0)"), "pair_0_forgets_its_copies", 12
    ),
    "an accumulator a bit too narrow": Fault(
        lambda: accumulator(
            TINY,
            faulty(
                Accumulator,
                "total[pair].eq(added_to + shifted[pair])",
                "total[pair].eq((added_to + shifted[pair])[: geometry.acc_bits - 1].as_signed())",
            ),
        ),
        "pair_0_is_exact",
        12,
    ),
}
