# SPDX-License-Identifier: BSD-3-Clause
"""What is simulated: dies, program, images, disturbances; and the file that carries it into the simulator's process."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage, Record, infer, loop_back_image
from spintile.model.mapping import Compiled, Program
from spintile.model.network import load_tensors, save_tensors
from spintile.model.sensing import Repair

from .scoreboard import Expected, LayerReads

__all__ = ["BenchJob", "CosimJob", "Disturbance"]

_FORMAT = "spintile-bench-job"
_VERSION = 2
_PROGRAM = ("instructions", "segments", "thresholds", "layers")
_DIE_IMAGE = ("q", "offset", "lo", "hi", "die_ids", "column_offset", "saturations")


@dataclass(frozen=True)
class Disturbance:
    """What makes life hard for the RTL without changing any answer.

    Parameters
    ----------
    image_pause, result_pause : float
        Probability, each cycle, that the image stream offers nothing, that the result stream takes nothing.
    stall : float
        Probability, each cycle, that the array is not ready.
    soft_reset_after : int
        If not 0: before the run begins, some images are sent and dropped by a soft reset after that many cycles.
    abort_after, reset_after : int
        If not 0, and cells are written: a first attempt at the first command is aborted after that many cycles, or
        ended by a reset.
    """

    image_pause: float = 0.0
    result_pause: float = 0.0
    stall: float = 0.0
    soft_reset_after: int = 0
    abort_after: int = 0
    reset_after: int = 0

    def __post_init__(self) -> None:
        for name in ("image_pause", "result_pause", "stall"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"disturbance: {name} must be from 0 to below 1, not {getattr(self, name)}")
        for name in ("soft_reset_after", "abort_after", "reset_after"):
            if getattr(self, name) < 0:
                raise ValueError(f"disturbance: {name} must be at least 0, not {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class CosimJob:
    """Images through the RTL with some dies at its pins, to be compared with the golden model.

    Parameters
    ----------
    compiled : Compiled
        Network and program.
    image : DieImage
        The dies, with the network's states written.
    images : int array (images, ...)
        Inputs, as ``golden.infer`` takes them.
    repair : Repair
        Column repair.
    first_index : int
        Index in the data set of the first image.
    settle : int or None
        Cycles that rows are driven before a sample; the geometry's unless given.
    disturbance : Disturbance
        Pauses, stalls, resets.
    program : Program or None
        What is loaded into the RTL, if not the compiled program (deliberate faults).
    array_image : DieImage or None
        What stands at the pins, if not ``image`` (deliberate faults).
    array : str
        ``module:callable`` of the array model: called with a die image and a die's position in it.
    loop_back : tuple of int
        If not empty: the code that each column converts to inside the chip, whatever stands at the pins.
    """

    compiled: Compiled
    image: DieImage
    images: NDArray[np.uint8]
    repair: Repair = field(default_factory=Repair)
    first_index: int = 0
    settle: int | None = None
    disturbance: Disturbance = field(default_factory=Disturbance)
    program: Program | None = None
    array_image: DieImage | None = None
    array: str = "spintile.cosim.array_pins:DieArray"
    loop_back: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.images) < 1:
            raise ValueError("job: images must be at least 1, not 0")
        if self.settle is not None and not 0 <= self.settle <= 255:
            raise ValueError(f"job: settle must be from 0 to 255, not {self.settle}")
        if not 0 <= self.first_index <= (1 << 24) - len(self.images):
            raise ValueError(f"job: image indices must be from 0 to below 2^24, not {self.first_index} and up")
        if self.loop_back and self.disturbance.stall:
            raise ValueError(f"job: stall must be 0 in a loop-back, which does not wait, not {self.disturbance.stall}")
        most = (1 << self.geometry.adc_bits) - 1
        if any(code > most for code in self.loop_back):
            raise ValueError(f"job: codes of a loop-back must be from 0 to {most}, not {max(self.loop_back)}")

    @property
    def geometry(self) -> Geometry:
        return self.compiled.geometry

    @property
    def dies(self) -> int:
        return int(self.image.q.shape[0])

    def golden(self, jobs: int = 1) -> Record:
        """What the golden model says, all stages."""
        return infer(
            self.answering,
            self.compiled,
            self.images,
            repair=self.repair,
            first_index=self.first_index,
            record=True,
            jobs=jobs,
        )

    def replace(self, **changes: Any) -> CosimJob:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    @property
    def loaded(self) -> Program:
        """The program that the RTL is given."""
        return self.program if self.program is not None else self.compiled.program

    @property
    def at_pins(self) -> DieImage:
        """The dies that stand at the pins."""
        return self.array_image if self.array_image is not None else self.image

    @property
    def answering(self) -> DieImage:
        """The dies whose codes the golden model works out: the job's, or those of its loop-back."""
        return loop_back_image(self.image, self.loop_back) if self.loop_back else self.image

    @property
    def settle_cycles(self) -> int:
        """Cycles that rows are driven before a sample."""
        return self.geometry.settle_cycles if self.settle is None else self.settle

    @property
    def kernels(self) -> NDArray[np.int64]:
        """Kernel of each read: (reads,)."""
        return np.concatenate([layer.read_kernel for layer in self.compiled.schedule.layers])

    @property
    def layer_reads(self) -> tuple[LayerReads, ...]:
        """How the reads of each layer are numbered."""
        layers = self.compiled.schedule.layers
        return tuple(LayerReads(layer.ordinal, layer.reads_per_emit, layer.emits) for layer in layers)

    def stream(self, images: NDArray[np.uint8]) -> NDArray[np.uint64]:
        """Words of the stream (images, beats) for some images."""
        flat = np.asarray(images).reshape(len(images), -1)
        return self.loaded.pack_image(flat.reshape(len(flat), *self.loaded.input_shape))

    def bench_job(self, record: Record, dies: Sequence[int]) -> BenchJob:
        """The part of the job that one simulation runs: the dies at these positions, with what they must show."""
        return BenchJob(
            geometry=self.geometry,
            program=self.loaded,
            stream=self.stream(self.images),
            image=self.at_pins.select(list(dies)),
            repair=self.repair,
            settle=self.settle_cycles,
            first_index=self.first_index,
            cycles_bound=self.compiled.cycles_bound(self.image.adc_bits),
            disturbance=self.disturbance,
            kernels=self.kernels,
            layers=self.layer_reads,
            array=self.array,
            loop_back=self.loop_back,
            record=_select(record, list(dies)),
        )


