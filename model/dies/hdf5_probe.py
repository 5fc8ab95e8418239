# SPDX-License-Identifier: BSD-3-Clause
"""Read every array of an HDF5 file and keep nothing: a program that ``hdf5_guard`` runs in a process of its own.

Ends with 0 whatever Python had to say about the file: what matters is whether libhdf5 came through. Imports nothing of
this package, so that it starts fast.
"""

from __future__ import annotations

import contextlib
import os
import sys

import h5py

#: Exit code: the file declares more than this machine can hold.
TOO_LARGE = 3
#: As those of ``reading``: an array may be this many times as large as the file that it comes from.
_RATIO, _FREE = 1100, 1 << 26


def probe(path: str) -> int:
    """Touch whatever a reader could touch; the exit code."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    size = os.path.getsize(path)
    with contextlib.suppress(Exception), h5py.File(path, "r") as opened:
        names: list[str] = ["/"]
        opened.visit(names.append)  # hard links only: what is elsewhere is never read
        for name in names:
            with contextlib.suppress(Exception):
                found = opened[name]
                # A damaged shape would have the reader fill the whole memory.
                if isinstance(found, h5py.Dataset) and found.nbytes > min(memory // 2, _RATIO * size + _FREE):
                    return TOO_LARGE
                # Each for itself: what fails in Python must not hide what would end the process.
                for touch in (_attributes, _scales, _values):
                    with contextlib.suppress(Exception):
                        touch(found)
    return 0


def _attributes(found: h5py.HLObject) -> None:
    for name in found.attrs:
        with contextlib.suppress(Exception):
            found.attrs[name]


def _scales(found: h5py.HLObject) -> None:
    if isinstance(found, h5py.Dataset):
        for axis in found.dims:
            with contextlib.suppress(Exception):
                str(axis[0].name if len(axis) else "")


def _values(found: h5py.HLObject) -> None:
    if isinstance(found, h5py.Dataset) and not found.is_virtual and not found.external:
        found[()]


if __name__ == "__main__":
    sys.exit(probe(sys.argv[1]))
