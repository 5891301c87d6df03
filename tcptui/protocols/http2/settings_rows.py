"""Segments that begin with a SETTINGS frame, as servers of HTTP/2 begin, found while a batch is decoded."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from tcptui.protocols.fixed_rows import FixedRows

#: `FrameType.SETTINGS`, whose module is a parser's: no capture shall wait for that.
_SETTINGS: Final = 4
_NO_FLAGS: Final = 0


class SettingsRows(FixedRows):
    """Rows whose payload begins with SETTINGS of less than 256 bytes, no acknowledgment (RFC 9113, 6.5)."""

    least: ClassVar = 9
    alone: ClassVar = False
    fixed: ClassVar = np.array([0, 1, 3, 4, 5, 6, 7, 8])
    values: ClassVar = np.array([0, 0, _SETTINGS, _NO_FLAGS, 0, 0, 0, 0], np.uint8)
