# SPDX-License-Identifier: BSD-3-Clause
"""Make the bundled MNIST from the original IDX files: ``python -m spintile.model.data.build_bundle FOLDER OUT``.

Each pixel of the 14 x 14 images is the mean of 2 x 2 pixels of the original, rounded to one of 16 grey levels. The
order of the images is the original's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..files import write_atomically
from .bundle_file import pack_bundle
from .dataset import DEFAULT_LEVELS
from .loading import BUNDLE_SIDE, from_idx_folder

ATTRIBUTION = (
    "MNIST handwritten digits by Yann LeCun and Corinna Cortes, CC BY-SA 3.0 "
    "(https://creativecommons.org/licenses/by-sa/3.0/); reduced to 14 x 14 pixels and 16 grey levels"
)


def build(folder: Path, out: Path) -> int:
    """Write the bundle of a folder's IDX files; the number of bytes written."""
    content = pack_bundle(from_idx_folder(folder, BUNDLE_SIDE, DEFAULT_LEVELS, name="mnist", attribution=ATTRIBUTION))
    write_atomically(out, content)
    return len(content)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with the four original IDX files, plain or gzipped")
    parser.add_argument("out", type=Path, help="bundle to write, for instance model/data/bundle/mnist-14x14.xz")
    options = parser.parse_args(arguments)
    try:
        size = build(options.folder, options.out)
    except ValueError as error:
        parser.error(str(error))
    sys.stdout.write(f"{options.out}: {size} bytes\n")


if __name__ == "__main__":
    main()
