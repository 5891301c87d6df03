"""Segments that are one fatal alert in plain sight, or begin a ClientHello, found while a batch is decoded."""

from __future__ import annotations

import numpy as np

from tcptui.protocols.fixed_rows import FixedRows


class AlertRows(FixedRows):
    """Rows whose payload is a fatal alert and nothing else (RFC 8446, 5.1 and 6)."""

    least, alone = 7, True
    fixed = np.array([0, 1, 3, 4, 5])
    values = np.array([21, 3, 0, 2, 2], np.uint8)


class HelloRows(FixedRows):
    """Rows whose payload begins with a ClientHello (RFC 8446, 4.1.2)."""

    may_have_files = False  # what is behind it is encrypted
    least, alone = 11, False
    fixed = np.array([0, 1, 5, 6, 9])
    values = np.array([22, 3, 1, 0, 3], np.uint8)
