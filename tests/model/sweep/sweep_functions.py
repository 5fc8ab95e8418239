# SPDX-License-Identifier: BSD-3-Clause
"""Functions that sweeps of the tests call, and a command that runs one: ``python sweep_functions.py FOLDER JOBS``."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from spintile.model.sweep import Progress, Sweep, grid, run
from spintile.model.sweep.locks import Locks


def product(seed: int, die: int) -> dict[str, int]:
    """Something quick."""
    return {"product": seed * die}


def products(seed: int, size: int) -> dict[str, Any]:
    """Arrays whose last bits hang on the order of sums."""
    values = np.random.default_rng(seed).standard_normal((size, size)).astype(np.float32)
    return {"product": values @ values, "trace": float(np.trace(values)), "shape": values.shape}


def logged_work(seed: int, die: int) -> dict[str, Any]:
    """A few milliseconds of work that leaves a line in the file named by SWEEP_LOG, and a result of two kinds."""
    with open(os.environ["SWEEP_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{seed} {die}\n")
    digest = hashlib.pbkdf2_hmac("sha256", b"%d" % seed, b"%d" % die, 8000)
    return {"digest": digest.hex(), "values": np.frombuffer(digest, np.uint8)} if die % 2 else {"digest": digest.hex()}


def picky(value: int) -> int:
    """Fails with 3, and dies with 5."""
    if value == 3:
        raise ValueError("three\nis too many")
    if value == 5:
        os._exit(7)
    return value


def not_a_number(value: float) -> dict[str, Any]:
    """Results that JSON itself does not know."""
    return {"mean": value / 0.0 if value == 0.5 else float("nan"), "values": np.array([np.nan, value])}


def unwritable(value: int) -> object:
    return {"network": object()}


def environment(index: int) -> dict[str, str | None]:
    """Threads that a library imported in a worker would take."""
    return {"threads": os.environ.get("OMP_NUM_THREADS"), "blas": os.environ.get("OPENBLAS_NUM_THREADS")}


def chatty(index: int) -> int:
    sys.stdout.write("task on standard output\n")
    sys.stdout.flush()
    os.write(1, b"task on descriptor 1\n")
    return index


def logged_sweep(seeds: int) -> Sweep:
    return Sweep.of("sweep_functions:logged_work", grid(seed=range(seeds), die=range(6)), "1")


def folder_bytes(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def main() -> None:
    """Run ``logged_sweep`` once a line came in; a line of JSON for every progress goes out."""
    folder, jobs, seeds, faults = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    if "no locks" in faults:
        Locks.acquire = lambda self, name: True  # type: ignore[method-assign]
    sweep = logged_sweep(seeds)

    def tell(progress: Progress) -> None:
        sys.stdout.write(json.dumps([progress.done, progress.total]) + "\n")
        sys.stdout.flush()
        if progress.done == 0 and "wait" in faults:
            sys.stdin.readline()

    run(sweep, folder, jobs=jobs, progress=tell)


if __name__ == "__main__":
    main()
