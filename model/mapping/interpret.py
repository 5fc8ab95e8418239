# SPDX-License-Identifier: BSD-3-Clause
"""An interpreter of sequencer programs: which row gets which bit of memory in every read, and where each emit writes.

It knows the words of the three program memories and nothing of networks, placements or the assembler, so that its
expansion can be held against the schedule.

The sequencer keeps a source and a destination address, both 0 at the start of a layer. LOOP saves them with its
place; NEXT adds its steps and goes back to the instruction after the LOOP while passes remain (``count`` passes in all,
at least one), and otherwise restores them and goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..geometry import LAYER, SEGMENT, Geometry, Opcode, decode, unpack
from .errors import ProgramError
from .program import Program


@dataclass(frozen=True)
class ExpandedRead:
    """One read as the array sees it.

    Parameters
    ----------
    layer, ordinal : int
        Layer, and place among the reads of an image.
    kernel : int
        The kernel selected.
    rows : tuple of int
        Bit address of each row within the image's half of the activation memory, -1 for rows never driven.
    plane : int
        Left shift of the read's differences.
    first, last : bool
        Whether the read begins and ends an accumulation.
    replica : int
        0: its differences are added. 1, 2: they are held. 3: the median of them and the two held is added.
    flagged : bool
        Whether its repair looks at the flags of self-test.
    """

    layer: int
    ordinal: int
    kernel: int
    rows: tuple[int, ...]
    plane: int
    first: bool
    last: bool
    replica: int = 0
    flagged: bool = False


@dataclass(frozen=True)
class ExpandedEmit:
    """What becomes of one accumulation: fields of EMIT, with the destination as a bit address."""

    layer: int
    threshold: int
    destination: int
    lanes: int
    bits: int
    plane_stride: int
    pool_first: bool
    pool_last: bool
    output: bool
    output_first: bool
    output_last: bool
    binary: bool


Step = ExpandedRead | ExpandedEmit


def interpret(program: Program, geometry: Geometry) -> list[Step]:
    """Every read and emit of one image, in the order in which the sequencer issues them.

    Raises
    ------
    ProgramError
        Where the sequencer would stop or read what is not there: an opcode that does not exist, the end of memory,
        loops that nest too deep or do not match, segments that overlap, addresses beyond the activation memory,
        a kernel that does not exist, reads and emits that do not alternate as their flags say, or replicas that do
        not follow one another as 1, 2, 3 of one bit plane.
    """
    steps: list[Step] = []
    reads = 0
    for layer, word in enumerate(program.layers):
        fields = unpack(LAYER, int(word))
        if fields["ordinal"] != reads:
            raise ProgramError(f"layer {layer}: first ordinal must be {reads}, not {fields['ordinal']}")
        for step in _Walk(program, geometry, layer).steps(fields["start"], reads):
            steps.append(step)
            reads += isinstance(step, ExpandedRead)
    return steps


@dataclass
class _Frame:
    """A loop being run: where it goes back to, what it goes back with, passes left after this one."""

    address: int
    source: int
    destination: int
    left: int


class _Walk:
    """One run of one layer."""

    def __init__(self, program: Program, geometry: Geometry, layer: int) -> None:
        self.program, self.geometry, self.layer = program, geometry, layer
        self.address = self.source = self.destination = 0
        self.frames: list[_Frame] = []
        self.patterns: dict[tuple[int, int], tuple[int, ...]] = {}

    def stop(self, reason: str) -> ProgramError:
        return ProgramError(f"layer {self.layer}, instruction {self.address}: {reason}")

    def steps(self, start: int, ordinal: int) -> Iterator[Step]:
        """Reads and emits from the instruction at ``start`` to END."""
        self.address = start
        open_reads, waiting = False, False  # inside an accumulation; last read seen, emit to come
        held: tuple[int, int] | None = None  # replica and plane of the read before, if a median is open
        while True:
            if self.address >= len(self.program.instructions):
                raise self.stop("program must end with END, not run past its last instruction")
            try:
                opcode, fields = decode(int(self.program.instructions[self.address]))
            except ValueError as error:
                raise self.stop(str(error)) from None
            if opcode is Opcode.READ:
                if waiting or bool(fields["first"]) == open_reads:
                    raise self.stop("READ must be first after an EMIT and only there")
                held = self.replica(fields, held)
                open_reads, waiting = not fields["last"], bool(fields["last"])
                yield self.read(fields, ordinal)
                ordinal += 1
            elif opcode is Opcode.EMIT:
                if not waiting:
                    raise self.stop("EMIT must follow a last READ")
                waiting = False
                yield self.emit(fields)
            elif opcode is Opcode.END:
                if self.frames or open_reads or waiting:
                    raise self.stop("END must not stand inside a loop or an accumulation")
                return
            else:
                self.jump(opcode, fields)
                continue
            self.address += 1

    def jump(self, opcode: Opcode, fields: dict[str, int]) -> None:
        """LOOP and NEXT."""
        if opcode is Opcode.LOOP:
            if len(self.frames) >= self.geometry.loop_depth:
                raise self.stop(f"loops must nest at most {self.geometry.loop_depth} deep")
            if fields["count"] < 1:
                raise self.stop("LOOP.count must be at least 1, not 0")
            self.frames.append(_Frame(self.address + 1, self.source, self.destination, fields["count"] - 1))
        else:
            if not self.frames:
                raise self.stop("NEXT must close a LOOP")
            frame = self.frames[-1]
            if frame.left:
                frame.left -= 1
                self.source += fields["source_step"]
                self.destination += fields["destination_step"]
                self.address = frame.address
                return
            self.source, self.destination = frame.source, frame.destination
            self.frames.pop()
        self.address += 1

    def read(self, fields: dict[str, int], ordinal: int) -> ExpandedRead:
        if fields["kernel"] >= self.geometry.kernels:
            raise self.stop(f"READ.kernel must be below {self.geometry.kernels}, not {fields['kernel']}")
        base = self.source + fields["source"]
        pattern = self.pattern(fields["segment"], fields["segments"])
        rows = tuple(base + offset if offset >= 0 else -1 for offset in pattern)
        self.check(rows)
        return ExpandedRead(
            layer=self.layer,
            ordinal=ordinal,
            kernel=fields["kernel"],
            rows=rows,
            plane=fields["plane"],
            first=bool(fields["first"]),
            last=bool(fields["last"]),
            replica=fields["replica"],
            flagged=bool(fields["flagged"]),
        )

    def replica(self, fields: dict[str, int], held: tuple[int, int] | None) -> tuple[int, int] | None:
        """Check a read's replica against the one before it; what the next one must go on from."""
        replica, plane = fields["replica"], fields["plane"]
        if held is None:
            if replica > 1:
                raise self.stop(f"READ.replica must be 0 or 1 outside a median, not {replica}")
        elif (replica, plane) != (held[0] + 1, held[1]):
            wanted = f"{held[0] + 1} of plane {held[1]}"
            raise self.stop(f"READ.replica must be {wanted} inside a median, not {replica} of plane {plane}")
        if fields["last"] and replica not in (0, 3):
            raise self.stop("READ must not be last inside a median")
        return (replica, plane) if replica in (1, 2) else None

    def pattern(self, first: int, count: int) -> tuple[int, ...]:
        """Offset of each row, -1 where no segment drives it."""
        if (first, count) not in self.patterns:
            if count < 1 or first + count > len(self.program.segments):
                raise self.stop(f"segments {first}+{count} must lie within 0 .. {len(self.program.segments) - 1}")
            rows = [-1] * self.geometry.rows
            for word in self.program.segments[first : first + count]:
                segment = unpack(SEGMENT, int(word))
                span = range(segment["row"], segment["row"] + segment["length"])
                if not 1 <= len(span) <= self.geometry.word_bits or span.stop > self.geometry.rows:
                    driven = f"rows {span.start} .. {span.stop - 1}"
                    raise self.stop(f"segment must drive 1 to {self.geometry.rows} rows, not {driven}")
                for index, row in enumerate(span):
                    if rows[row] >= 0:
                        raise self.stop(f"segments must not overlap, row {row} is driven twice")
                    rows[row] = segment["offset"] + index
            self.patterns[first, count] = tuple(rows)
        return self.patterns[first, count]

    def emit(self, fields: dict[str, int]) -> ExpandedEmit:
        if not 1 <= fields["lanes"] <= self.geometry.pairs:
            raise self.stop(f"EMIT.lanes must be from 1 to {self.geometry.pairs}, not {fields['lanes']}")
        words = 1 if fields["output"] else (1 << fields["bits"]) - 1
        if words < 1 or fields["threshold"] + words > len(self.program.thresholds):
            needed = f"{fields['threshold']}+{words}"
            raise self.stop(f"EMIT needs threshold words {needed}, of {len(self.program.thresholds)}")
        destination = self.destination + fields["destination"]
        if not fields["output"]:
            self.check((destination, destination + (fields["bits"] - 1) * fields["plane_stride"] + fields["lanes"] - 1))
        return ExpandedEmit(
            layer=self.layer,
            threshold=fields["threshold"],
            destination=destination,
            lanes=fields["lanes"],
            bits=fields["bits"],
            plane_stride=fields["plane_stride"],
            pool_first=bool(fields["pool_first"]),
            pool_last=bool(fields["pool_last"]),
            output=bool(fields["output"]),
            output_first=bool(fields["output_first"]),
            output_last=bool(fields["output_last"]),
            binary=bool(fields["binary"]),
        )

    def check(self, addresses: tuple[int, ...]) -> None:
        worst = max(addresses)
        if worst >= self.geometry.activation_depth or min(addresses) < -1:
            raise self.stop(f"addresses must be below {self.geometry.activation_depth}, not {worst}")
