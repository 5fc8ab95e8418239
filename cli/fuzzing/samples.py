# SPDX-License-Identifier: BSD-3-Clause
"""Every reader of the toolkit: a sound input for it, how it is read, and what protects its contents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from spintile.model.chip import Chip
from spintile.model.data.bundle_file import pack_bundle, read_bundle
from spintile.model.data.idx import read_idx_folder
from spintile.model.dies import (
    DefectStatistics,
    load_population,
    save_population,
)
from spintile.model.dies.fitting import load_fit
from spintile.model.dies.measured import Measurement, read_measurement
from spintile.model.files import write_atomically
from spintile.model.mapping import load_placement, load_program
from spintile.model.network import load_network, save_network
from spintile.model.sweep.folder import SweepFolder
from spintile.model.sweep.results import decode_result
from spintile.model.training.moons.crossbar import load_disturbance
from spintile.model.training.wine.solution_files import read_folder, save_folder

from ..flows.demo.settings import DemoSettings
from ..flows.steps import read_record, write_record
from ..flows.writing.programming import load_states, make_targets, save_states
from .forges import (
    Forge,
    forge_bundle,
    forge_hdf5,
    forge_idx,
    forge_json,
    forge_npy,
    forge_npz,
    forge_tensors,
    forge_text,
    hash_result,
    hash_tensors,
)
from .sound import (
    CHIP,
    GEOMETRY,
    make_disturbance,
    make_fit,
    make_hdf5,
    make_idx,
    make_matrices,
    make_npz,
    make_placement,
    make_program,
    make_result,
    make_table,
    solutions,
    sound_images,
    sound_network,
    sound_population,
    sound_sweep,
    states,
)


@dataclass(frozen=True)
class Reader:
    """One reader.

    Parameters
    ----------
    name : str
    make : callable
        Writes sound input into a folder; the number chooses one of two.
    files : tuple of str
        Those of its files that are damaged.
    read : callable
        What a command does with the folder; gives everything that the reader found.
    forge : callable
        Damage that knows the form.
    protection : {"hash", "warning", "sum", "none"}
        ``hash`` and ``sum``: blind damage is refused, or does not matter. ``warning``: at least it is warned of.
        ``none``: what is still lawful cannot be told from what was meant.
    share : int
        Of the cases, in relation to the others.
    forged : float
        Share of its cases that are forged and not blind.
    numbers : {"finite", "any"}
        What numbers in it may be; results of sweeps mark those that are not finite.
    """

    name: str
    make: Callable[[Path, int], None]
    files: tuple[str, ...]
    read: Callable[[Path], object]
    forge: Forge
    protection: Literal["hash", "warning", "sum", "none"]
    share: int = 8
    forged: float = 0.4
    numbers: Literal["finite", "any"] = "finite"


def _meaning(measurement: Measurement) -> tuple[object, ...]:
    return measurement.g_p, measurement.g_ap, measurement.die_ids, measurement.units


def _read_result(suffix: str) -> Callable[[Path], object]:
    return lambda folder: decode_result(folder / "tasks" / (sound_sweep(0).names[0] + suffix))


def _read_record(folder: Path) -> object:
    found = read_record(folder / "step.json")
    if found is None:  # a record that cannot be read is none: the step is run again
        raise ValueError(f"{folder / 'step.json'}: must be the record of a step")
    return found


def _task_file(suffix: str) -> tuple[str, ...]:
    return (f"tasks/{sound_sweep(0).names[0]}{suffix}",)


def readers() -> tuple[Reader, ...]:
    """All of them, in the order in which cases are dealt out."""
    tensors, results = forge_tensors(hash_tensors), forge_tensors(hash_result)
    network, population = sound_network(0), sound_population(0)
    kernels = ("0", "1")
    matrices = tuple(f"die0_kernel{kernel}_{state}.csv" for kernel in kernels for state in ("P", "AP"))
    solution = tuple(f"{n}_{part}.txt" for n in (0, 7) for part in ("fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"))
    images = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte.gz")

    def measured(name: str, **how: Any) -> Callable[[Path], object]:
        return lambda folder: _meaning(read_measurement(folder / name, **how))

    return (
        Reader(
            "population",
            lambda folder, n: save_population(sound_population(n), folder / "dies.nc"),
            ("dies.nc",),
            lambda folder: load_population(folder / "dies.nc"),
            forge_hdf5,
            "hash",
            share=10,
            forged=0.12,
        ),
        Reader("measured HDF5", make_hdf5, ("wafer.h5",), measured("wafer.h5"), forge_hdf5, "none", share=2),
        Reader("measured NPZ", make_npz, ("wafer.npz",), measured("wafer.npz", unit="uS"), forge_npz, "none"),
        Reader("measured table", make_table, ("wafer.csv",), measured("wafer.csv"), forge_text, "none"),
        Reader("measured matrices", make_matrices, matrices, measured("", unit="uS"), forge_text, "none"),
        Reader(
            "statistics",
            lambda folder, n: CHIP.statistics.replace(spread=0.05 + n).save(folder / "statistics.toml"),
            ("statistics.toml",),
            lambda folder: DefectStatistics.load(folder / "statistics.toml"),
            forge_text,
            "warning",
            share=6,
        ),
        Reader(
            "fit",
            make_fit,
            ("fit.toml",),
            lambda folder: load_fit(folder / "fit.toml"),
            forge_text,
            "warning",
            share=6,
        ),
        Reader(
            "chip",
            lambda folder, n: CHIP.replace(margin_row=0.02 + n).save(folder / "chip.toml"),
            ("chip.toml",),
            lambda folder: Chip.load(folder / "chip.toml"),
            forge_text,
            "warning",
        ),
        Reader(
            "settings",
            lambda folder, n: DemoSettings(seed=n).save(folder / "config.toml"),
            ("config.toml",),
            lambda folder: DemoSettings.load(folder / "config.toml").model_dump(),
            forge_text,
            "warning",
            share=6,
        ),
        Reader(
            "network",
            lambda folder, n: save_network(sound_network(n), folder / "network.safetensors"),
            ("network.safetensors",),
            lambda folder: load_network(folder / "network.safetensors"),
            tensors,
            "hash",
            share=10,
        ),
        Reader(
            "program",
            make_program,
            ("program.safetensors",),
            lambda folder: load_program(folder / "program.safetensors", GEOMETRY),
            tensors,
            "hash",
            share=5,
        ),
        Reader(
            "placement",
            make_placement,
            ("placement.json",),
            lambda folder: load_placement(folder / "placement.json", network),
            forge_json,
            "hash",
            share=6,
        ),
        Reader(
            "states",
            lambda folder, n: save_states(folder / "states.safetensors", population, states(n), {"seed": n}),
            ("states.safetensors",),
            lambda folder: load_states(folder / "states.safetensors", population),
            tensors,
            "hash",
            share=5,
        ),
        Reader(
            "targets",
            lambda folder, n: np.save(folder / "targets.npy", states(n)),
            ("targets.npy",),
            lambda folder: make_targets(str(folder / "targets.npy"), CHIP, 2, 0)[0],
            forge_npy,
            "none",
            share=4,
        ),
        Reader("IDX images", make_idx, images, read_idx_folder, forge_idx, "none"),
        Reader(
            "image bundle",
            lambda folder, n: write_atomically(folder / "small.xz", pack_bundle(sound_images(n))),
            ("small.xz",),
            lambda folder: read_bundle(folder / "small.xz"),
            forge_bundle,
            "sum",
            share=6,
        ),
        Reader(
            "Wine solutions",
            lambda folder, n: save_folder(solutions(n), folder),
            solution,
            read_folder,
            forge_text,
            "none",
            share=6,
        ),
        Reader(
            "disturbance",
            make_disturbance,
            ("drift.csv",),
            lambda folder: load_disturbance(folder / "drift.csv"),
            forge_text,
            "none",
            share=4,
        ),
        Reader(
            "result",
            make_result(False),
            _task_file(".json"),
            _read_result(".json"),
            forge_json,
            "hash",
            5,
            numbers="any",
        ),
        Reader(
            "result with arrays",
            make_result(True),
            _task_file(".safetensors"),
            _read_result(".safetensors"),
            results,
            "hash",
            share=5,
            numbers="any",
        ),
        Reader(
            "sweep",
            lambda folder, n: SweepFolder(folder).claim(sound_sweep(n)),
            ("sweep.json",),
            lambda folder: SweepFolder(folder).sweep(),
            forge_json,
            "hash",
            share=4,
        ),
        Reader(
            "step record",
            lambda folder, n: write_record(
                folder / "step.json", {"key": str(n), "value": {"mean": 0.9}, "seconds": 1.5}
            ),
            ("step.json",),
            _read_record,
            forge_json,
            "hash",
            share=4,
        ),
    )
