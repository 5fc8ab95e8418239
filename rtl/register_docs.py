# SPDX-License-Identifier: BSD-3-Clause
"""The register map for people and other tools: an HTML page, a C header, SystemRDL."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from .registers import Register, RegisterField, RegisterMap

__all__ = ["c_header", "html_page", "systemrdl", "write_register_docs"]

#: Words that SystemRDL keeps for itself and a field may be called by; a backslash makes a name of them.
_RDL_WORDS = frozenset({"default", "enum", "field", "level", "mem", "number", "signal", "type", "unsigned", "with"})

_SPDX = "SPDX-License-Identifier: BSD-3-Clause"


def c_header(registers: RegisterMap) -> str:
    """Offsets, shifts, masks and reset values as C macros with the prefix ``SPINTILE_``."""
    name = registers.geometry.name
    lines = [
        f"/* {_SPDX} */",
        f"/* Registers of the spintile periphery, geometry {name}. Generated: change rtl/registers.py instead. */",
        "#ifndef SPINTILE_REGISTERS_H",
        "#define SPINTILE_REGISTERS_H",
    ]

    def define(symbol: str, value: int, digits: int = 5) -> None:
        lines.append(f"#define SPINTILE_{symbol} 0x{value:0{digits}X}u")

    for register in registers.registers:
        lines += ["", f"/* {register.doc} */"]
        define(f"{register.name}_OFFSET", register.offset)
        if register.count > 1:
            define(f"{register.name}_COUNT", register.count, 1)
        define(f"{register.name}_RESET", register.reset, 8)
        for part in register.fields:
            symbol = f"{register.name}_{part.name.upper()}"
            lines.append(f"/* {part.doc} */")
            define(f"{symbol}_SHIFT", part.low, 1)
            define(f"{symbol}_MASK", part.mask, 8)
    for window in registers.windows:
        lines += ["", f"/* {window.doc} Word [group][lane] is at OFFSET + 4 * (group * STRIDE + lane). */"]
        define(f"{window.name}_OFFSET", window.offset)
        define(f"{window.name}_GROUPS", window.groups, 1)
        define(f"{window.name}_LANES", window.lanes, 1)
        define(f"{window.name}_STRIDE", window.stride, 1)
    return "\n".join([*lines, "", "#endif", ""])


def systemrdl(registers: RegisterMap) -> str:
    """The map as a SystemRDL 2.0 address map; windows are external memories."""
    lines = [
        f"// {_SPDX}",
        "// Generated: change rtl/registers.py instead.",
        "addrmap spintile {",
        f'    name = "spintile periphery, geometry {registers.geometry.name}";',
        "    default regwidth = 32;",
    ]
    for register in registers.registers:
        lines += ["    reg {", f'        name = "{register.name}";', f"        desc = {_quoted(register.doc)};"]
        for part in register.fields:
            access = _rdl_access(register, part)
            high = part.low + part.width - 1
            lines.append(
                f"        field {{ desc = {_quoted(part.doc)}; {access} }} "
                f"{_rdl_name(part.name)}[{high}:{part.low}] = 0x{part.reset:X};"
            )
        array = f"[{register.count}]" if register.count > 1 else ""
        step = " += 0x4" if register.count > 1 else ""
        lines.append(f"    }} {register.name}{array} @ 0x{register.offset:05X}{step};")
    for window in registers.windows:
        lines += [
            "    external mem {",
            f'        name = "{window.name}";',
            f"        desc = {_quoted(window.doc)};",
            f"        mementries = {window.words};",
            "        memwidth = 32;",
            "        sw = rw;",
            f"    }} {window.name} @ 0x{window.offset:05X};",
        ]
    return "\n".join([*lines, "};", ""])


def html_page(registers: RegisterMap) -> str:
    """The map as one self-contained page: a table of registers, their fields, and the windows."""
    name = html.escape(registers.geometry.name)
    overview = _table(
        ("Offset", "Register", "Access", "Reset", "Meaning"),
        (
            (_span(r), f'<a href="#{r.name}">{r.name}</a>', r.access, f"0x{r.reset:08X}", html.escape(r.doc))
            for r in registers.registers
        ),
    )
    details = "\n".join(
        f'<h3 id="{r.name}">{r.name} <small>{_span(r)}</small></h3>\n<p>{html.escape(r.doc)}</p>\n'
        + _table(
            ("Bits", "Field", "Reset", "Meaning"),
            ((_bits(part), part.name, f"0x{part.reset:X}", html.escape(part.doc)) for part in r.fields),
        )
        for r in registers.registers
    )
    windows = _table(
        ("Offset", "Window", "Words", "Meaning"),
        (
            (
                f"0x{w.offset:05X}",
                f"{w.name}[{w.groups}]" + (f"[{w.lanes} of {w.stride}]" if w.stride > 1 else ""),
                str(w.words),
                html.escape(w.doc),
            )
            for w in registers.windows
        ),
    )
    return f"""<!DOCTYPE html>
<!-- {_SPDX} -->
<html lang="en">
<head>
<meta charset="utf-8">
<title>spintile registers ({name})</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; }}
table {{ border-collapse: collapse; width: 100%; margin: 0.5rem 0 1.5rem; }}
th, td {{ border-bottom: 1px solid #ddd; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }}
th {{ border-bottom: 2px solid #888; }}
td:first-child {{ font-family: ui-monospace, monospace; white-space: nowrap; }}
small {{ color: #777; font-weight: normal; }}
</style>
</head>
<body>
<h1>Registers <small>geometry {name}</small></h1>
<p>Byte offsets of 32-bit words on AXI4-Lite. Accesses to offsets that are not listed, writes to read-only registers,
writes of single bytes and reads of write-only registers answer SLVERR and do nothing.</p>
{overview}
<h2>Windows</h2>
<p>Word [group][lane] is at offset + 4 * (group * stride + lane). Reads give what is stored of it; while
CONTROL.enable or STATUS.busy is 1 they answer SLVERR, but for OFFSET.</p>
{windows}
<h2>Fields</h2>
{details}
</body>
</html>
"""


def write_register_docs(registers: RegisterMap, folder: str | os.PathLike[str]) -> list[Path]:
    """Writes ``registers.html``, ``spintile_registers.h`` and ``spintile.rdl`` into a folder, each atomically.

    Returns
    -------
    list of Path
        The files.
    """
    writers: dict[str, Callable[[RegisterMap], str]] = {
        "registers.html": html_page,
        "spintile_registers.h": c_header,
        "spintile.rdl": systemrdl,
    }
    files = []
    for name, writer in writers.items():
        target = Path(folder) / name
        temporary = target.with_name(f".{name}.{os.getpid()}")
        temporary.write_text(writer(registers), encoding="utf-8")
        temporary.replace(target)
        files.append(target)
    return files


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _rdl_name(name: str) -> str:
    return f"\\{name}" if name in _RDL_WORDS else name


def _rdl_access(register: Register, part: RegisterField) -> str:
    if register.access == "wo":
        return "sw = w; hw = r;"
    if part.pulse:
        return "sw = w; hw = r; singlepulse;"
    if register.access == "rw":
        return "sw = rw; hw = r;"
    return "sw = r; hw = na;" if part.reset else "sw = r; hw = w;"


def _bits(part: RegisterField) -> str:
    high = part.low + part.width - 1
    return f"{high}:{part.low}" if part.width > 1 else str(part.low)


def _span(register: Register) -> str:
    if register.count == 1:
        return f"0x{register.offset:05X}"
    return f"0x{register.offset:05X} + 4*i, i &lt; {register.count}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<tr>{top}</tr>\n{body}\n</table>"
