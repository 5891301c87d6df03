"""How much exported files may take together: a few captured bytes may stand for gigabytes (gzip, br, zstd)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tcptui.model.errors import OutputError

#: Bytes that files may always take, where the disk has them, …
ALWAYS: Final = 256 << 20
#: … and so many for each captured byte.
PER_BYTE: Final = 16
#: In any case one part in so many of the free disk at the beginning.
DISK_SHARE: Final = 2


class ExportBoundError(OutputError):
    """A file does not fit into what exported files may take together; what was written before is whole."""


def export_bound(captured: int, folder: Path) -> int:
    """How many bytes may be written to ``folder`` of a capture of ``captured`` bytes.  Raises OSError."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return min(ALWAYS + PER_BYTE * captured, shutil.disk_usage(existing).free // DISK_SHARE)
