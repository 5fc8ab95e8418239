# SPDX-License-Identifier: BSD-3-Clause
"""Bins of what goes wrong, and of the register bus: told by the directed runs, each after it has checked the answer."""

from __future__ import annotations

from spintile.model.geometry import Geometry

from .bins import Bin, make_bins

__all__ = ["event_bins"]

_TABLE = {
    "bus.address_first": "a write whose address came before its data",
    "bus.data_first": "a write whose data came before its address",
    "bus.together": "a read and a write at the same time",
    "bus.partial_strobe": "a write of some bytes only: refused, nothing is written",
    "bus.write_read_only": "a write to a register that can only be read: refused",
    "bus.read_write_only": "a read of a register that can only be written: refused",
    "bus.read_busy_memory": "a read of a window while the chip is enabled: refused",
    "bus.read_memory": "a read of a window while it is not: what was written",
    "bus.write_nothing": "a write where there is nothing: refused",
    "bus.read_nothing": "a read where there is nothing: refused",
    "bus.while_running": "a register read while images are under way",
    "status.idle": "STATUS 0",
    "status.busy": "STATUS.busy while images are under way",
    "status.images_in_flight": "STATUS.images_in_flight above 0",
    "error.unwritten_word": "the sequencer met an unwritten word",
    "error.opcode_6": "an opcode that does not exist",
    "error.opcode_7": "the other one",
    "error.end_of_memory": "a program that runs beyond the last word",
    "error.segments_zero": "a READ without segments",
    "error.kernel_beyond": "a READ of a kernel that there is not",
    "error.lanes_zero": "an EMIT without lanes",
    "error.lanes_beyond": "an EMIT of more lanes than there are pairs",
    "error.bits_zero": "an EMIT of no bits",
    "error.bits_beyond": "an EMIT of more bits than activations have",
    "error.loop_too_deep": "more loops in each other than loop_depth",
    "error.loop_empty": "a loop of count 0",
    "error.next_without_loop": "a NEXT without its LOOP",
    "error.loop_open": "an END within a loop",
    "error.last_early": "tlast before the last word of an image",
    "error.last_late": "no tlast with the last word",
    "error.adc_bits_zero": "enabled with ADC_BITS 0",
    "error.adc_bits_beyond": "ADC_BITS of more than the converters have",
    "error.layers_zero": "LAYERS 0",
    "error.layers_beyond": "LAYERS of more than layer_limit",
    "error.beats_zero": "BEATS 0",
    "error.beats_beyond": "BEATS of more than the memory holds",
    "error.array": "an array that is not ready for READY_LIMIT cycles",
    "error.array_midway": "one that stops being ready midway: results before it come, and are right",
    "error.array_just_not": "one that is ready in the last of them",
    "recovery.error": "the next image after an error and a soft reset, equal to the golden model",
    "recovery.soft_reset": "a soft reset with images under way, and the next image equal to the golden model",
    "recovery.reset": "a reset with images under way, and the next image equal to the golden model",
    "recovery.disabled": "enable cleared with images under way: they finish, no others begin",
    "command.refused_enabled": "a write command while the chip is enabled",
    "command.refused_busy": "a write command while another one runs",
    "command.op": "a command of an operation that does not exist",
    "command.kernels_order": "first kernel above the last",
    "command.kernels_beyond": "last kernel beyond the chip",
    "command.rows_order": "first row above the last",
    "command.rows_beyond": "last row beyond the kernel",
    "command.cols_order": "first column above the last",
    "command.cols_beyond": "last column beyond the kernel",
    "command.steps_zero": "no steps",
    "command.steps_beyond": "more steps than there are",
    "command.repeats_zero": "no repeats",
    "command.repeats_beyond": "more repeats than there may be",
    "command.passes_zero": "no passes",
    "command.step_empty": "a step of no width among those that are used",
    "command.one_bit": "a command with one-bit reads",
    "command.abort_read": "a command aborted while it read",
    "command.abort_waiting": "aborted while its report was not taken",
    "command.array_error": "ended by an array that was not ready for READY_LIMIT cycles",
    "command.soft_reset": "dropped by a soft reset",
    "command.recovery": "the next command after an abort, complete",
    "test.codes": "a read whose codes come from registers",
    "test.one_bit": "one whose comparators do, with one bit",
}


def event_bins(geometry: Geometry) -> list[Bin]:
    """Bins of events; values beyond a chip's sizes only where registers and instructions can hold them."""
    held = {
        "error.adc_bits_beyond": geometry.adc_bits + 1 < 1 << geometry.adc_bits.bit_length(),
        "error.kernel_beyond": geometry.kernels < 256,
        "command.kernels_beyond": geometry.kernels < 256,
        "command.rows_beyond": geometry.rows < 64,
        "command.cols_beyond": geometry.cols < 64,
    }
    return make_bins({name: what for name, what in _TABLE.items() if held.get(name, True)})
