# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults at the ports of the whole chip, and the claim that must find each of them."""

from __future__ import annotations

from fault import Fault, in_source
from spintile.cosim.formal import faulty
from spintile.cosim.proofs.geometries import TINY
from spintile.cosim.proofs.host.ports import chip_ports, traces, twin_ports
from spintile.rtl.activation import Activation
from spintile.rtl.axi_lite import AxiLiteSubordinate
from spintile.rtl.top import Top
from spintile.rtl.twin.twin_top import TwinTop

__all__ = ["PORT_FAULTS"]

_chip = in_source(chip_ports, TINY, Top)
_traces = in_source(traces, TINY, Top)

PORT_FAULTS: dict[str, Fault] = {
    "a result is not waited for": Fault(
        _chip("activation.result.ready.eq(self.result.tready)", "activation.result.ready.eq(1)"),
        "result_valid_stays_until_ready",
        14,
    ),
    "a result that is replaced": Fault(
        lambda: chip_ports(
            TINY,
            faulty(
                Top,
                using={
                    "Activation": faulty(
                        Activation, "argmax.done & ~(emit.output_last & self.result.valid)", "argmax.done"
                    )
                },
            ),
        ),
        "result_stands_until_ready",
        16,
    ),
    "a result without an end": Fault(
        _chip("self.result.tlast.eq(1)", "self.result.tlast.eq(0)"), "every_result_is_a_packet"
    ),
    "soft reset leaves the results": Fault(
        _chip("for block in (accumulator, activation)]", "for block in (accumulator,)]"),
        "streams_are_quiet_after_a_soft_reset",
        14,
    ),
    "images are taken while disabled": Fault(
        _chip("loader.enable.eq(enable)", "loader.enable.eq(1)"), "no_image_is_taken_while_disabled"
    ),
    "the bus of the whole chip takes its response back": Fault(
        lambda: chip_ports(
            TINY,
            faulty(
                Top,
                using={
                    "AxiLiteSubordinate": faulty(
                        AxiLiteSubordinate, "with m.If(bus.rvalid & bus.rready):", "with m.If(bus.rvalid):"
                    )
                },
            ),
        ),
        "read_response_valid_stays_until_ready",
    ),
    "a die that is loaded before it is": Fault(
        lambda: twin_ports(TINY, faulty(TwinTop, "self.loaded.eq(twin.loaded)", "self.loaded.eq(~twin.error)")),
        "a_loaded_die_is_shown",
    ),
    "a trace of every offer": Fault(
        _traces("read_path.trace.valid & ~writer.active", "read_path.codes.valid & ~writer.active"),
        "codes_are_traced_when_they_are_taken",
        14,
    ),
    "a trace of the command's reads": Fault(
        _traces("codes_taken = read_path.trace.valid & ~writer.active", "codes_taken = read_path.trace.valid"),
        "codes_are_traced_when_they_are_taken",
        14,
    ),
    "a trace of half of what was taken": Fault(
        _traces("Value.cast(carrier[part])", "Value.cast(carrier[part]) >> 1"),
        "traced_codes_are_those_taken",
        14,
    ),
}
