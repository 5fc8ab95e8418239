# SPDX-License-Identifier: BSD-3-Clause
"""The board's end of the link, Verilated: what it performs, what it repeats, what it refuses."""

from __future__ import annotations

import gc
import struct

import pytest
from board_cases import GEOMETRY, simulated
from spintile.fpga.link import Frame, FrameDecoder, Kind, Status, encode
from spintile.fpga.link.link import Link
from spintile.fpga.link.protocol import ANSWER, ANSWER_BYTES, LINK_VERSION, REQUEST_BYTES
from spintile.fpga.virtual.simulation import SimulatedBoard
from spintile.rtl.registers import IDENTITY, register_map

SESSION = 0x1234
SETTLE = register_map(GEOMETRY).address("SETTLE")


def talk(board: SimulatedBoard, *sent: Frame | bytes) -> list[Frame]:
    """What a board answers."""
    line = b"".join(each if isinstance(each, bytes) else encode(each) for each in sent)
    taken, got = board.run(line, 1 << 20)
    assert taken == len(line)
    decoder = FrameDecoder()
    frames = decoder.feed(got)
    assert decoder.damaged == 0
    return frames


def write(sequence: int, value: int, address: int = SETTLE) -> Frame:
    return Frame(Kind.WRITE, sequence, SESSION, struct.pack("<II", 1 << 24 | address, value))


def read(sequence: int, address: int = SETTLE, count: int = 1) -> Frame:
    return Frame(Kind.READ, sequence, SESSION, struct.pack("<I", count << 24 | address))


def answer(kind: Kind, sequence: int, data: bytes = b"", status: Status = Status.OK) -> Frame:
    return Frame(ANSWER | kind, sequence, SESSION, bytes((status,)) + data)


def word(value: int) -> bytes:
    return struct.pack("<I", value)


HELLO = Frame(Kind.HELLO, 0, SESSION)
WELCOME = answer(Kind.HELLO, 0, bytes((LINK_VERSION, 4, REQUEST_BYTES, ANSWER_BYTES)))


def connected() -> SimulatedBoard:
    board = simulated()
    assert talk(board, HELLO) == [WELCOME]
    return board


def test_nothing_but_hello_is_taken_before_a_session() -> None:
    board = simulated()
    assert talk(board, read(1)) == [Frame(ANSWER | Kind.REJECT, 0, 0, bytes((Status.OUT_OF_TURN,)))]
    assert talk(board, HELLO, read(1, 0)) == [WELCOME, answer(Kind.READ, 1, word(IDENTITY))]


def test_requests_are_performed_in_order_and_as_many_as_the_window_at_once() -> None:
    board = connected()
    got = talk(board, write(1, 7), read(2), write(3, 9), read(4))
    assert sorted(got, key=lambda frame: frame.sequence) == [
        answer(Kind.WRITE, 1),
        answer(Kind.READ, 2, word(7)),
        answer(Kind.WRITE, 3),
        answer(Kind.READ, 4, word(9)),
    ]


def test_a_repeated_request_is_answered_again_and_not_performed_again() -> None:
    board = connected()
    talk(board, write(1, 7), write(2, 9))
    assert talk(board, write(1, 7)) == [answer(Kind.WRITE, 1)]
    assert talk(board, read(3)) == [answer(Kind.READ, 3, word(9))]  # 7 again, had it been performed
    # The answer is the one of then, not of now.
    assert talk(board, write(4, 5)) == [answer(Kind.WRITE, 4)]
    assert talk(board, read(3)) == [answer(Kind.READ, 3, word(9))]


def test_a_request_out_of_turn_is_not_performed_and_told_which_is_next() -> None:
    board = connected()
    rejected = Frame(ANSWER | Kind.REJECT, 1, SESSION, bytes((Status.OUT_OF_TURN,)))
    for sequence in (2, 5, 200):
        assert talk(board, write(sequence, 9)) == [rejected]
    other = Frame(Kind.WRITE, 1, SESSION + 1, write(1, 9).payload)
    assert talk(board, other) == [rejected]
    settle = next(part for part in register_map(GEOMETRY).registers if part.name == "SETTLE")
    assert talk(board, read(1)) == [answer(Kind.READ, 1, word(settle.reset))]


