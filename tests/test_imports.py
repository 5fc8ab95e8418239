# SPDX-License-Identifier: BSD-3-Clause
"""Imports run downhill: read from the sources, so that nothing has to be installed or imported for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("model", "rtl", "cosim", "fpga", "cli")

#: What a top-level package may import of the others.
ALLOWED = {
    "model": (),
    "rtl": ("model.geometry",),
    "cosim": ("model", "rtl"),
    "fpga": ("model", "rtl", "cosim"),
    "cli": ("model", "rtl", "cosim", "fpga"),
}

#: Packages of the model from the bottom up; each may import those before it.
MODEL_ORDER = (
    "reading",
    "files",
    "safetensors_file",
    "npy_file",
    "sweep",
    "philox",
    "geometry",
    "network",
    "data",
    "device",
    "dies",
    "array",
    "sensing",
    "writing",
    "chip_presets",
    "chip",
    "mapping",
    "golden",
    "programming",
    "remapping",
    "evaluation",
    "training",
)

#: Libraries that a part of the tree must do without, and the parts of it that need not.
FORBIDDEN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "model": (("amaranth", "cocotb", "typer", "rich", "click"), ()),
    "model torch": (("torch",), ("model.training",)),
    "rtl": (("numpy", "scipy", "torch", "cocotb", "xarray", "pandas", "matplotlib", "typer", "rich"), ()),
    "cosim": (("torch", "typer", "rich", "click"), ()),
    "fpga": (("torch", "typer", "rich", "click"), ()),
}


def module_name(path: Path) -> str:
    """Name below ``spintile``: ``model/dies/sampling.py`` is ``model.dies.sampling``."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_sources() -> dict[str, str]:
    """Text of every module of the packages, by name; packages end in ``.__init__``."""
    sources = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT)
            name = module_name(relative)
            sources[f"{name}.__init__" if path.name == "__init__.py" else name] = path.read_text(encoding="utf-8")
    return sources


def imports(name: str, text: str) -> Iterator[tuple[str, bool]]:
    """Absolute names that a module imports, and whether it does so while it is itself imported.

    Names below ``spintile`` come without that prefix and with a leading dot: ``.model`` is ours, ``model`` is not.
    ``from package import name`` gives ``package.name``: whether that is a module is for the caller to find out.
    """
    tree = ast.parse(text)
    now = {id(node) for node in _executed(tree)}
    package = name.removesuffix(".__init__").split(".") if name.endswith(".__init__") else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _below(alias.name), id(node) in now
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                origin = "." + ".".join([*base, *(node.module or "").split(".")]).strip(".")
            else:
                origin = _below(node.module or "")
            for alias in node.names:
                yield f"{origin}.{alias.name}", id(node) in now


def _below(name: str) -> str:
    return "." + name.removeprefix("spintile").strip(".") if name.split(".")[0] == "spintile" else name


