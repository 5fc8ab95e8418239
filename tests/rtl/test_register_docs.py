# SPDX-License-Identifier: BSD-3-Clause
"""Every form of the register map says what the table says."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from spintile.model.geometry import PRESETS
from spintile.rtl.register_docs import c_header, html_page, systemrdl, write_register_docs
from spintile.rtl.registers import Register, RegisterMap, register_map
from systemrdl import RDLCompileError, RDLCompiler
from systemrdl.node import AddressableNode, FieldNode, MemNode, RegNode


def compiled(text: str, folder: Path) -> dict[str, AddressableNode]:
    """Registers and memories of a SystemRDL text by name, arrays unrolled."""
    source = folder / "map.rdl"
    source.write_text(text)
    compiler = RDLCompiler()
    compiler.compile_file(str(source))
    top = compiler.elaborate().top
    return {node.get_path_segment(): node for node in top.children(unroll=True) if isinstance(node, AddressableNode)}


def matches(registers: RegisterMap, nodes: dict[str, AddressableNode]) -> bool:
    """Whether a compiled SystemRDL map has exactly the registers, fields and windows of the table."""
    found = set(nodes)
    for register in registers.registers:
        for index in range(register.count):
            name = f"{register.name}[{index}]" if register.count > 1 else register.name
            node = nodes.get(name)
            if not isinstance(node, RegNode) or node.absolute_address != registers.address(register.name, index):
                return False
            if {field.inst_name: _field(field) for field in node.fields()} != _fields(register):
                return False
            found.discard(name)
    for window in registers.windows:
        node = nodes.get(window.name)
        if not isinstance(node, MemNode) or node.absolute_address != window.offset:
            return False
        if node.get_property("mementries") != window.words or not node.is_sw_readable:
            return False
        found.discard(window.name)
    return not found


def _field(node: FieldNode) -> tuple[int, int, int, bool, bool]:
    reset = node.get_property("reset")
    assert isinstance(reset, int)
    return node.low, node.width, reset, node.is_sw_readable, node.is_sw_writable


def _fields(register: Register) -> dict[str, tuple[int, int, int, bool, bool]]:
    readable, writable = register.access != "wo", register.access != "ro"
    return {
        part.name: (part.low, part.width, part.reset, readable and not part.pulse, writable) for part in register.fields
    }


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_systemrdl_compiles_to_the_same_map(name: str, tmp_path: Path) -> None:
    registers = register_map(PRESETS[name])
    assert matches(registers, compiled(systemrdl(registers), tmp_path))


def test_a_field_that_moved_shows_in_the_systemrdl(tmp_path: Path) -> None:
    registers = register_map(PRESETS["borders"])
    text = systemrdl(registers)
    moved = text.replace("loop_error[2:2]", "loop_error[6:6]")
    assert moved != text
    assert not matches(registers, compiled(moved, tmp_path))


def test_overlapping_fields_do_not_compile(tmp_path: Path) -> None:
    registers = register_map(PRESETS["borders"])
    text = systemrdl(registers).replace("loop_error[2:2]", "loop_error[1:1]")
    with pytest.raises(RDLCompileError):
        compiled(text, tmp_path)


def test_c_header_holds_every_offset_shift_and_mask() -> None:
    registers = register_map(PRESETS["borders"])
    found = re.findall(r"#define SPINTILE_(\w+) (0x\w+)u", c_header(registers))
    macros = {name: int(value, 16) for name, value in found}
    wanted: dict[str, int] = {}
    for register in registers.registers:
        wanted |= {f"{register.name}_OFFSET": register.offset, f"{register.name}_RESET": register.reset}
        if register.count > 1:
            wanted[f"{register.name}_COUNT"] = register.count
        for part in register.fields:
            wanted[f"{register.name}_{part.name.upper()}_SHIFT"] = part.low
            wanted[f"{register.name}_{part.name.upper()}_MASK"] = part.mask
    for window in registers.windows:
        for field in ("offset", "groups", "lanes", "stride"):
            wanted[f"{window.name}_{field.upper()}"] = getattr(window, field)
    assert macros == wanted


def test_html_page_is_well_formed_and_lists_everything() -> None:
    registers = register_map(PRESETS["demo"])
    page = html_page(registers)
    checker = _Nesting()
    checker.feed(page)
    assert checker.open == []
    for register in registers.registers:
        assert f'id="{register.name}"' in page
        assert all(f"<td>{part.name}</td>" in page for part in register.fields)
    assert all(f"<td>{window.name}[" in page for window in registers.windows)


def test_text_of_people_is_escaped() -> None:
    registers = register_map(PRESETS["demo"])
    odd = dataclasses.replace(registers.registers[0], doc='a < b & "c" \\')
    changed = RegisterMap(registers.geometry, (odd, *registers.registers[1:]), registers.windows)
    assert "a &lt; b &amp; &quot;c&quot;" in html_page(changed)
    assert 'desc = "a < b & \\"c\\" \\\\";' in systemrdl(changed)


def test_files_are_the_same_whenever_they_are_written(tmp_path: Path) -> None:
    registers = register_map(PRESETS["borders"])
    files = write_register_docs(registers, tmp_path)
    first = [file.read_bytes() for file in files]
    assert [file.name for file in files] == ["registers.html", "spintile_registers.h", "spintile.rdl"]
    assert [file.read_bytes() for file in write_register_docs(registers, tmp_path)] == first
    assert sorted(tmp_path.iterdir()) == sorted(files)


class _Nesting(HTMLParser):
    """Tags that are open: empty at the end of a well-formed page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