def test_numbers_go_round() -> None:
    board = connected()
    for sequence in range(1, 600):
        assert talk(board, write(sequence % 256, sequence % 200)) == [answer(Kind.WRITE, sequence % 256)]
    assert talk(board, read(600 % 256)) == [answer(Kind.READ, 600 % 256, word(599 % 200))]


@pytest.mark.parametrize(
    "line", [encode(write(1, 9))[:-3] + b"\x7e", b"\x7e\x01\x02\x7d\x7e", b"\x7e" + bytes(300) + b"\x7e"]
)
def test_a_damaged_frame_is_dropped_and_the_next_one_taken(line: bytes) -> None:
    board = connected()
    assert talk(board, line) == [Frame(ANSWER | Kind.REJECT, 1, SESSION, bytes((Status.DAMAGED,)))]
    assert talk(board, b"\x7e\x7e\x7e", read(1, 0)) == [answer(Kind.READ, 1, word(IDENTITY))]


def test_every_flip_of_a_frame_is_refused_by_the_gateware() -> None:
    board = connected()
    sound = encode(write(1, 9))
    for at in range(1, len(sound) - 1):
        for bit in range(8):
            line = sound[:at] + bytes((sound[at] ^ 1 << bit,)) + sound[at + 1 :]
            for frame in talk(board, line, b"\x7e"):
                assert frame.kind == ANSWER | Kind.REJECT
    assert talk(board, write(1, 3), read(2)) == [answer(Kind.WRITE, 1), answer(Kind.READ, 2, word(3))]


def test_a_new_session_resets_the_chip() -> None:
    board = connected()
    talk(board, write(1, 99))
    again = Frame(Kind.HELLO, 0, SESSION)
    assert talk(board, again) == [WELCOME]
    ((_, value),) = [struct.unpack("<BI", frame.payload) for frame in talk(board, read(1))]
    assert value != 99


def test_a_reset_ends_the_session() -> None:
    board = connected()
    board.reset()
    assert talk(board, read(1)) == [Frame(ANSWER | Kind.REJECT, 0, 0, bytes((Status.OUT_OF_TURN,)))]


def test_failures_have_a_status_and_are_answered_once() -> None:
    board = connected()
    failures = [
        (Kind.WRITE, struct.pack("<II", 1 << 24, 0), Status.REFUSED),  # IDENTITY is read-only
        (Kind.WRITE, struct.pack("<II", 2 << 24 | SETTLE, 1), Status.MALFORMED),
        (Kind.READ, struct.pack("<I", 1 << 24 | 0x100000), Status.REFUSED),
        (Kind.READ, struct.pack("<II", 8 << 24, 8 << 24), Status.MALFORMED),  # more than an answer holds
        (Kind.READ, b"abc", Status.MALFORMED),
        (Kind.IMAGES, b"\1\0ab", Status.NOT_LOADED),
        (Kind.IMAGES, b"", Status.MALFORMED),
        (9, b"", Status.MALFORMED),
    ]
    for number, (kind, payload, status) in enumerate(failures, 1):
        (got,) = talk(board, Frame(kind, number, SESSION, payload))
        assert (got.sequence, got.payload[0]) == (number, status), kind
    state = talk(board, Frame(Kind.STATE, len(failures) + 1, SESSION))
    assert state == [answer(Kind.STATE, len(failures) + 1, word(0))]


# Amaranth warns of an object that its own constructor refused.
@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.parametrize(("settings", "message"), [
    ({"window": 3}, "link: window must be 2, 4, 8, 16, 32 or 64, not 3"),
    ({"patience": 0}, "link: patience must be at least 1, not 0"),
])  # fmt: skip
def test_links_that_cannot_be_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Link(GEOMETRY, **settings)
    gc.collect()  # the warning comes here, where it is expected, and not in another test