def _executed(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: not in functions, not under TYPE_CHECKING."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        waiting.extend(ast.iter_child_nodes(node))


def _target(imported: str, sources: Mapping[str, str]) -> str:
    """The module of ours that an imported name belongs to."""
    name = imported.strip(".")
    while name:
        if name in sources:
            return name
        if f"{name}.__init__" in sources:
            return f"{name}.__init__"
        name = name.rpartition(".")[0]
    return ""


def violations(sources: Mapping[str, str]) -> list[str]:
    """Every import that runs uphill, every forbidden library, and every cycle, one line each."""
    found = []
    edges: dict[str, set[str]] = {name: set() for name in sources}
    for name, text in sources.items():
        part = name.split(".")[0]
        for imported, executed in imports(name, text):
            if not imported.startswith("."):
                found += _forbidden(name, imported)
                continue
            target = _target(imported, sources)
            if not target:
                found.append(f"{name} imports {imported.strip('.')}, which does not exist")
                continue
            if executed and target != name:
                edges[name].add(target)
            if part != target.split(".")[0]:
                if not any(f"{target}.".startswith(f"{allowed}.") for allowed in ALLOWED[part]):
                    found.append(f"{name} imports {target}: {part} may not")
            elif part == "model":
                found += _uphill(name, target)
    return sorted(set(found)) + [f"cycle: {' -> '.join(cycle)}" for cycle in _cycles(edges)]


def _forbidden(name: str, imported: str) -> list[str]:
    library = imported.split(".")[0]
    return [
        f"{name} imports {library}: {key.split()[0]} does without it"
        for key, (libraries, excepted) in FORBIDDEN.items()
        if name.split(".")[0] == key.split()[0] and library in libraries and not name.startswith(excepted or ("\0",))
    ]


def _uphill(name: str, target: str) -> list[str]:
    below, above = (module.split(".")[1] for module in (target, name))
    if "__init__" in (below, above):
        return []
    unknown = [part for part in (below, above) if part not in MODEL_ORDER]
    if unknown:
        return [f"model.{part} has no place in the order of the model's packages" for part in unknown]
    if MODEL_ORDER.index(below) > MODEL_ORDER.index(above):
        return [f"{name} imports {target}: uphill, {above} comes before {below}"]
    return []


def _cycles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """One cycle for each way back that a depth-first walk finds."""
    state: dict[str, int] = {}
    cycles = []

    def visit(name: str, path: list[str]) -> None:
        state[name] = 1
        for target in sorted(edges[name]):
            if state.get(target) == 1:
                cycles.append([*path[path.index(target) :], target])
            elif target not in state:
                visit(target, [*path, target])
        state[name] = 2

    for name in sorted(edges):
        if name not in state:
            visit(name, [name])
    return cycles


def test_every_import_runs_downhill() -> None:
    assert violations(read_sources()) == []


GOOD = {
    "model.__init__": "",
    "model.geometry.__init__": "from .shape import Shape\n",
    "model.geometry.shape": "import json\n",
    "model.golden.__init__": "from ..geometry import Shape\n",
    "model.training.__init__": "import torch\nfrom ..golden import thing\n",
    "rtl.__init__": "",
    "rtl.top": "from amaranth import *\nfrom spintile.model.geometry import Shape\n",
    "cosim.__init__": "from spintile.rtl.top import Top\nfrom spintile.model.golden import infer\n",
    "cli.__init__": "def run():\n    from spintile.cosim import bench\n",
}


def test_a_tree_that_keeps_the_rules_has_no_violations() -> None:
    assert violations(GOOD) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rtl.top", "from spintile.model.golden import infer", "rtl.top imports model.golden.__init__: rtl may not"),
        ("rtl.top", "import numpy as np", "rtl.top imports numpy: rtl does without it"),
        ("rtl.top", "def f():\n    import torch", "rtl.top imports torch: rtl does without it"),
        ("model.golden.x", "from spintile.cosim import bench", "model.golden.x imports cosim.__init__: model may not"),
        ("model.golden.x", "import torch", "model.golden.x imports torch: model does without it"),
        ("model.golden.x", "from amaranth.hdl import Module", "model.golden.x imports amaranth: model does without it"),
        ("model.geometry.x", "from ..golden import infer", "model.geometry.x imports model.golden.__init__: uphill"),
        ("cosim.x", "from ..cli import main", "cosim.x imports cli.__init__: cosim may not"),
        ("model.odd.__init__", "from ..golden import infer", "model.odd has no place in the order"),
        ("cosim.x", "from spintile.nothing import y", "cosim.x imports nothing.y, which does not exist"),
        ("model.geometry.shape", "from . import Shape", "cycle: model.geometry.__init__ -> model.geometry.shape"),
    ],
)
def test_an_import_that_breaks_a_rule_is_named(name: str, text: str, said: str) -> None:
    assert any(line.startswith(said) for line in violations({**GOOD, name: text}))


def test_imports_for_annotations_only_make_no_cycle() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import Shape\n"
    assert violations({**GOOD, "model.geometry.shape": text}) == []
