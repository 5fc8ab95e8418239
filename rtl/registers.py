# SPDX-License-Identifier: BSD-3-Clause
"""The register map: one table from which the register file, the C header, SystemRDL and HTML are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spintile.model.geometry import Geometry

__all__ = ["IDENTITY", "VERSION", "Register", "RegisterField", "RegisterMap", "Window", "register_map"]

#: "SPTL" in ASCII.
IDENTITY = 0x5350544C
#: Of this map: major (a host must know it) in the upper half, minor (only additions) in the lower.
VERSION = 0x0001_0000


@dataclass(frozen=True)
class RegisterField:
    """Bits ``low`` to ``low + width - 1`` of a register.

    A *pulse* field is 1 for one cycle when a 1 is written to it, and reads as 0.
    """

    name: str
    low: int
    width: int
    doc: str
    reset: int = 0
    pulse: bool = False

    @property
    def mask(self) -> int:
        """The field's bits in the register."""
        return ((1 << self.width) - 1) << self.low


@dataclass(frozen=True)
class Register:
    """A 32-bit register, or ``count`` of them one after the other.

    Access is ``ro`` (writing is an error) or ``rw``. Bits without a field read as 0 and ignore what is written.
    """

    name: str
    offset: int
    access: Literal["ro", "rw"]
    fields: tuple[RegisterField, ...]
    doc: str
    count: int = 1

    @property
    def mask(self) -> int:
        """All bits that belong to a field."""
        return sum(part.mask for part in self.fields)

    @property
    def reset(self) -> int:
        """The whole register after reset."""
        return sum(part.reset << part.low for part in self.fields)


@dataclass(frozen=True)
class Window:
    """A write-only memory behind consecutive 32-bit words; reading is an error.

    Words come in groups of ``stride``, of which the first ``lanes`` exist; there are ``groups`` of them.
    """

    name: str
    offset: int
    groups: int
    doc: str
    lanes: int = 1
    stride: int = 1

    @property
    def words(self) -> int:
        """32-bit words that the window spans, holes included."""
        return self.groups * self.stride


@dataclass(frozen=True)
class RegisterMap:
    """All registers and windows of a chip, by ascending offset."""

    geometry: Geometry
    registers: tuple[Register, ...]
    windows: tuple[Window, ...]
    _by_name: dict[str, Register | Window] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        entries: tuple[Register | Window, ...] = (*self.registers, *self.windows)
        object.__setattr__(self, "_by_name", {entry.name: entry for entry in entries})

    def register(self, name: str) -> Register:
        """The register of that name.

        Raises
        ------
        KeyError
            If there is none.
        """
        entry = self._by_name[name]
        if not isinstance(entry, Register):
            raise KeyError(f"{name} must be a register, not a window")
        return entry

    def window(self, name: str) -> Window:
        """The window of that name; KeyError if there is none."""
        entry = self._by_name[name]
        if not isinstance(entry, Window):
            raise KeyError(f"{name} must be a window, not a register")
        return entry

    def address(self, name: str, index: int = 0, lane: int = 0) -> int:
        """Byte address of a register, of element ``index`` of an array, or of a word of a window.

        Raises
        ------
        KeyError
            If nothing has that name.
        ValueError
            If index or lane do not exist.
        """
        entry = self._by_name[name]
        count, lanes, stride = (
            (entry.count, 1, 1) if isinstance(entry, Register) else (entry.groups, entry.lanes, entry.stride)
        )
        if not 0 <= index < count or not 0 <= lane < lanes:
            raise ValueError(f"{name} must be indexed below [{count}][{lanes}], not [{index}][{lane}]")
        return entry.offset + 4 * (index * stride + lane)


