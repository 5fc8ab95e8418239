# SPDX-License-Identifier: BSD-3-Clause
"""``python -m spintile.cli``."""

import sys

from .main import main

sys.exit(main())
