# SPDX-License-Identifier: BSD-3-Clause
"""What a command shows: results on standard output, progress and complaints on standard error."""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

import typer


class Progress(Protocol):
    """How long work tells how far it is.

    Called with the name of the step, the part done (0 .. 1) and a short remark.
    """

    def __call__(self, step: str, done: float, remark: str = "") -> None: ...


def complain(message: str) -> None:
    """One line on standard error."""
    typer.echo(f"spintile: {' '.join(message.split())}", err=True)


@contextmanager
def warnings_as_lines() -> Iterator[None]:
    """What libraries warn of becomes one line each on standard error, without places in the source; said once."""
    said: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = f"warning: {message}"
        if text not in said:
            said.add(text)
            complain(text)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def show_json(value: Mapping[str, Any]) -> None:
    """A result for programs, on standard output."""
    typer.echo(json.dumps(value, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
    """A result for people, on standard output; columns listed in ``right`` are aligned to the right.

    A cell that is ``✓`` or ``✗`` is coloured; brackets mean nothing.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"✓": "green", "✗": "bold red"}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(Text(column), justify="right" if i in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=styles.get(cell, "")) for cell in row))
    # A pipe or a log has no width; 120 columns keep one row on one line there.
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    if title:  # not the table's own title, which is broken to the table's width
        console.print(Text(title, style="bold"))
    console.print(table)


def rate(cycles: float | None) -> str:
    """Cycles per image for a table; a dash where there were too few images, or none came back."""
    return "–" if cycles is None else f"{cycles:.1f}"


class ProgressDisplay:
    """Bars with an estimate for what runs, if on a terminal, and one line for each finished step.

    Use as a context manager; it is itself the :class:`Progress` callback. Steps appear when they are first heard of.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    """

    def __init__(self, quiet: bool = False) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._quiet = quiet
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._began: dict[str, float] = {}

    def __enter__(self) -> ProgressDisplay:
        if not self._quiet and self._console.is_terminal:
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars

            self._bars = Bars(
                TextColumn("{task.description}"),
                BarColumn(bar_width=28),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("[dim]{task.fields[remark]}"),
                console=self._console,
            )
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, step: str, done: float, remark: str = "") -> None:
        if self._quiet or self._began.get(step, 0.0) < 0:
            return
        if step not in self._began:
            self._began[step] = time.monotonic()
            if self._bars is not None:
                self._tasks[step] = self._bars.add_task(step, total=1.0, remark=remark)
        if done < 1.0:
            if self._bars is not None:
                self._bars.update(self._tasks[step], completed=done, remark=remark)
            return
        # A finished step becomes a line above the bars: a long flow has more steps than a terminal has lines.
        seconds = time.monotonic() - self._began[step]
        self._began[step] = -1.0
        if self._bars is not None:
            self._bars.remove_task(self._tasks.pop(step))
        self._console.print(f"{step:<44} {seconds:6.1f} s  {remark}".rstrip(), markup=False)
