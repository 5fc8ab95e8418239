# SPDX-License-Identifier: BSD-3-Clause
"""The stage ``golden``: the reference gives the same classes however it is run, and how many of them are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from spintile.model.golden import infer

if TYPE_CHECKING:
    from spintile.cosim.job import CosimJob

__all__ = ["ReferenceCheck", "check_reference"]

#: Largest record of a batch [bytes].
_BATCH_BYTES = 1 << 24


@dataclass(frozen=True, eq=False)
class ReferenceCheck:
    """Classes of the golden model, computed twice.

    Parameters
    ----------
    together, recorded : int arrays (dies, images)
        All dies at once without a record; die by die, in batches, with codes, accumulators and activations.
    first_index : int
        Index of the first image.
    die_ids : int array (dies,)
    """

    together: NDArray[np.int64]
    recorded: NDArray[np.int64]
    first_index: int
    die_ids: NDArray[np.int64]

    def differences(self) -> list[tuple[int, int, str]]:
        """For each die that has any: die, its first image that differs, and one line."""
        found = []
        for position, die in enumerate(self.die_ids.tolist()):
            images = np.flatnonzero(self.together[position] != self.recorded[position])
            if images.size:
                image = int(images[0])
                said = f"{self.together[position, image]}, not {self.recorded[position, image]} with the record"
                index = image + self.first_index
                found.append((die, index, f"golden: die {die}, image {index}: class must be {said}"))
        return found


def check_reference(
    job: CosimJob, *, jobs: int = 1, progress: Callable[[int, int], None] | None = None
) -> ReferenceCheck:
    """Run the golden model twice on a job.

    Parameters
    ----------
    job : CosimJob
    jobs : int
        Threads.
    progress : function (images done, images in all), optional
    """
    images, total = len(job.images), job.dies * len(job.images)
    together = infer(
        job.image, job.compiled, job.images, repair=job.repair, first_index=job.first_index, jobs=jobs
    ).classes
    size = max(8, min(1000, _BATCH_BYTES // (2 * job.compiled.reads_per_image * job.geometry.cols)))
    recorded = np.zeros_like(together)
    for position in range(job.dies):
        for start in range(0, images, size):
            part = slice(start, min(start + size, images))
            record = infer(
                job.image.select([position]),
                job.compiled,
                job.images[part],
                repair=job.repair,
                first_index=job.first_index + start,
                record=True,
            )
            recorded[position, part] = record.classes[0]
            if progress is not None:
                progress(position * images + part.stop, total)
    return ReferenceCheck(together, recorded, job.first_index, job.image.die_ids)
