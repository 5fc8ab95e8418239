# SPDX-License-Identifier: BSD-3-Clause
"""The register map: one table from which the register file, the C header, SystemRDL and HTML are made."""

from __future__ import annotations

from spintile.model.geometry import Geometry

from .features import FULL
from .register_table import Register, RegisterField, RegisterMap, Window, whole
from .tokens import READY_LIMIT_BITS
from .writing.registers import write_registers, write_windows

__all__ = ["IDENTITY", "VERSION", "Register", "RegisterField", "RegisterMap", "Window", "register_map"]

#: "SPTL" in ASCII.
IDENTITY = 0x5350544C
#: Of this map: major (a host must know it) in the upper half, minor (only additions) in the lower.
VERSION = 0x0002_0001


def register_map(geometry: Geometry) -> RegisterMap:
    """The map of a chip: widths, reset values and window sizes follow from its geometry."""
    constant = geometry.adc_bits + geometry.fraction_bits + 5
    lsb = "in LSB/2^F"
    control = Register(
        "CONTROL",
        0x00C,
        "rw",
        (
            RegisterField("enable", 0, 1, "Take images and begin them; images under way finish when cleared."),
            RegisterField("soft_reset", 1, 1, "Drop everything under way and clear errors; memories stay.", pulse=True),
            RegisterField("clear_counters", 2, 1, "Set all performance counters to 0.", pulse=True),
        ),
        "Start, stop and clear. Program and registers must be written while enable is 0 and STATUS.busy is 0.",
    )
    status = Register(
        "STATUS",
        0x010,
        "ro",
        (
            RegisterField("busy", 0, 1, "An image is in the chip, a read is under way, or a command is."),
            RegisterField("illegal_instruction", 1, 1, "The sequencer met a word that is no instruction and stopped."),
            RegisterField("loop_error", 2, 1, "Loops too deep, empty or unbalanced; the sequencer stopped."),
            RegisterField("stream_error", 3, 1, "tlast was not on the last word of an image; loading stopped."),
            RegisterField("configuration_error", 4, 1, "Enabled with ADC_BITS, LAYERS or BEATS out of range."),
            RegisterField("array_error", 5, 1, "The array was not ready for READY_LIMIT cycles; every line rests."),
            RegisterField("images_in_flight", 8, 8, "Images loaded whose result has not been taken."),
        ),
        "What the chip is doing. Errors stay until soft_reset.",
    )
    repair = Register(
        "REPAIR",
        0x028,
        "rw",
        (
            RegisterField("mode", 0, 2, "0 none, 1 range guard, 2 pair check, 3 check with flags."),
            RegisterField("strict", 4, 1, "Pair check: a short with no clear culprit gives 0."),
        ),
        "What the accumulator does about faulty columns.",
    )
    pair_sum = Register(
        "PAIR_SUM",
        0x200,
        "rw",
        (RegisterField("value", 0, constant, f"K {lsb}."),),
        "K: G_P + G_AP of one row, as each pair of columns shows it.",
        count=geometry.pairs,
    )
    layers = Register(
        "LAYER",
        0x080,
        "rw",
        (
            RegisterField("start", 0, 12, "First instruction of the layer's program."),
            RegisterField("ordinal", 12, 20, "Ordinal of the layer's first read within an image."),
        ),
        "Where the programs of the layers start.",
        count=geometry.layer_limit,
    )
    test = Register(
        "TEST",
        0x05C,
        "rw",
        (RegisterField("loop_back", 0, 1, "Comparators answer as if every column held its TEST_CODE; ready is 1."),),
        "Test of the chip without an array. Must be written while enable is 0 and STATUS.busy is 0.",
    )
    test_code = Register(
        "TEST_CODE",
        0x300,
        "rw",
        (RegisterField("value", 0, geometry.adc_bits, "Code of the column."),),
        "What the columns convert to with TEST.loop_back; in B bits 2^B - 1 at most, with one bit the pair's larger.",
        count=geometry.cols,
    )
    lanes = 1 << (geometry.pairs - 1).bit_length()
    flag_lanes = -(-geometry.cols // 32)
    return RegisterMap(
        geometry,
        (
            whole("IDENTITY", 0x000, "ro", 'Always 0x5350544C, "SPTL".', reset=IDENTITY),
            whole("VERSION", 0x004, "ro", "Version of this map, major in bits 31:16, minor in 15:0.", reset=VERSION),
            whole("GEOMETRY", 0x008, "ro", "Digest of the geometry this chip was made for.", reset=geometry.digest()),
            control,
            status,
            whole(
                "ADC_BITS",
                0x014,
                "rw",
                f"Bits of a conversion, 1 to {geometry.adc_bits}; 1 compares the columns of a pair.",
                width=geometry.adc_bits.bit_length(),
                reset=geometry.adc_bits,
            ),
            whole(
                "SETTLE",
                0x018,
                "rw",
                "Whole cycles that rows are driven before the sample.",
                width=8,
                reset=geometry.settle_cycles,
            ),
            whole("LAYERS", 0x01C, "rw", f"Layers of the network, 1 to {geometry.layer_limit}.", width=4),
            whole("BEATS", 0x020, "rw", f"Words of {geometry.word_bits} bits per image.", width=16),
            whole("IMAGE_INDEX", 0x024, "rw", "Index of the next image, taken over when written and by soft_reset."),
            repair,
            whole("PEAK", 0x030, "rw", f"P: nominal G_P of one row {lsb}.", width=constant),
            whole("DIFFERENCE", 0x034, "rw", f"D: nominal G_P - G_AP of one row {lsb}.", width=constant),
            whole("MARGIN_BASE", 0x038, "rw", f"m0: margin without driven rows {lsb}.", width=constant),
            whole("MARGIN_ROW", 0x03C, "rw", f"m1: margin per driven row {lsb}.", width=constant),
            whole(
                "CYCLES",
                0x040,
                "ro",
                "Cycles in which STATUS.busy was 1; commands of the write controller do not count here or below.",
            ),
            whole("READS", 0x044, "ro", "Reads sampled."),
            whole("IMAGES", 0x048, "ro", "Results taken."),
            whole("CONVERTING", 0x04C, "ro", "Cycles in which the converters were busy."),
            whole("FIRST_RESULT", 0x050, "ro", "Cycles from clear_counters to the first result taken."),
            whole("LAST_RESULT", 0x054, "ro", "Cycles from clear_counters to the last result taken."),
            whole(
                "READY_LIMIT",
                0x058,
                "rw",
                "Cycles that a settled read waits for the array's ready before STATUS.array_error; 0: for ever.",
                width=READY_LIMIT_BITS,
                reset=(1 << READY_LIMIT_BITS) - 1,
            ),
            test,
            whole(
                "FEATURES",
                0x060,
                "ro",
                "What is built: 0 writing, 1 replicas, 2 planes, 3 offsets, 4 testing, 5 counters, 8 + n mode n of "
                "REPAIR. What is not reads 0 and ignores what is written.",
                reset=FULL.word,
            ),
            layers,
            *write_registers(geometry),
            pair_sum,
            test_code,
        ),
        (
            Window("OFFSET", 0x01000, geometry.cols, "Signed offset in codes, one word per column."),
            Window("SEGMENT", 0x02000, geometry.segment_depth, "Segment words."),
            Window(
                "FLAG",
                0x04000,
                geometry.kernels,
                "Columns that a self-test found faulty, one group per kernel: bit c of lane l is column 32 * l + c.",
                lanes=flag_lanes,
                stride=flag_lanes,
            ),
            Window(
                "INSTRUCTION",
                0x08000,
                geometry.instruction_depth,
                "Instructions, low word first; the pair is stored when the high word is written.",
                lanes=2,
                stride=2,
            ),
            *write_windows(geometry),
            Window(
                "THRESHOLD",
                0x40000,
                geometry.threshold_depth,
                "Threshold words, one 32-bit lane per pair.",
                lanes=geometry.pairs,
                stride=lanes,
            ),
        ),
    )
