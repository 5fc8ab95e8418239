# SPDX-License-Identifier: BSD-3-Clause
"""Every block of the RTL has its properties, and the page that lists them is current."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from amaranth.lib.wiring import Component
from spintile.cosim.proofs import PROOFS
from spintile.cosim.proofs.table import main, properties_page

ROOT = Path(__file__).resolve().parents[2]


def blocks() -> Iterator[str]:
    """Modules of the RTL that define a component."""
    for path in sorted((ROOT / "rtl").rglob("*.py")):
        if any(isinstance(part, ast.ClassDef) for part in ast.parse(path.read_text()).body):
            name = ".".join(path.relative_to(ROOT / "rtl").with_suffix("").parts)
            module = importlib.import_module(f"spintile.rtl.{name}")
            components = [found for found in vars(module).values() if isinstance(found, type)]
            if any(issubclass(found, Component) and found.__module__ == module.__name__ for found in components):
                yield name


def test_every_block_has_properties() -> None:
    spoken_of = {block for proof in PROOFS.values() for block in proof.blocks}
    assert spoken_of == set(blocks())


def test_the_page_of_properties_is_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "properties.md"
    monkeypatch.setattr("sys.argv", ["table", str(path)])
    assert main() == 0
    assert path.read_text() == (ROOT / "docs" / "properties.md").read_text(), (
        "make it anew with: python -m spintile.cosim.proofs.table docs/properties.md"
    )


def test_a_proof_that_is_left_out_is_missed_on_the_page() -> None:
    fewer = {name: PROOFS[name] for name in ("queue", "AXI4-Lite")}
    page = properties_page(fewer)
    assert "37 properties of 2 blocks in 2 proofs." in page
    assert "| `stream_fifo` | queue | function | borders | 6 | 1 |" in page


def test_the_page_wants_a_path(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["table"])
    assert main() == 2
    assert "usage" in capsys.readouterr().err
