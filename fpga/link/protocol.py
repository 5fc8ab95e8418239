# SPDX-License-Identifier: BSD-3-Clause
"""What travels between host and board: frames, their kinds, and how bytes of a line become frames again.

The document of the protocol is this folder's README; host and gateware both take their numbers from here.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import IntEnum

__all__ = [
    "ANSWER",
    "ANSWER_BYTES",
    "COUNT_LIMIT",
    "CRC_BYTES",
    "ESCAPE",
    "FLAG",
    "FLIP",
    "HEADER_BYTES",
    "LINK_VERSION",
    "REQUEST_BYTES",
    "SEQUENCES",
    "Frame",
    "FrameDecoder",
    "Kind",
    "Status",
    "encode",
]

#: A board of another version is refused. HELLO and its answer keep their form in all versions.
LINK_VERSION = 1

FLAG, ESCAPE, FLIP = 0x7E, 0x7D, 0x20
#: Length of the payload, kind, sequence number, session (two bytes).
HEADER_BYTES = 5
CRC_BYTES = 4
#: Most bytes of a request's payload, and of an answer's without its status.
REQUEST_BYTES, ANSWER_BYTES = 240, 56
#: Sequence numbers go round after so many.
SEQUENCES = 256
#: Set in the kind of every frame that a board sends.
ANSWER = 0x80
#: Most words of one run of registers.
COUNT_LIMIT = 255


class Kind(IntEnum):
    """What a frame asks for."""

    HELLO = 1
    WRITE = 2
    READ = 3
    DIE = 4
    IMAGES = 5
    STATE = 6
    REJECT = 7


class Status(IntEnum):
    """First byte of an answer's payload: what became of a request; of a REJECT: why it was not taken."""

    OK = 0
    #: The chip answered an access with SLVERR.
    REFUSED = 1
    #: An unknown kind, a payload that ends in the middle of a word, more results than an answer holds.
    MALFORMED = 2
    #: Images without a whole die in the chip.
    NOT_LOADED = 3
    #: The chip took no word and gave no result for as long as the gateware waits.
    NO_PROGRESS = 4
    #: REJECT: a frame was damaged, or came while both buffers were full.
    DAMAGED = 5
    #: REJECT: the frame belongs to another session, or its number is not the next one.
    OUT_OF_TURN = 6


@dataclass(frozen=True)
class Frame:
    """One frame.

    Parameters
    ----------
    kind : int
        :class:`Kind`, with ``ANSWER`` if a board sent it.
    sequence : int
        0 to 255.
    session : int
        0 to 65535; 0 is no session.
    payload : bytes
        At most 255.
    """

    kind: int
    sequence: int
    session: int
    payload: bytes = b""


def encode(frame: Frame) -> bytes:
    """A frame as bytes of the line, with a flag on both sides."""
    body = bytes((len(frame.payload), frame.kind, frame.sequence)) + frame.session.to_bytes(2, "little")
    body += frame.payload
    body += zlib.crc32(body).to_bytes(CRC_BYTES, "little")
    stuffed = body.replace(bytes((ESCAPE,)), bytes((ESCAPE, ESCAPE ^ FLIP)))
    stuffed = stuffed.replace(bytes((FLAG,)), bytes((ESCAPE, FLAG ^ FLIP)))
    return bytes((FLAG,)) + stuffed + bytes((FLAG,))


class FrameDecoder:
    """Bytes of a line in any portions; whole and sound frames out.

    Attributes
    ----------
    damaged : int
        Frames that were dropped since the beginning: wrong length, wrong CRC, a broken escape.
    """

    #: Bytes between two flags that can still be a frame, escapes included.
    _LIMIT = 2 * (HEADER_BYTES + 255 + CRC_BYTES)

    def __init__(self) -> None:
        self.damaged = 0
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Frames that end in these bytes."""
        *ended, rest = data.split(bytes((FLAG,)))
        frames = []
        for piece in ended:
            self._held += piece
            if self._held:
                frame = _frame(bytes(self._held))
                if frame is None:
                    self.damaged += 1
                else:
                    frames.append(frame)
            self._held.clear()
        self._held += rest[: self._LIMIT + 1 - len(self._held)]
        return frames


def _frame(stuffed: bytes) -> Frame | None:
    """What stands between two flags, if it is sound."""
    first, *pieces = stuffed.split(bytes((ESCAPE,)))
    # An escape in front of nothing, or of another escape, leaves an empty piece.
    if not all(pieces):
        return None
    body = first + b"".join(bytes((piece[0] ^ FLIP,)) + piece[1:] for piece in pieces)
    sound = len(body) >= HEADER_BYTES + CRC_BYTES and len(body) == HEADER_BYTES + body[0] + CRC_BYTES
    if not sound or zlib.crc32(body[:-CRC_BYTES]) != int.from_bytes(body[-CRC_BYTES:], "little"):
        return None
    return Frame(body[1], body[2], int.from_bytes(body[3:5], "little"), body[HEADER_BYTES:-CRC_BYTES])
