# SPDX-License-Identifier: BSD-3-Clause
"""Digits on 36 dies of 20,000 junctions: plan, trainings and questions, figures, claims, pictures, page."""
