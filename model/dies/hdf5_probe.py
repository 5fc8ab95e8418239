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


def probe(path: str) -> int:
    """Touch whatever a reader could touch; the exit code."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(Exception), h5py.File(path, "r") as opened:
        names: list[str] = ["/"]
        opened.visit(names.append)
        for name in names:
            with contextlib.suppress(Exception):
                found = opened[name]
                # A damaged shape would have the reader fill the whole memory.
                if isinstance(found, h5py.Dataset) and found.nbytes > memory // 2:
                    return TOO_LARGE
                dict(found.attrs)
                if isinstance(found, h5py.Dataset):
                    found[()]
    return 0


if __name__ == "__main__":
    sys.exit(probe(sys.argv[1]))
