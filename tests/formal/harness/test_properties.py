# SPDX-License-Identifier: BSD-3-Clause
"""Properties have names, each once; inputs are free."""

from __future__ import annotations

import pytest
from harness_blocks import Counter
from spintile.cosim.formal import Properties


@pytest.fixture
def properties() -> Properties:
    made = Properties("counter")
    made.block(Counter())
    return made


def test_inputs_of_a_block_are_free(properties: Properties) -> None:
    assert set(properties.ports) == {"go"}


def test_a_name_is_taken_once(properties: Properties) -> None:
    properties.claim("small", 1)
    with pytest.raises(ValueError, match=r"^name of a property must be new, and 'small' is taken$"):
        properties.cover("small", 1)


def test_a_name_is_in_lower_case(properties: Properties) -> None:
    with pytest.raises(ValueError, match=r"^name of a property must be in lower case with underscores, not 'Too big'$"):
        properties.claim("Too big", 1)


def test_one_claim_can_be_singled_out(properties: Properties) -> None:
    properties.claim("small", 1)
    properties.claim("large", 1)
    assert list(properties.only("large").claims) == ["large"]
    with pytest.raises(ValueError, match=r"^claim must be one of counter, not 'larger': it has large$"):
        properties.only("larger")


def test_a_set_does_not_change_once_it_is_made(properties: Properties) -> None:
    properties.claim("small", 1)
    assert properties.rtlil() == properties.rtlil()
    with pytest.raises(ValueError, match=r"^counter must be complete before it is proved, and not be changed after$"):
        properties.claim("large", 1)


def test_a_condition_is_a_single_bit(properties: Properties) -> None:
    with pytest.raises(ValueError, match=r"^condition of 'small' must be a single bit, not 2$"):
        properties.claim("small", ~properties.free(1, "bit") & -1)


def test_a_broken_set_asks_for_a_run_against_each_claim(properties: Properties) -> None:
    properties.lemma("own", 1)
    properties.claim("small", 1)
    properties.cover("reached", 1)
    broken = properties.broken()
    assert (list(broken.covers), broken.claims, broken.lemmas) == (["small"], {}, {})
