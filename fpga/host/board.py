# SPDX-License-Identifier: BSD-3-Clause
"""A board as a Python object: loaded with a network and a die, it answers images."""

from __future__ import annotations

import logging
import struct
from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from spintile.cosim.loading import RegisterWrite
from spintile.model.geometry import Geometry
from spintile.rtl.features import Features
from spintile.rtl.registers import IDENTITY, VERSION, register_map

from ..link.protocol import Kind
from .answers import Answers
from .connection import Connection, Request
from .contents import Contents, image_requests, write_requests
from .errors import BoardRestarted, LineLost, NoAnswer, RequestFailed, WrongBoard
from .transport import Transport

__all__ = ["Board"]

_LOG = logging.getLogger(__name__)
#: Performance counters of the chip.
_COUNTERS = ("CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT")
#: Fields of CONTROL.
_ENABLE, _CLEAR = 1, 4
#: Errors after which a new session and loading everything again may help.
_PASSING = (LineLost, NoAnswer, BoardRestarted, RequestFailed)
#: How often the time between attempts is doubled.
_LONGEST = 4
#: What a result word says of its image's index.
_INDEX = (1 << 24) - 1


class Board:
    """A board behind some line.

    Parameters
    ----------
    transport : Transport
        The line.
    geometry : Geometry
        The chip that it must carry.
    timeout, retries, session
        Of the :class:`Connection`.
    attempts : int
        How often in a row a session is begun anew, and nothing comes of it, before images are given up as lost.
    backoff : float
        Seconds before a session is begun anew; twice as many each time in a row, up to 16 times.
    """

    def __init__(
        self,
        transport: Transport,
        geometry: Geometry,
        *,
        timeout: float = 0.3,
        retries: int = 10,
        session: int | None = None,
        attempts: int = 8,
        backoff: float = 0.5,
    ) -> None:
        self.geometry = geometry
        self._transport = transport
        self._connection = Connection(transport, timeout=timeout, retries=retries, session=session)
        self._map = register_map(geometry)
        self._attempts = attempts
        self._backoff = backoff
        self._contents: Contents | None = None
        self._ready = False

    @property
    def connection(self) -> Connection:
        """What it talks through."""
        return self._connection

    def connect(self) -> None:
        """Begin a session, and see that it is the right board; nothing is loaded then.

        Raises
        ------
        LineLost, NoAnswer
            If there is no board, or it does not answer.
        WrongBoard
            If it is made for another chip, or by another version.
        """
        self._ready = False
        self._connection.connect()
        identity, version, digest = (self.read(name) for name in ("IDENTITY", "VERSION", "GEOMETRY"))
        if identity != IDENTITY:
            raise WrongBoard(f"IDENTITY must read 0x{IDENTITY:08x}, not 0x{identity:08x}: no chip of spintile")
        if version >> 16 != VERSION >> 16:
            raise WrongBoard(
                f"register map of the board must be version {VERSION >> 16}, not {version >> 16}: build its bitstream "
                "with this version of spintile (spintile fpga build)"
            )
        if digest != self.geometry.digest():
            raise WrongBoard(
                f"board must carry geometry {self.geometry.name!r} (0x{self.geometry.digest():08x}), not "
                f"0x{digest:08x}: build a bitstream for it (spintile fpga build), or name the board's chip"
            )

    def program(self, contents: Contents, progress: Callable[[int, int], None] | None = None) -> None:
        """Load a network and a die; whatever was loaded before is gone.

        Parameters
        ----------
        contents : Contents
            What to load.
        progress : function (done, total), optional
            Told how many bytes of how many are there, about.

        Raises
        ------
        ValueError
            If the contents are for another geometry.
        BoardError
            If the board cannot be reached, is another one, or did not take it.
        """
        self.keep(contents)
        self._load(0, progress)

    def keep(self, contents: Contents) -> None:
        """What ``run`` is to load before the first image; ValueError if it is for another geometry."""
        if contents.geometry.digest() != self.geometry.digest():
            raise ValueError(
                f"contents must be for geometry {self.geometry.name!r}, not for {contents.geometry.name!r}"
            )
        self._contents = contents
        self._ready = False

    def run(
        self,
        images: ArrayLike,
        *,
        first_index: int = 0,
        progress: Callable[[int, int], None] | None = None,
    ) -> Answers:
        """Classes of some images, by the network and on the die that were programmed.

        When the line fails or the board restarts, a new session is begun, everything is loaded again, and the images
        that have no answer are sent again. What never comes back is reported as lost.

        Parameters
        ----------
        images : int array (images, ...)
            As ``Program.pack_image`` takes them.
        first_index : int
            Index of the first one in its data set.
        progress : function (done, total), optional
            Told of every request that is answered.

        Raises
        ------
        ValueError
            If nothing was programmed, or an image does not fit the network.
        """
        if self._contents is None:
            raise ValueError("board must be programmed before it runs images")
        values = np.asarray(images)
        flat = values.reshape(len(values), *self._contents.program.input_shape)
        stream = self._contents.program.pack_image(flat).reshape(len(values), -1)
        classes = np.full(len(values), -1, np.int32)
        began = self._transport.now()
        done, restarts, failures, error = 0, 0, 0, ""
        while done < len(values):
            try:
                if not self._ready:
                    restarts += failures > 0
                    self._load(first_index + done)
                elif done == 0:
                    self._begin(first_index)
                for answered in self._answers(stream[done:], first_index + done):
                    classes[done : done + len(answered)] = answered
                    done += len(answered)
                    failures = 0
                    if progress is not None:
                        progress(done, len(values))
            except WrongBoard as failure:
                error = str(failure)
                break
            except _PASSING as failure:
                _LOG.info("session ends after %d images: %s", done, failure)
                self._ready = False
                failures += 1
                if failures > self._attempts:
                    error = str(failure)
                    break
                self._transport.pause(self._backoff * (1 << min(failures - 1, _LONGEST)))
        return Answers(classes, self._transport.now() - began, restarts, error)

    def counters(self) -> dict[str, int]:
        """The chip's performance counters since images were begun, and the link's."""
        found = {name.lower(): self.read(name) for name in _COUNTERS}
        state = self._state()
        return found | {"damaged_frames": state >> 8 & 0xFF, "repeated_requests": state >> 16 & 0xFF}

    def read(self, name: str, index: int = 0) -> int:
        """A register by its name.

        Raises
        ------
        BoardError
            If the board cannot be reached, or refuses.
        """
        payload = struct.pack("<I", 1 << 24 | self._map.address(name, index))
        answer = self._connection.ask(Request(Kind.READ, payload, f"a read of {name}"))
        return int(struct.unpack("<I", answer)[0])

    def close(self) -> None:
        """Let go of the line."""
        self._ready = False
        self._connection.close()

    def _load(self, first_index: int, progress: Callable[[int, int], None] | None = None) -> None:
        """A new session with everything in it."""
        assert self._contents is not None
        self.connect()
        lacking = self._contents.lacking(Features.from_word(self.read("FEATURES")))
        if lacking:
            raise WrongBoard(
                f"board must be built with {', '.join(lacking)} for this network, and is not: build its bitstream with "
                "them, or train and compile without"
            )
        total, done = self._contents.size, 0

        def requests(contents: Contents) -> Iterator[Request]:
            nonlocal done
            for request in contents.requests(self._connection.limit):
                yield request
                done += len(request.payload)

        for _ in self._connection.exchange(requests(self._contents)):
            if progress is not None:
                progress(min(done, total), total)
        state = self._state()
        if state & 3 != 1:
            raise RequestFailed(f"board must hold a whole die after loading it, and says 0x{state:x}")
        self._begin(first_index)
        self._ready = True

    def _begin(self, first_index: int) -> None:
        """Count images from an index on, and take them."""
        writes = (
            RegisterWrite("CONTROL", [0]),
            RegisterWrite("IMAGE_INDEX", [first_index]),
            RegisterWrite("CONTROL", [_ENABLE | _CLEAR]),
        )
        for _ in self._connection.exchange(write_requests(writes, self.geometry, self._connection.limit)):
            pass

    def _answers(self, stream: NDArray[np.uint64], first_index: int) -> Iterator[NDArray[np.int32]]:
        """Classes, a request at a time, each checked against the index of its image."""
        counts: deque[int] = deque()

        def requests() -> Iterator[Request]:
            for request, count in image_requests(stream, self.geometry, self._connection.limit):
                counts.append(count)
                yield request

        index = first_index
        for answer in self._connection.exchange(requests()):
            count = counts.popleft()
            words = np.frombuffer(answer, "<u4")
            wanted = np.arange(index, index + count) & _INDEX
            if len(words) != count or not np.array_equal(words >> 8, wanted):
                raise RequestFailed(f"board must answer images {index} to {index + count - 1}, and answers others")
            index += count
            yield (words & 0xFF).astype(np.int32)

    def _state(self) -> int:
        return int(struct.unpack("<I", self._connection.ask(Request(Kind.STATE, what="its state")))[0])
