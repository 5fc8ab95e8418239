# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults in the source of the host side, and the claim that must find each of them."""

from __future__ import annotations

from fault import Fault, in_source
from spintile.cosim.proofs.geometries import TINY
from spintile.cosim.proofs.host.axi_lite import axi_lite
from spintile.cosim.proofs.host.counters import counters
from spintile.cosim.proofs.host.register_file import register_file
from spintile.cosim.proofs.queues import report_stream, stream_fifo
from spintile.rtl.axi_lite import AxiLiteSubordinate
from spintile.rtl.counters import Counters
from spintile.rtl.register_file import RegisterFile
from spintile.rtl.stream_fifo import StreamFifo
from spintile.rtl.writing.report_stream import ReportStream

__all__ = ["HOST_FAULTS"]

_bus = in_source(axi_lite, TINY, AxiLiteSubordinate)
_registers = in_source(register_file, TINY, RegisterFile)
_counters = in_source(counters, TINY, Counters)
_queue = in_source(stream_fifo, TINY, StreamFifo)
_report = in_source(report_stream, TINY, ReportStream)
_six_columns = in_source(register_file, TINY.replace(cols=6), RegisterFile)

HOST_FAULTS: dict[str, Fault] = {
    # AXI4-Lite.
    "a write response is taken back": Fault(
        _bus("with m.If(bus.bvalid & bus.bready):", "with m.If(bus.bvalid):"), "write_response_valid_stays_until_ready"
    ),
    "a read response is taken back": Fault(
        _bus("with m.If(bus.rvalid & bus.rready):", "with m.If(bus.rvalid):"), "read_response_valid_stays_until_ready"
    ),
    "a read overtakes its response": Fault(
        _bus("access.read.eq(wanted & ~reading & ~bus.rvalid)", "access.read.eq(wanted & ~reading)"),
        "read_response_stands_until_ready",
    ),
    "a write overtakes its response": Fault(
        _bus("write.eq(has_address & has_data & ~bus.bvalid)", "write.eq(has_address & has_data)"),
        "write_response_stands_until_ready",
    ),
    "a response without data": Fault(
        _bus("write.eq(has_address & has_data & ~bus.bvalid)", "write.eq(has_address & ~bus.bvalid)"),
        "no_write_response_without_its_request",
    ),
    "a response without an end": Fault(
        _bus("                wanted.eq(0),\n", ""), "no_read_response_without_its_request"
    ),
    "a write is made twice": Fault(_bus("                has_data.eq(0),\n", ""), "data_are_counted"),
    "responses survive reset": Fault(
        _bus('"bvalid": In(1)', '"bvalid": In(1, init=1)'),
        "no_response_after_reset",
    ),
    "a decode error instead of a refusal": Fault(
        _bus("SLVERR = 2", "SLVERR = 3"), "a_write_response_is_okay_or_slverr"
    ),
    "a partial write is carried out": Fault(
        _bus("access.write.eq(write & (strobe == 0xF))", "access.write.eq(write)"), "a_write_is_one_access"
    ),
    "an address of the write after": Fault(
        _bus("with m.If(bus.awvalid & bus.awready):", "with m.If(bus.awvalid):"), "an_address_is_held_as_it_came"
    ),
    "a read is never begun": Fault(
        _bus("access.read.eq(wanted & ~reading & ~bus.rvalid)", "access.read.eq(0)"), "a_read_is_answered_in_two_cycles"
    ),
    "a write is never begun": Fault(
        _bus("write.eq(has_address & has_data & ~bus.bvalid)", "write.eq(0)"), "a_write_is_answered_in_the_next_cycle"
    ),
    "a refused read shows data": Fault(
        _bus("Mux(access.read_error, 0, access.read_data)", "access.read_data"), "a_read_is_answered_as_it_went"
    ),
    # Registers.
    "a pulse that stays": Fault(
        _registers("stored.eq(stored & ~Const(pulses, 32))", "stored.eq(stored)"), "control_holds_what_was_written"
    ),
    "bits without a field are kept": Fault(
        _registers(
            "storage[register.name, index].eq(access.write_data & register.mask)",
            "storage[register.name, index].eq(access.write_data)",
        ),
        "adc_bits_holds_what_was_written",
    ),
    "a write without an access": Fault(
        _registers("                            with m.If(access.write):\n", "                            if True:\n"),
        "settle_holds_what_was_written",
    ),
    "a lane that does not exist": Fault(
        _six_columns(" & (lane < window.lanes))", ")"),
        "a_write_to_nothing_is_an_error",
    ),
    "a window too long": Fault(
        _registers("(relative < window.words)", "(relative <= window.words)"), "flag_is_passed_on"
    ),
    "a read-only register can be written": Fault(
        _registers(
            '                        if register.access != "ro":\n                            m.d.comb += exists.eq(1)',
            "                        m.d.comb += exists.eq(1)",
        ),
        "a_write_to_nothing_is_an_error",
    ),
    "elements in one place": Fault(
        _registers("shown.eq(self._value(register, index))", "shown.eq(self._value(register, 0))"),
        "layer_is_read",
    ),
    "an offset of its neighbour": Fault(
        _registers("self.offsets[group].eq(", "self.offsets[group ^ 1].eq("), "an_offset_holds_what_was_written"
    ),
    # Counters.
    "results are counted while cleared": Fault(
        _counters("m.d.sync += [getattr(self, name).eq(0) for name in events]", "m.d.sync += self.cycles.eq(0)"),
        "images_are_counted",
    ),
    "the first result is the last": Fault(
        _counters("with m.If(self.images == 0):", "with m.If(1):"), "the_first_result_is_timed"
    ),
    # Queues.
    "a queue that takes too many": Fault(
        _queue("self.i.ready.eq(queue.w_rdy)", "self.i.ready.eq(1)"),
        "tokens_are_counted",
    ),
    "a word is dropped": Fault(
        _report("queue.o.ready.eq(self.report.tready)", "queue.o.ready.eq(1)"),
        "report_valid_stays_until_ready",
    ),
    "an end that comes too early": Fault(
        _report("self.report.tlast.eq(queue.o.payload.last)", "self.report.tlast.eq(1)"),
        "a_token_leaves_as_it_came_in_its_turn",
    ),
}
