# SPDX-License-Identifier: BSD-3-Clause
"""The tables of a page in Markdown, as results are kept in the documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from ...report import Section


def tables_markdown(sections: Iterable[Section], width: int = 160) -> str:
    """Every section that has a table: its title, its text in lines of a width, its table."""
    parts = []
    for section in sections:
        if section.rows:
            text = [*_lines(section.text, width), ""] if section.text else []
            parts.append("\n".join([f"## {section.title}", "", *text, *_table(section.columns, section.rows)]))
    return "\n\n".join(parts) + "\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [_row(columns), "|" + "---|" * len(columns)]
    return lines + [_row(row) for row in rows]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
