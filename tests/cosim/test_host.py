# SPDX-License-Identifier: BSD-3-Clause
"""Registers by the names of their fields, without a simulator: the words that go over the bus."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from cosim_cases import SHARED
from spintile.cosim.host import BenchError, RegisterHost
from spintile.cosim.loading import flag_words
from spintile.rtl.registers import IDENTITY, register_map


class Remembering(RegisterHost):
    """Registers that keep what is written to them."""

    def __init__(self) -> None:
        self.geometry = SHARED
        self._map = register_map(SHARED)
        self.words: dict[tuple[str, int], int] = {}

    async def write(self, name: str, *words: int, index: int = 0) -> None:
        self.words |= {(name, index + i): word for i, word in enumerate(words)}

    async def read(self, name: str, index: int = 0) -> int:
        return self.words.get((name, index), 0)


def test_fields_are_put_where_the_map_says() -> None:
    host = Remembering()
    asyncio.run(host.set_fields("WRITE_ROWS", first=3, last=6))
    assert host.words["WRITE_ROWS", 0] == 3 | 6 << 8
    assert asyncio.run(host.get_fields("WRITE_ROWS")) == {"first": 3, "last": 6}
    asyncio.run(host.control("enable", "clear_counters"))
    assert host.words["CONTROL", 0] == 0b101


def test_a_value_that_does_not_fit_its_field_is_refused() -> None:
    with pytest.raises(ValueError, match=r"WRITE_OPTIONS\.steps must fit 5 bits, not be 32"):
        asyncio.run(Remembering().set_fields("WRITE_OPTIONS", steps=32))


def test_another_design_is_refused() -> None:
    host = Remembering()
    with pytest.raises(BenchError, match="IDENTITY must read 0x5350544c, not 0x00000000"):
        asyncio.run(host.check_identity())
    host.words["IDENTITY", 0] = IDENTITY
    with pytest.raises(BenchError, match="GEOMETRY must read"):
        asyncio.run(host.check_identity())
    host.words["GEOMETRY", 0] = SHARED.digest()
    asyncio.run(host.check_identity())


def test_what_status_says_is_told_by_name() -> None:
    host = Remembering()
    asyncio.run(host.expect_idle())
    host.words["STATUS", 0] = 1 | 3 << 8
    with pytest.raises(BenchError, match=r"not 0x301 \(busy 1, images_in_flight 3\)"):
        asyncio.run(host.expect_idle())


def test_flags_are_packed_32_columns_to_a_word() -> None:
    flags = np.zeros((2, 35), np.bool_)
    flags[0, [0, 31, 32]] = flags[1, 34] = True
    assert flag_words(flags) == [[0x80000001, 1], [0, 4]]
    assert flag_words(flags[:, :5]) == [[1], [0]]
