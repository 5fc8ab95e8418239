# SPDX-License-Identifier: BSD-3-Clause
"""Tables of a page in Markdown."""

from __future__ import annotations

from spintile.cli.flows.reproduce.markdown import tables_markdown
from spintile.cli.report import Section


def test_sections_with_a_table_are_written_and_others_left_out() -> None:
    sections = [
        Section("Claims", "Some words.", columns=("claim", "ours"), rows=[("a | b", "1"), ("c", "2")]),
        Section("A picture", "Words.", figures=("<svg/>",)),
        Section("Plain", columns=("x",), rows=[("1",)]),
    ]
    assert tables_markdown(sections) == (
        "## Claims\n\nSome words.\n\n| claim | ours |\n|---|---|\n| a \\| b | 1 |\n| c | 2 |\n\n"
        "## Plain\n\n| x |\n|---|\n| 1 |\n"
    )


def test_long_text_is_broken_at_the_width() -> None:
    text = tables_markdown([Section("T", "word " * 40, columns=("x",), rows=[("1",)])], width=50)
    assert max(len(line) for line in text.splitlines()) <= 50
    assert text.split("\n\n")[1].replace("\n", " ") == ("word " * 40).strip()