def _whole(
    name: str, offset: int, access: Literal["ro", "rw"], doc: str, *, width: int = 32, reset: int = 0
) -> Register:
    """A register with a single field from bit 0."""
    return Register(name, offset, access, (RegisterField("value", 0, width, doc, reset),), doc)


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
            RegisterField("busy", 0, 1, "An image is in the chip or a read is under way."),
            RegisterField("illegal_instruction", 1, 1, "The sequencer met a word that is no instruction and stopped."),
            RegisterField("loop_error", 2, 1, "Loops too deep, empty or unbalanced; the sequencer stopped."),
            RegisterField("stream_error", 3, 1, "tlast was not on the last word of an image; loading stopped."),
            RegisterField("configuration_error", 4, 1, "Enabled with ADC_BITS, LAYERS or BEATS out of range."),
            RegisterField("images_in_flight", 8, 8, "Images loaded whose result has not been taken."),
        ),
        "What the chip is doing. Errors stay until soft_reset.",
    )
    repair = Register(
        "REPAIR",
        0x028,
        "rw",
        (
            RegisterField("mode", 0, 2, "0 none, 1 range guard, 2 pair check."),
            RegisterField("strict", 4, 1, "Pair check: a short with no clear culprit gives 0."),
        ),
        "What the accumulator does about shorted columns.",
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
    lanes = 1 << (geometry.pairs - 1).bit_length()
    return RegisterMap(
        geometry,
        (
            _whole("IDENTITY", 0x000, "ro", 'Always 0x5350544C, "SPTL".', reset=IDENTITY),
            _whole("VERSION", 0x004, "ro", "Version of this map, major in bits 31:16, minor in 15:0.", reset=VERSION),
            _whole("GEOMETRY", 0x008, "ro", "Digest of the geometry this chip was made for.", reset=geometry.digest()),
            control,
            status,
            _whole(
                "ADC_BITS",
                0x014,
                "rw",
                f"Bits of a conversion, 1 to {geometry.adc_bits}; 1 compares the columns of a pair.",
                width=geometry.adc_bits.bit_length(),
                reset=geometry.adc_bits,
            ),
            _whole(
                "SETTLE",
                0x018,
                "rw",
                "Whole cycles that rows are driven before the sample.",
                width=8,
                reset=geometry.settle_cycles,
            ),
            _whole("LAYERS", 0x01C, "rw", f"Layers of the network, 1 to {geometry.layer_limit}.", width=4),
            _whole("BEATS", 0x020, "rw", f"Words of {geometry.word_bits} bits per image.", width=16),
            _whole("IMAGE_INDEX", 0x024, "rw", "Index of the next image, taken over when written and by soft_reset."),
            repair,
            _whole("PAIR_SUM", 0x02C, "rw", f"K: nominal G_P + G_AP of one row {lsb}.", width=constant),
            _whole("PEAK", 0x030, "rw", f"P: nominal G_P of one row {lsb}.", width=constant),
            _whole("DIFFERENCE", 0x034, "rw", f"D: nominal G_P - G_AP of one row {lsb}.", width=constant),
            _whole("MARGIN_BASE", 0x038, "rw", f"m0: margin without driven rows {lsb}.", width=constant),
            _whole("MARGIN_ROW", 0x03C, "rw", f"m1: margin per driven row {lsb}.", width=constant),
            _whole("CYCLES", 0x040, "ro", "Cycles in which STATUS.busy was 1."),
            _whole("READS", 0x044, "ro", "Reads sampled."),
            _whole("IMAGES", 0x048, "ro", "Results taken."),
            _whole("CONVERTING", 0x04C, "ro", "Cycles in which the converters were busy."),
            _whole("FIRST_RESULT", 0x050, "ro", "Cycles from clear_counters to the first result taken."),
            _whole("LAST_RESULT", 0x054, "ro", "Cycles from clear_counters to the last result taken."),
            layers,
        ),
        (
            Window("OFFSET", 0x01000, geometry.cols, "Signed offset in codes, one word per column."),
            Window("SEGMENT", 0x02000, geometry.segment_depth, "Segment words."),
            Window(
                "INSTRUCTION",
                0x08000,
                geometry.instruction_depth,
                "Instructions, low word first; the pair is stored when the high word is written.",
                lanes=2,
                stride=2,
            ),
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
