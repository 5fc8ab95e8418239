# SPDX-License-Identifier: BSD-3-Clause
"""What may stand where a file should be: nothing, a folder, a pipe, a device, a socket, a link in a circle."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from random import Random

PLACES = ("nothing", "folder", "pipe", "null", "zero", "random", "socket", "circle", "dangling")


def put(path: Path, rng: Random) -> str:
    """Replace a file by something that is none; a name of it. A link to a device stands for the device."""
    what = rng.choice(PLACES)
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what in ("null", "zero", "random"):
        path.symlink_to(f"/dev/{what}")
    elif what == "socket":
        # The name of a socket may only be short, wherever the folder is.
        here = os.open(".", os.O_RDONLY)
        try:
            os.chdir(path.parent)
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path.name)
        finally:
            os.fchdir(here)
            os.close(here)
    elif what == "circle":
        path.symlink_to(path.name)
    elif what == "dangling":
        path.symlink_to("nowhere")
    return what
