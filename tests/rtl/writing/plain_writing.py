# SPDX-License-Identifier: BSD-3-Clause
"""The write controller's contract in plain Python: loops, lists and no hardware."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from small_array import Pulse, SmallArray
from stream_bench import contract_codes

#: Lowest bit and width of each field of a report word, written out again so that the table itself is tested.
WORD = {
    "value": (0, 20),
    "col": (20, 6),
    "row": (26, 6),
    "kernel": (32, 8),
    "target": (40, 1),
    "first_ok": (41, 1),
    "outcome": (42, 3),
    "pulses": (45, 6),
    "stage": (51, 8),
    "kind": (59, 2),
}


@dataclass(frozen=True)
class Command:
    """Registers of a command."""

    op: int
    kernels: tuple[int, int]
    rows: tuple[int, int]
    cols: tuple[int, int]
    step_p: tuple[tuple[int, int], ...]  # (level, width)
    step_ap: tuple[tuple[int, int], ...]
    targets: dict[tuple[int, int, int], bool] = field(default_factory=dict)
    repeats: int = 1
    passes: int = 1
    single: bool = False
    passive: bool = False
    floating: bool = False
    read_first: bool = False
    window_p: tuple[int, int] = (16, 25)
    window_ap: tuple[int, int] = (6, 13)


def word(**fields: int) -> int:
    """A report word."""
    value = 0
    for name, number in fields.items():
        low, width = WORD[name]
        assert -(1 << width) < number < 1 << width
        value |= (number & ((1 << width) - 1)) << low
    return value


@dataclass
class Plain:
    """Runs commands on an array, and keeps what a host and a probe on the pins would see."""

    array: SmallArray
    adc_bits: int
    number: int = 0
    words: list[int] = field(default_factory=list)
    pulses: list[Pulse] = field(default_factory=list)
    failed: int = 0

    def run(self, command: Command) -> None:
        """One accepted command."""
        self.words, self.pulses, self.failed = [], [], 0
        for kernel in range(command.kernels[0], command.kernels[1] + 1):
            if command.op == 3:
                self._read(command, kernel, 0x40, 0)
            elif command.op == 4:
                self._program(command, kernel, lambda cell: True, 0x00)
                self._read(command, kernel, 0x40, 1)
                self._program(command, kernel, lambda cell: False, 0x80)
                self._read(command, kernel, 0xC0, 0)
            else:
                wanted = [command.targets.__getitem__, lambda cell: True, lambda cell: False][command.op]
                self._program(command, kernel, wanted, 0x00)
        self.number += 1

    def _codes(self, kernel: int, rows: list[int], stage: int, attempt: int, tag_row: int) -> list[int]:
        image = 0xFF000000 + (self.number % 65536) * 256 + stage
        sums = self.array.sums(kernel, rows, image, attempt * 16384 + tag_row * 256 + kernel)
        return contract_codes(sums, self.adc_bits, self.array.geometry.fraction_bits)

    def _program(
        self, command: Command, kernel: int, target: Callable[[tuple[int, int, int]], bool], base: int
    ) -> None:
        failed = 0
        for number in range(command.passes):
            stage = base + number
            reference = self._codes(kernel, [], stage, 63, 0)
            before = len(self.pulses)
            failed = 0
            for row in range(command.rows[0], command.rows[1] + 1):
                columns = range(command.cols[0], command.cols[1] + 1)
                wanted = {col: target((kernel, row, col)) for col in columns}
                failed += self._row(command, (kernel, row), stage, reference, wanted, number > 0 or command.read_first)
            if len(self.pulses) == before:
                break
        self.failed += failed

    def _row(
        self,
        command: Command,
        place: tuple[int, int],
        stage: int,
        reference: list[int],
        wanted: dict[int, bool],
        look_first: bool,
    ) -> int:
        kernel, row = place
        windows = {True: command.window_p, False: command.window_ap}
        pending = set(wanted)
        pulses = dict.fromkeys(wanted, 0)
        first_ok: dict[int, bool] = {}
        difference: dict[int, int] = {}
        ok: dict[int, bool] = {}

        def verify(attempt: int) -> None:
            codes = self._codes(kernel, [row], stage, attempt, row)
            for col in wanted:
                difference[col] = codes[col] - reference[col]
                low, high = windows[wanted[col]]
                ok[col] = low <= difference[col] <= high
                first_ok.setdefault(col, ok[col])
                if ok[col]:
                    pending.discard(col)

        if look_first:
            verify(0)
        step = 0
        while pending and step < len(command.step_p):
            for toward_p in (True, False):
                cells = sorted(col for col in pending if wanted[col] == toward_p)
                groups = [(col,) for col in cells] if command.single else [tuple(cells)] if cells else []
                for group in groups:
                    level, width = (command.step_p if toward_p else command.step_ap)[step]
                    pulse = Pulse(kernel, row, group, toward_p, level, width, command.passive, command.floating)
                    self.pulses.append(pulse)
                    self.array.pulse(pulse)
                    for col in group:
                        pulses[col] += 1
            step += 1
            verify(step)
        for col, target in wanted.items():
            outcome = 0 if ok[col] else self._outcome(command, difference[col], windows[not target])
            self.words.append(
                word(
                    value=difference[col],
                    col=col,
                    row=row,
                    kernel=kernel,
                    target=target,
                    first_ok=first_ok[col],
                    outcome=outcome,
                    pulses=pulses[col],
                    stage=stage,
                )
            )
        return sum(not good for good in ok.values())

    @staticmethod
    def _outcome(command: Command, difference: int, other: tuple[int, int]) -> int:
        if difference > command.window_p[1]:
            return 2
        if difference < command.window_ap[0]:
            return 3
        return 1 if other[0] <= difference <= other[1] else 4

    def _read(self, command: Command, kernel: int, stage: int, state: int) -> None:
        columns = range(command.cols[0], command.cols[1] + 1)

        def total(rows: list[int], tags: Callable[[int], tuple[int, int]]) -> list[int]:
            reads = [self._codes(kernel, rows, stage, *tags(index)) for index in range(command.repeats)]
            return [sum(codes) for codes in zip(*reads, strict=True)]

        reference = total([], lambda index: (63, index))
        for col in columns:
            self.words.append(word(value=reference[col], col=col, kernel=kernel, target=state, stage=stage, kind=1))
        for row in range(command.rows[0], command.rows[1] + 1):
            sums = total([row], lambda index, row=row: (index, row))  # type: ignore[misc]
            for col in columns:
                value = sums[col] - reference[col]
                self.words.append(word(value=value, col=col, row=row, kernel=kernel, target=state, stage=stage, kind=2))
