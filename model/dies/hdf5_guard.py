# SPDX-License-Identifier: BSD-3-Clause
"""HDF5 files that can be opened without ending the process: libhdf5 trusts its input, and a flipped byte can crash it.

A file of ours ends with a seal: one line with the SHA-256 of everything before it. HDF5 ignores what follows its own
end, so that every other program reads the file as before; a program that writes into the file removes the seal. A file
without one is first read by ``hdf5_probe`` in a process of its own.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from . import hdf5_probe

_SEAL = b"\nspintile sha256 "
_SEAL_LENGTH = len(_SEAL) + 64 + 1
_CHUNK = 1 << 20
_LONGEST = 120.0  # [s]; a file of measurements takes less than one, a damaged one may never end
_PER_BYTE = 1e-7  # [s]; for measurements of many gigabytes


def sealed(data: bytes) -> bytes:
    """The bytes of an HDF5 file with the seal behind them."""
    return data + _SEAL + hashlib.sha256(data).hexdigest().encode() + b"\n"


def check_hdf5(path: str | Path) -> None:
    """Raise ValueError, without the file's name, if the file must not be opened with libhdf5 in this process.

    Says nothing of what else may be wrong: whoever reads the file finds that, and safely.
    """
    file = Path(path)
    size = file.stat().st_size
    with file.open("rb") as stream:
        rest = max(0, size - _SEAL_LENGTH)
        stream.seek(rest)
        seal = stream.read()
        if seal.startswith(_SEAL):
            stream.seek(0)
            digest = hashlib.sha256()
            while rest and (part := stream.read(min(rest, _CHUNK))):
                digest.update(part)
                rest -= len(part)
            if seal[len(_SEAL) :].strip() != digest.hexdigest().encode():
                raise ValueError("the file is damaged: its contents must have the SHA-256 at its end")
            return
    # -P: beside the probe lies a statistics.py, which must not hide the standard library's.
    command = [sys.executable, "-P", str(Path(hdf5_probe.__file__)), str(file)]
    limit = _LONGEST + size * _PER_BYTE
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"the file is damaged: reading it did not end within {limit:.0f} s") from None
    if ended.returncode == hdf5_probe.TOO_LARGE:
        raise ValueError("an array of it must fit into half of this machine's memory")
    if ended.returncode < 0:
        raise ValueError(f"the file is damaged: reading it crashed the HDF5 library (signal {-ended.returncode})")