def _select(record: Record, dies: list[int]) -> Record:
    assert record.codes is not None
    return Record(
        record.classes[dies],
        record.codes[dies],
        [part[dies] for part in record.accumulators],
        [part[dies] for part in record.activations],
    )


@dataclass(frozen=True, eq=False)
class BenchJob:
    """Everything that the bench inside the simulator needs, as plain integers.

    Parameters
    ----------
    geometry : Geometry
    program : Program
        Words to load.
    stream : uint64 array (images, beats)
        Images as words of the stream.
    image : DieImage
        Dies at the pins, one after another.
    repair : Repair
        Register settings.
    settle, first_index, cycles_bound : int
        Register settings; least converter cycles of an image.
    disturbance : Disturbance
    kernels : int array (reads,)
        Kernel of each read.
    layers : tuple of LayerReads
    record : Record
        What the golden model says, all stages.
    array : str
        ``module:callable`` of the array model.
    loop_back : tuple of int
        Codes of a loop-back, or none.
    """

    geometry: Geometry
    program: Program
    stream: NDArray[np.uint64]
    image: DieImage
    repair: Repair
    settle: int
    first_index: int
    cycles_bound: int
    disturbance: Disturbance
    kernels: NDArray[np.int64]
    layers: tuple[LayerReads, ...]
    record: Record
    array: str = "spintile.cosim.array_pins:DieArray"
    loop_back: tuple[int, ...] = ()

    @property
    def dies(self) -> int:
        return int(self.image.q.shape[0])

    def expected(self, position: int) -> Expected:
        """What the die at ``position`` must show."""
        die = int(self.image.die_ids[position])
        return Expected.of(self.record, position, self.kernels, self.layers, die, self.first_index)

    def save(self, path: Path) -> None:
        """Write as safetensors with a JSON header."""
        assert self.record.codes is not None
        tensors = {f"program.{name}": getattr(self.program, name) for name in _PROGRAM}
        tensors |= {f"image.{name}": getattr(self.image, name) for name in _DIE_IMAGE}
        if self.image.flags is not None:
            tensors["image.flags"] = self.image.flags
        tensors |= {f"accumulators.{i}": part for i, part in enumerate(self.record.accumulators)}
        tensors |= {f"activations.{i}": part for i, part in enumerate(self.record.activations)}
        tensors |= {
            "stream": self.stream,
            "kernels": self.kernels,
            "classes": self.record.classes,
            "codes": self.record.codes,
        }
        header = {
            "format": _FORMAT,
            "version": _VERSION,
            "geometry": self.geometry.as_dict(),
            "program": {
                "input_shape": [int(size) for size in self.program.input_shape],
                "input_planes": self.program.input_planes,
                "plane_stride": self.program.plane_stride,
                "word_bits": self.program.word_bits,
            },
            "image": {
                name: int(getattr(self.image, name))
                for name in ("adc_bits", "fraction_bits", "noise_sigma", "noise_seed")
            },
            "repair": dataclasses.asdict(self.repair),  # K as a list, where each pair has its own
            "settle": self.settle,
            "first_index": self.first_index,
            "cycles_bound": self.cycles_bound,
            "disturbance": dataclasses.asdict(self.disturbance),
            "layers": [dataclasses.asdict(layer) for layer in self.layers],
            "array": self.array,
            "loop_back": list(self.loop_back),
        }
        save_tensors(path, tensors, header)

    @classmethod
    def load(cls, path: str | Path) -> BenchJob:
        """Read what ``save`` wrote; ValueError for a file that is missing, truncated or foreign."""
        tensors, header = load_tensors(path, _FORMAT, _VERSION)
        hidden = len(header["layers"]) - 1
        program = header["program"] | {"input_shape": tuple(header["program"]["input_shape"])}
        words: dict[str, Any] = {name: tensors[f"program.{name}"] for name in _PROGRAM}
        arrays: dict[str, Any] = {name: tensors[f"image.{name}"] for name in _DIE_IMAGE}
        repair = header["repair"]
        if isinstance(repair["K"], list):
            repair = repair | {"K": tuple(repair["K"])}
        return cls(
            geometry=Geometry(**header["geometry"]),
            program=Program(**words, **program),
            stream=tensors["stream"],
            image=DieImage(**arrays, flags=tensors.get("image.flags"), **header["image"]),
            repair=Repair(**repair),
            settle=header["settle"],
            first_index=header["first_index"],
            cycles_bound=header["cycles_bound"],
            disturbance=Disturbance(**header["disturbance"]),
            kernels=tensors["kernels"],
            layers=tuple(LayerReads(**layer) for layer in header["layers"]),
            record=Record(
                tensors["classes"],
                tensors["codes"],
                [tensors[f"accumulators.{i}"] for i in range(hidden + 1)],
                [tensors[f"activations.{i}"] for i in range(hidden)],
            ),
            array=header["array"],
            loop_back=tuple(header["loop_back"]),
        )
