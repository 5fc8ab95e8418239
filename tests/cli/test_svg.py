# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spintile.cli.report.svg import caption, element, number, picture, swarm, text, ticks


@pytest.mark.parametrize(("value", "written"), [(1.0, "1"), (0.5, "0.5"), (1 / 3, "0.33"), (-0.001, "-0"), (0.0, "0")])
def test_coordinates_have_no_trailing_zeros(value: float, written: str) -> None:
    assert number(value).replace("-0", "0") == written.replace("-0", "0")


def test_attributes_are_escaped_and_absent_ones_left_out() -> None:
    assert element("rect", x=1.0, class_='a"b', stroke_width=None, text_anchor="end") == (
        '<rect x="1" class="a&quot;b" text-anchor="end"/>'
    )


def test_text_is_escaped() -> None:
    assert text(0, 1, "a < b & c") == '<text x="0" y="1">a &lt; b &amp; c</text>'
    assert caption("<die>") == "<title>&lt;die&gt;</title>"
    assert 'aria-label="a &quot;b&quot;"' in picture(1, 1, [], 'a "b"')


@given(st.floats(-1e3, 1e3), st.floats(1e-2, 1e3))
def test_ticks_are_round_within_the_limits_and_few(low: float, span: float) -> None:
    values = ticks(low, low + span)
    assert 2 <= len(values) <= 9
    assert all(low - 1e-6 * span <= value <= low + span * (1 + 1e-6) for value in values)


def test_ticks_of_nothing_are_one() -> None:
    assert ticks(3, 3) == [3]


@given(st.lists(st.floats(0, 100), max_size=40))
def test_dots_of_a_swarm_do_not_cover_each_other(xs: list[float]) -> None:
    ys = swarm(xs, 4)
    places = list(zip(xs, ys, strict=True))
    for i, (x, y) in enumerate(places):
        assert all((x - px) ** 2 + (y - py) ** 2 >= 64 - 1e-9 for px, py in places[:i])


def test_a_lonely_dot_stays_on_the_line() -> None:
    assert swarm([0, 100, 200], 4) == [0, 0, 0]
