"""Units of time as whole numbers: all times of the program are integers of nanoseconds until they are shown."""

from __future__ import annotations

from typing import Final

NS_PER_US: Final = 1_000
NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
