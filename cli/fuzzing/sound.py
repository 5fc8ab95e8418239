# SPDX-License-Identifier: BSD-3-Clause
"""Sound input for every reader: what is damaged afterwards."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from spintile.model.chip import Chip
from spintile.model.data import Dataset
from spintile.model.dies import (
    DefectStatistics,
    Population,
    sample_population,
)
from spintile.model.dies.fitting import fit_statistics, save_fit
from spintile.model.geometry import Geometry
from spintile.model.mapping import compile_network, place, save_placement, save_program
from spintile.model.network import Layer, Network
from spintile.model.sweep.plan import Sweep
from spintile.model.sweep.results import encode_result
from spintile.model.training.moons.crossbar import own_disturbance
from spintile.model.training.wine.solutions import Solutions

GEOMETRY = Geometry(
    name="small",
    rows=6,
    cols=7,
    kernels=4,
    activation_depth=64,
    instruction_depth=64,
    segment_depth=64,
    threshold_depth=16,
    acc_bits=18,
    input_bits=2,
)
CHIP = Chip.preset("demo").replace(geometry=GEOMETRY)
TASK = ("package.module:function", "version 1")


def sound_population(number: int) -> Population:
    statistics = DefectStatistics(spread=0.05, short=0.05, open=0.03, stuck_p=0.02, short_strength=6.0)
    drawn = sample_population(GEOMETRY, CHIP.cell, statistics, [0, 1 + number], seed=3 + number)
    return drawn if number else Population(**{**vars(drawn), "row_breaks": drawn.defect == 2})


def sound_network(number: int) -> Network:
    rng = np.random.default_rng(number)
    hidden = Layer(
        "dense",
        rng.choice([-1, 1], (3, 8)).astype(np.int8),
        (8,),
        thresholds=np.sort(rng.integers(-5, 5, (3, 1))),
        invert=np.array([True, False, True]),
    )
    output = Layer("dense", rng.choice([-1, 1], (3, 3)).astype(np.int8), (3,), bias=rng.integers(-3, 3, 3))
    return Network((hidden, output), {"seed": str(number), "regime": "software", "accuracy": "0.8125"})


def measured(number: int) -> tuple[Population, dict[str, np.ndarray]]:
    population = sound_population(number)
    units = {"g_p": population.g_p * 1e6, "g_ap": population.g_ap * 1e6, "die": population.die_ids}
    return population, units


def make_table(folder: Path, number: int) -> None:
    population, arrays = measured(number)
    lines = ["# a wafer", "die,kernel,row,col,g_p [uS],g_ap [uS]"]
    for cell in np.ndindex(2, 2, *population.shape[2:]):
        values = f"{arrays['g_p'][cell]:.4f},{arrays['g_ap'][cell]:.4f}"
        lines.append(f"{population.die_ids[cell[0]]},{','.join(map(str, cell[1:]))},{values}")
    (folder / "wafer.csv").write_text("\n".join(lines) + "\n")


def make_matrices(folder: Path, number: int) -> None:
    _, arrays = measured(number)
    for state in ("p", "ap"):
        for kernel in range(2):
            matrix = arrays[f"g_{state}"][0, kernel]
            text = "\n".join(",".join(f"{value:.3f}" for value in row) for row in matrix)
            (folder / f"die0_kernel{kernel}_{state.upper()}.csv").write_text(text + "\n")


def make_npz(folder: Path, number: int) -> None:
    stream = io.BytesIO()
    arrays: dict[str, Any] = {**measured(number)[1]}
    (np.savez_compressed if number else np.savez)(stream, **arrays)
    (folder / "wafer.npz").write_bytes(stream.getvalue())


def make_hdf5(folder: Path, number: int) -> None:
    import h5py

    with h5py.File(folder / "wafer.h5", "w", libver="latest" if number else "earliest") as file:
        for name, array in measured(number)[1].items():
            how = {"compression": "gzip", "fletcher32": True} if number and name != "die" else {}
            file.create_dataset(name, data=array, **how).attrs["units"] = "uS"


def make_fit(folder: Path, number: int) -> None:
    population = sample_population(GEOMETRY, CHIP.cell, CHIP.statistics.replace(short=0.02), list(range(6)), number)
    save_fit(fit_statistics(population, r_access=CHIP.cell.r_access), folder / "fit.toml")


def make_program(folder: Path, number: int) -> None:
    network = sound_network(number)
    compiled = compile_network(network, place(network, GEOMETRY), codes_per_weight=2.0, adc_bits=8)
    save_program(compiled.program, GEOMETRY, folder / "program.safetensors")


def make_placement(folder: Path, number: int) -> None:
    network = sound_network(0)
    save_placement(place(network, GEOMETRY), network, folder / "placement.json")


def states(number: int) -> np.ndarray:
    return np.random.default_rng(number).random(sound_population(0).shape) < 0.5


def idx(array: np.ndarray) -> bytes:
    """Bytes of an IDX file of unsigned bytes."""
    return bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def make_idx(folder: Path, number: int) -> None:
    rng = np.random.default_rng(number)
    for part, count in (("train", 9), ("t10k", 5)):
        images = idx(rng.integers(0, 256, (count, 6, 6), np.uint8))
        labels = idx(rng.integers(0, 10, count, np.uint8))
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images, mtime=0))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(labels)


def sound_images(number: int) -> Dataset:
    rng = np.random.default_rng(number)
    images, labels = rng.integers(0, 16, (14, 5, 5), np.uint8), rng.integers(0, 10, 14)
    return Dataset(images[:9], labels[:9], images[9:], labels[9:], "small", "nobody")


def solutions(number: int) -> Solutions:
    rng = np.random.default_rng(number)
    bias = (np.round(rng.normal(size=(2, 6)), 4), np.round(rng.normal(size=(2, 3)), 4))
    return Solutions((0, 7), rng.random((2, 13, 12)) < 0.5, bias[0], rng.random((2, 6, 6)) < 0.5, bias[1])


def make_disturbance(folder: Path, number: int) -> None:
    rows = [",".join(f"{value:g}" for value in row) for row in own_disturbance()]
    (folder / "drift.csv").write_text("\n".join(["# ours", "later_writes,mean_uS,sigma_uS", *rows]) + "\n")


def sound_sweep(number: int) -> Sweep:
    return Sweep(TASK[0], tuple({"seed": seed, "rate": 0.5} for seed in range(2 + number)), TASK[1])


def make_result(arrays: bool) -> Callable[[Path, int], None]:
    def make(folder: Path, number: int) -> None:
        result: dict[str, Any] = {"accuracy": [0.5, float("nan")], "name": "x"}
        if arrays:
            result |= {"codes": np.arange(12).reshape(3, 4), "masks": np.array([True, False])}
        sweep = sound_sweep(0)
        suffix, data = encode_result(*TASK, sweep.settings[0], result)
        (folder / "tasks").mkdir()
        (folder / "tasks" / (sweep.names[0] + suffix)).write_bytes(data)

    return make
