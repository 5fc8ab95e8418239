# SPDX-License-Identifier: BSD-3-Clause
"""HDF5 files that can be opened without ending the process: libhdf5 trusts its input, and a flipped byte can crash it.

Every file is first read by ``hdf5_probe`` in a process of its own. A file of ours also ends with a seal: one line with
the SHA-256 of everything before it. HDF5 ignores what follows its own end, so that every other program reads the file
as before; a program that writes into the file removes the seal. The seal tells damage, not intent: anyone can make one.

A file stands for itself: an array that lies in another file (external and virtual storage, links to other files) is
never read.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..reading import check_expansion
from . import hdf5_probe

if TYPE_CHECKING:
    import h5py

_SEAL = b"\nspintile sha256 "
_SEAL_LENGTH = len(_SEAL) + 64 + 1
_CHUNK = 1 << 20
_SIGNATURE, _SUPERBLOCK = b"\x89HDF\r\n\x1a\n", 52
_LONGEST = 120.0  # [s]; a file of measurements takes less than one, a damaged one may never end
_PER_BYTE = 1e-7  # [s]; for measurements of many gigabytes


def sealed(data: bytes) -> bytes:
    """The bytes of an HDF5 file with the seal behind them."""
    return data + _SEAL + hashlib.sha256(data).hexdigest().encode() + b"\n"


def check_hdf5(path: str | Path, *, ours: bool = False) -> None:
    """Raise ValueError, without the file's name, if the file must not be opened with libhdf5 in this process.

    Says nothing of what else may be wrong: whoever reads the file finds that, and safely.

    Parameters
    ----------
    path : path
        A regular file.
    ours : bool
        Whether the file must end where HDF5 says, or with an unbroken seal there.
    """
    file = Path(path)
    size = file.stat().st_size
    with file.open("rb") as stream:
        rest = max(0, size - _SEAL_LENGTH)
        stream.seek(rest)
        seal = stream.read()
        stream.seek(0)
        head = stream.read(_SUPERBLOCK)
        if seal.startswith(_SEAL):
            stream.seek(0)
            digest = hashlib.sha256()
            while rest and (part := stream.read(min(rest, _CHUNK))):
                digest.update(part)
                rest -= len(part)
            if seal[len(_SEAL) :] != digest.hexdigest().encode() + b"\n":
                raise ValueError("the file is damaged: its contents must have the SHA-256 at its end")
        elif ours and _end(head) != size:
            raise ValueError("the file is damaged: it must end with the SHA-256 of its contents, or where HDF5 does")
    status = file.stat()
    _probed(str(file.resolve()), status.st_ino, status.st_mtime_ns, size)


def _end(head: bytes) -> int:
    """Where an HDF5 file says that it ends; -1 where that is not known."""
    place = {0: 40, 1: 44, 2: 28, 3: 28}.get(head[8] if head[:8] == _SIGNATURE else -1)
    return (
        -1 if place is None or head[13 if place > 28 else 9] != 8 else int.from_bytes(head[place : place + 8], "little")
    )


@functools.lru_cache(maxsize=64)
def _probed(path: str, inode: int, changed: int, size: int) -> None:
    """Read a file in another process; once, for as long as it is not changed."""
    # -P: beside the probe lies a statistics.py, which must not hide the standard library's.
    command = [sys.executable, "-P", str(Path(hdf5_probe.__file__)), path]
    limit = _LONGEST + size * _PER_BYTE
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"the file is damaged: reading it did not end within {limit:.0f} s") from None
    if ended.returncode == hdf5_probe.TOO_LARGE:
        raise ValueError("an array of it must fit into half of this machine's memory")
    if ended.returncode < 0:
        raise ValueError(f"the file is damaged: reading it crashed the HDF5 library (signal {-ended.returncode})")


def own_dataset(opened: h5py.File, place: str) -> h5py.Dataset | None:
    """The array at a place of an opened file, if there is one.

    Raises
    ------
    ValueError
        If its values, or the way to it, lie in another file.
    """
    import h5py

    part = ""
    for name in place.strip("/").split("/"):
        part = f"{part}/{name}"
        link = opened.get(part, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise ValueError(f"{part} must be in the file itself, not a link to another file")
        if isinstance(link, h5py.SoftLink) and not _leads_home(opened, link, 8):
            raise ValueError(f"{part} must be in the file itself, not a link to another file")
    found = opened.get(place)
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        return None
    if found.is_virtual or found.external:
        raise ValueError(f"{place} must be in the file itself, not in another file")
    return found


def _leads_home(opened: h5py.File, link: h5py.SoftLink, most: int) -> bool:
    """Whether a chain of links by name stays in the file."""
    import h5py

    part = ""
    for name in link.path.strip("/").split("/"):
        part = f"{part}/{name}"
        following = opened.get(part, getlink=True)
        if isinstance(following, h5py.ExternalLink):
            return False
        if isinstance(following, h5py.SoftLink) and not (most and _leads_home(opened, following, most - 1)):
            return False
    return True


def check_sizes(datasets: Iterable[h5py.Dataset], size: int) -> None:
    """Raise ValueError if arrays of a file of that size [bytes] are larger than it could hold, or memory could."""
    # Eight bytes at least: numbers are made floats.
    check_expansion(sum(found.size * max(8, found.dtype.itemsize) for found in datasets), size)
