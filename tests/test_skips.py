# SPDX-License-Identifier: BSD-3-Clause
"""Under CI a skipped test is a failed one; elsewhere it says why it is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SKIPPING = {
    "mark": "import pytest\n@pytest.mark.skipif(True, reason='no tool')\ndef test_it(): pass\n",
    "call": "import pytest\ndef test_it():\n    pytest.skip('no tool')\n",
    "module": "import pytest\npytest.skip('no tool', allow_module_level=True)\n",
    "import": "import pytest\npytest.importorskip('no_such_package', reason='no tool')\n",
}


EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_it(): assert False\n"


def run(folder: Path, ci: str) -> list[str]:
    """Run pytest on all of them beside a copy of this folder's conftest.py; the lines of its summary."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder / "conftest.py")
    for name, text in {**SKIPPING, "xfail": EXPECTED_FAILURE}.items():
        (folder / f"test_{name}.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ["-ra", "-p", "no:cacheprovider", "-p", "no:xdist", "--continue-on-collection-errors"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)],
        cwd=folder,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (ci == "")
    return done.stdout.splitlines()


def test_a_skip_is_a_failure_under_ci(tmp_path: Path) -> None:
    lines = run(tmp_path, "true")
    assert sum("a skip is a failure under CI" in line and "no tool" in line for line in lines) >= len(SKIPPING)
    assert not any(line.startswith("SKIPPED") for line in lines)
    assert "1 xfailed" in lines[-1]
    assert "1 failed, 1 xfailed, 3 errors" in lines[-1]


def test_elsewhere_a_skip_says_why(tmp_path: Path) -> None:
    lines = run(tmp_path, "")
    assert sum(line.startswith("SKIPPED") and "no tool" in line for line in lines) == len(SKIPPING)
    assert "4 skipped, 1 xfailed" in lines[-1]
