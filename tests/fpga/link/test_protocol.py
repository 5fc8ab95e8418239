# SPDX-License-Identifier: BSD-3-Clause
"""Frames survive the line in any portions, and nothing that happens to one passes for a frame."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spintile.fpga.link.protocol import ESCAPE, FLAG, Frame, FrameDecoder, Kind, encode

#: Every byte that means something on the line is in it.
SAMPLE = Frame(Kind.IMAGES, FLAG, 0x7D5D, bytes((FLAG, ESCAPE, 0x5E, 0x5D, 0x20, 0, 0xFF)) + bytes(range(24)))

frames = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), st.integers(0, 0xFFFF), st.binary(max_size=255))


@settings(max_examples=50, deadline=None)
@given(st.lists(frames, max_size=4), st.integers(1, 40), st.binary(max_size=10))
def test_frames_come_back_in_any_portions_and_after_any_noise(sent: list[Frame], portion: int, noise: bytes) -> None:
    decoder = FrameDecoder()
    line = noise.replace(bytes((FLAG,)), b"") + b"".join(encode(frame) for frame in sent)
    got = [frame for at in range(0, len(line), portion) for frame in decoder.feed(line[at : at + portion])]
    assert got == sent


def test_bytes_of_a_frame_are_as_the_document_says() -> None:
    assert encode(Frame(Kind.HELLO, 0, 0x7E01)).hex() == "7e" + "00010001" + "7d5e" + "02fd38d0" + "7e"


@pytest.mark.parametrize("harm", ["flip", "drop", "double"])
def test_a_frame_with_one_byte_harmed_is_refused(harm: str) -> None:
    line = encode(SAMPLE)
    # What is done to the flags at the ends may leave the frame as it was: that is what they are there for.
    for at in range(1, len(line) - 1):
        for mask in range(1, 256) if harm == "flip" else (0,):
            piece = {"flip": bytes((line[at] ^ mask,)), "drop": b"", "double": line[at : at + 1] * 2}[harm]
            decoder = FrameDecoder()
            assert decoder.feed(line[:at] + piece + line[at + 1 :] + bytes((FLAG,))) == []
            assert decoder.damaged >= 1


def test_a_frame_that_is_cut_or_joined_to_another_is_refused() -> None:
    line = encode(SAMPLE)
    for at in range(2, len(line) - 1):
        decoder = FrameDecoder()
        assert decoder.feed(line[:at] + line) == [SAMPLE]
        assert decoder.damaged == 1
    assert FrameDecoder().feed(line[:-1] + line[1:]) == []


def test_noise_is_no_frame_and_is_not_kept() -> None:
    chance = random.Random(1)
    decoder = FrameDecoder()
    for _ in range(200):
        assert decoder.feed(chance.randbytes(500)) == []
    decoder.feed(bytes(100_000))
    assert len(decoder._held) < 1_100
    assert decoder.feed(bytes((FLAG,)) + encode(SAMPLE)) == [SAMPLE]
