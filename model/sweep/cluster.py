# SPDX-License-Identifier: BSD-3-Clause
"""Tasks on a dask cluster; result files and locks stay with the process that runs the sweep."""

from __future__ import annotations

import importlib.util
from typing import Any

from .compute import Outcome, Task, compute, one_thread


class Cluster:
    """Workers of a dask scheduler; each must be able to import the sweep's function.

    Parameters
    ----------
    address : str
        Of the scheduler, as ``tcp://host:8786``.

    Raises
    ------
    ValueError
        If dask.distributed is not installed, nothing answers at the address, or there is no worker.
    """

    def __init__(self, address: str) -> None:
        if importlib.util.find_spec("distributed") is None:
            raise ValueError("cluster: dask.distributed must be installed: pip install 'spintile[cluster]'")
        import distributed

        self._distributed = distributed
        try:
            # A client that was given no address ends with a traceback, long after the error.
            distributed.comm.get_address_host_port(address)
            self._client: Any = distributed.Client(address, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ValueError(f"cluster: a dask scheduler must answer at {address!r}: {error}") from None
        self._tasks: dict[Any, Task] = {}
        threads = sum(self._client.nthreads().values())
        if not threads:
            self._client.close()
            raise ValueError(f"cluster: the scheduler at {address!r} must have a worker, not none")
        self.capacity = threads

    def start(self, task: Task) -> None:
        # Not ``pure``: dask must not answer from an earlier run whose result file was removed.
        self._tasks[self._client.submit(compute_on_worker, task, pure=False)] = task

    def finished(self, seconds: float) -> list[Outcome]:
        try:
            with self._client.as_current():
                ended = self._distributed.wait(list(self._tasks), seconds, return_when="FIRST_COMPLETED").done
        except self._distributed.TimeoutError:
            return []
        return [self._take(future) for future in sorted(ended, key=lambda future: self._tasks[future].name)]

    def close(self) -> None:
        for future in self._tasks:
            future.cancel()
        self._client.close()

    def _take(self, future: Any) -> Outcome:
        task = self._tasks.pop(future)
        try:
            outcome = future.result()
        except Exception as error:  # whatever dask says of a worker that is gone
            return Outcome(task.name, error=f"{type(error).__name__}: {' '.join(str(error).split())}")
        assert isinstance(outcome, Outcome)
        return outcome


def compute_on_worker(task: Task) -> Outcome:
    """``compute``, in one thread of each library of numbers."""
    with one_thread():
        return compute(task)
