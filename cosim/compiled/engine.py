# SPDX-License-Identifier: BSD-3-Clause
"""One Verilated design with its host and its array: registers, dies, runs of images, and ports by name."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Iterable
from ctypes import c_int64, c_uint32
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.golden import DieImage
from spintile.rtl.registers import IDENTITY, register_map

from ..loading import RegisterWrite
from .interface import CHANNELS, KINDS, STRAY, RunStructure, load_functions, pointer
from .interference import Interference
from .library import Library
from .outcome import Outcome, Pauses, RunShape

__all__ = ["CompiledEngine", "EngineError"]

#: Events without a place that are kept; more are only counted.
_STRAYS = 64


class EngineError(AssertionError):
    """The design did not do what a host may expect of it, or broke the protocol of the pins."""


class CompiledEngine:
    """A design of its own: several may run at once, each in one thread.

    Parameters
    ----------
    library : Library
        What to run.
    seed : int
        Of random register contents, where the library has them.
    random_state : bool
        Start with random contents of registers and memories.
    """

    def __init__(self, library: Library, *, seed: int = 0, random_state: bool = False) -> None:
        if random_state and not library.random_state:
            raise ValueError("library must be built with random_state=True to start with random contents")
        self.library = library
        self.geometry = library.geometry
        self._map = register_map(library.geometry)
        self._functions = load_functions(library.path)
        self._engine = self._functions.engine_new(seed & 0xFFFFFFFF, int(random_state))
        self._finalizer = weakref.finalize(self, self._functions.engine_delete, self._engine)
        self._numbers = {name: number for number, name in enumerate(library.ports)}

    @property
    def cycles(self) -> int:
        """Clock cycles since the engine was made."""
        return int(self._functions.engine_cycles(self._engine))

    def reset(self, cycles: int = 4) -> None:
        """Hold ``rst`` for some cycles."""
        self._do(self._functions.engine_reset(self._engine, cycles))

    def idle(self, cycles: int) -> None:
        """Let some cycles pass without an image."""
        self._do(self._functions.engine_idle(self._engine, cycles))

    def write(self, name: str, *words: int, index: int = 0) -> None:
        """Write consecutive words of a register or window; EngineError if the design answers with an error."""
        data = np.array([word & 0xFFFFFFFF for word in words], np.uint32)
        response, failed = c_uint32(0), c_int64(0)
        address = self._map.address(name, index)
        self._do(
            self._functions.engine_write(
                self._engine, address, pointer(data), len(data), ctypes.byref(response), ctypes.byref(failed)
            )
        )
        if response.value:
            raise EngineError(
                f"writing {name}[{index}] word {failed.value} must be answered with OKAY, not {response.value}"
            )

    def read(self, name: str, index: int = 0, place: int = 0) -> int:
        """Read a register, or the word ``place`` words behind it; EngineError if the design answers with an error."""
        data, response = c_uint32(0), c_uint32(0)
        address = self._map.address(name, index) + 4 * place
        self._do(self._functions.engine_read(self._engine, address, ctypes.byref(data), ctypes.byref(response)))
        if response.value:
            raise EngineError(f"reading {name} must be answered with OKAY, not {response.value}")
        return int(data.value)

    def write_all(self, writes: Iterable[RegisterWrite]) -> None:
        """Write registers and windows, one after the other."""
        for each in writes:
            self.write(each.name, *each.words, index=each.index)

    def control(self, *names: str) -> None:
        """Write CONTROL with these fields set and the others clear."""
        fields = {field.name: field for field in self._map.register("CONTROL").fields}
        self.write("CONTROL", sum(1 << fields[name].low for name in names))

    def check_identity(self) -> None:
        """Raise EngineError unless it is the right design, made for this geometry."""
        for name, wanted in (("IDENTITY", IDENTITY), ("GEOMETRY", self.geometry.digest())):
            found = self.read(name)
            if found != wanted:
                raise EngineError(f"{name} must read 0x{wanted:08x}, not 0x{found:08x}")

    def expect_idle(self) -> None:
        """Raise EngineError if STATUS is not 0."""
        status = self.read("STATUS")
        if status:
            fields = self._map.register("STATUS").fields
            told = ", ".join(f"{f.name} {(status & f.mask) >> f.low}" for f in fields if status & f.mask)
            raise EngineError(f"STATUS must be 0 when all is done, not 0x{status:x} ({told})")

    def set_pins(self, settle: int, *, constant: bool = False) -> None:
        """Cycles that rows must be driven before a sample; with ``constant`` the comparators never change and nothing
        is checked: what the loop costs without an array."""
        self._functions.engine_pins(self._engine, settle, int(constant))

    def set_comparators(self, *, low: Iterable[int] = (), high: Iterable[int] = (), loose: Iterable[int] = ()) -> None:
        """Columns whose comparators always answer 0, always answer 1, or answer anything, each trial anew; all others
        are sound again."""
        masks = [sum({1 << col for col in columns}) for columns in (low, high, loose)]
        self._functions.engine_comparators(self._engine, *masks)

    def set_die(self, image: DieImage, position: int) -> None:
        """Put a die at the pins; one of a design without array pins is ignored."""
        parts = [np.ascontiguousarray(getattr(image, name)[position]) for name in ("q", "offset", "lo", "hi")]
        kinds = (np.int32, np.int64, np.int64, np.int64)
        parts = [part.astype(kind, copy=False) for part, kind in zip(parts, kinds, strict=True)]
        self._functions.engine_die(
            self._engine,
            *map(pointer, parts),
            image.noise_sigma,
            image.noise_seed & 0xFFFFFFFF,
            int(image.die_ids[position]) & 0xFFFFFFFF,
        )

    def send_die(self, words: NDArray[np.uint32]) -> None:
        """Load a die into a design with the array in it, over its stream ``die``: a word a cycle."""
        flat = np.ascontiguousarray(words, np.uint32).ravel()
        self._do(self._functions.engine_send_die(self._engine, pointer(flat), len(flat)))

    def noise(self, sigma: int, seed: int, die: int, image: int, ordinal: int, column: int) -> int:
        """Noise that the array adds to one column in one read, as ``golden.read_noise`` has it."""
        return int(self._functions.engine_noise(sigma, seed & 0xFFFFFFFF, die, image, ordinal, column))

    def feed(self, stream: NDArray[np.uint64], limit: int = 1 << 20) -> None:
        """Put images (images, beats) on the stream and wait until they are taken, for at most ``limit`` cycles."""
        words = np.ascontiguousarray(stream, np.uint64)
        self._do(self._functions.engine_feed(self._engine, pointer(words), *words.shape, limit))

    def run(
        self,
        stream: NDArray[np.uint64],
        shape: RunShape,
        *,
        first_index: int = 0,
        patience: int = 100_000,
        deadline: int = 1 << 31,
        pauses: Pauses | None = None,
        seed: int = 0,
        record: bool = True,
        interference: Interference | None = None,
    ) -> Outcome:
        """Stream images and keep everything that the design shows until it is done with them.

        Parameters
        ----------
        stream : uint64 array (images, beats)
            Images as words of the stream.
        shape : RunShape
            Events of an image.
        first_index : int
            What the first image is counted as: ``IMAGE_INDEX``.
        patience, deadline : int
            Cycles without a sample, and cycles in all, after which the design counts as hung.
        pauses : Pauses, optional
            None unless given.
        seed : int
            Of pauses and of comparators that nobody asked: of no answer.
        record : bool
            Whether events are kept; else only the words of the result stream are.
        interference : Interference, optional
            None unless given. The run then ends when its register accesses, too, are answered.
        """
        words = np.ascontiguousarray(stream, np.uint64)
        images, geometry = len(words), self.geometry
        reads, emits, pooled = (shape.reads, shape.emits, sum(shape.pooled)) if record else (0, 0, 0)
        arrays: dict[str, NDArray[Any]] = {
            "codes": np.zeros((images, reads, geometry.cols), np.int16),
            "kernels": np.zeros((images, reads), np.uint8),
            "code_cycles": np.zeros((images, reads), np.uint32),
            "accumulators": np.zeros((images, emits, geometry.pairs), np.int32),
            "accumulator_cycles": np.zeros((images, emits), np.uint32),
            "activations": np.zeros((images, pooled, geometry.pairs), np.uint8),
            "activation_cycles": np.zeros((images, pooled), np.uint32),
            "classes": np.zeros(images, np.int32),
            "class_cycles": np.zeros(images, np.uint32),
            "words": np.zeros(images, np.uint32),
            "strays": np.zeros(_STRAYS, STRAY),
        }
        ends, starts = shape.emit_of_read(), np.cumsum([0, *shape.pooled]).astype(np.int32)
        chosen, meanwhile = pauses or Pauses(), interference or Interference()
        besides = meanwhile.arrays(words.shape)
        run = RunStructure(
            stream=pointer(words),
            images=images,
            beats=words.shape[1],
            reads=reads,
            emits=emits,
            pooled=pooled,
            hidden=len(shape.pooled),
            emit_of_read=pointer(ends),
            pooled_start=pointer(starts),
            patience=patience,
            deadline=deadline,
            seed=seed,
            first_index=first_index,
            image_pause=_threshold(chosen.image),
            result_pause=_threshold(chosen.result),
            stall=_threshold(chosen.stall),
            record=int(record),
            stray_capacity=_STRAYS,
            access_count=len(meanwhile.accesses),
            result_from=meanwhile.results_held[0],
            result_until=meanwhile.results_held[1],
            ready_from=meanwhile.ready_held[0],
            ready_until=meanwhile.ready_held[1],
            **{name: pointer(array) for name, array in (arrays | besides).items()},
        )
        failed = self._functions.engine_run(self._engine, ctypes.byref(run))
        error = self._functions.engine_error(self._engine).decode() if failed else ""
        arrays["strays"] = arrays["strays"][: min(run.stray_count, _STRAYS)]
        arrays["words"] = arrays["words"][: min(run.word_count, images)]
        return Outcome(
            **arrays,
            results=run.word_count,
            stray_count=run.stray_count,
            samples=run.samples,
            cycles=run.cycles,
            error=error,
        )

    def handshakes(self, *, clear: bool = False) -> dict[str, int]:
        """Cycles since they were last cleared in which a channel's transfer was ``stalled`` (offered, not taken),
        ``taken``, or ``in_a_row`` (in the cycle after another): by ``channel.kind``."""
        counts = np.zeros((len(CHANNELS), len(KINDS)), np.uint64)
        self._functions.engine_handshakes(self._engine, pointer(counts), int(clear))
        names = [f"{channel}.{kind}" for channel in CHANNELS for kind in KINDS]
        return dict(zip(names, counts.ravel().tolist(), strict=True))

    def peek(self, name: str) -> int:
        """Value of a port, as it last settled."""
        port = self.library.ports[name]
        words = (c_uint32 * port.words)()
        self._functions.engine_peek(self._engine, self._numbers[name], words)
        return sum(word << (32 * i) for i, word in enumerate(words))

    def poke(self, name: str, value: int) -> None:
        """Set an input port that the harness does not drive itself; it counts from the next cycle on."""
        port = self.library.ports[name]
        if port.direction != "input":
            raise ValueError(f"{name} must be an input, not an output")
        if value < 0 or value >> port.width:
            raise ValueError(f"{name} must be from 0 to {(1 << port.width) - 1}, not {value}")
        words = (c_uint32 * port.words)(*(value >> (32 * i) & 0xFFFFFFFF for i in range(port.words)))
        self._functions.engine_poke(self._engine, self._numbers[name], words)

    def settle(self) -> None:
        """Let combinational logic follow what was poked, without a clock edge."""
        self._functions.engine_settle(self._engine)

    def _do(self, failed: int) -> None:
        if failed:
            raise EngineError(self._functions.engine_error(self._engine).decode())


def _threshold(probability: float) -> int:
    return min(round(probability * (1 << 32)), (1 << 32) - 1)
