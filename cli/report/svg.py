# SPDX-License-Identifier: BSD-3-Clause
"""A few helpers for writing SVG by hand. Colours are classes; the page's style sheet gives them, light and dark."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape


def number(value: float) -> str:
    """A coordinate: two decimals at most, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def element(name: str, content: str = "", **attributes: object) -> str:
    """An element; ``class_`` is ``class``, other underscores become hyphens, None is left out.

    ``content`` is markup, not text: pass text through :func:`text` or ``html.escape``.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None:
            continue
        if isinstance(value, float):
            value = number(value)
        parts.append(f'{key.rstrip("_").replace("_", "-")}="{escape(str(value))}"')
    return f"<{' '.join(parts)}>{content}</{name}>" if content else f"<{' '.join(parts)}/>"


def text(x: float, y: float, content: str, class_: str = "", anchor: str | None = None, **attributes: object) -> str:
    """A line of text."""
    return element("text", escape(content), x=x, y=y, class_=class_ or None, text_anchor=anchor, **attributes)


def caption(content: str) -> str:
    """What a browser shows when the pointer rests on the element that holds it."""
    return element("title", escape(content))


def picture(width: float, height: float, content: Iterable[str], label: str, class_: str = "") -> str:
    """A whole figure: scales to the column's width, named for screen readers."""
    body = "".join(content)
    return (
        f'<svg class="{escape(class_)}" viewBox="0 0 {number(width)} {number(height)}" role="img" '
        f'aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def ticks(low: float, high: float, at_most: int = 8) -> list[float]:
    """Round values between two limits, 1, 2 or 5 times a power of ten apart."""
    span = high - low
    if span <= 0:
        return [low]
    raw = span / at_most
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1.0, 2.0, 5.0, 10.0) if m * magnitude >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def swarm(positions: Iterable[float], radius: float) -> list[float]:
    """Vertical offsets that keep dots of one row from covering each other.

    Each dot takes the offset nearest to the row's middle that is free, in the order given, so that the same values
    always give the same picture.
    """
    placed: list[tuple[float, float]] = []
    offsets = []
    step = radius / 2
    for x in positions:
        for k in range(400):
            candidate = (k + 1) // 2 * step * (1 if k % 2 else -1)
            if all((x - px) ** 2 + (candidate - py) ** 2 >= (2 * radius) ** 2 for px, py in placed):
                break
        placed.append((x, candidate))
        offsets.append(candidate)
    return offsets
