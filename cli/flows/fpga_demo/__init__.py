# SPDX-License-Identifier: BSD-3-Clause
"""Digits on a board, in the terminal and on a page: what runs, what is asked, and what is shown of the answers."""
