# SPDX-License-Identifier: BSD-3-Clause
"""The script makes a bundle that holds what the folder loads as, and leaves nothing behind when it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spintile.model.data import load, read_bundle
from spintile.model.data.build_bundle import main

from .idx_files import write_folder


def test_bundle_of_a_folder_is_what_the_folder_loads_as(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "idx", tmp_path / "bundle.xz"
    write_folder(folder)
    main([str(folder), str(out)])
    assert capsys.readouterr().out == f"{out}: {out.stat().st_size} bytes\n"
    bundled, loaded = read_bundle(out), load(folder)
    assert np.array_equal(bundled.train_images, loaded.train_images)
    assert np.array_equal(bundled.test_labels, loaded.test_labels)
    assert bundled.name == "mnist"


def test_missing_folder_ends_with_one_line_and_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path / "nowhere"), str(tmp_path / "bundle.xz")])
    assert caught.value.code == 2
    assert "nowhere: there is no such folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
