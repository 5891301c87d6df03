"""Memory that the system may write to disk: mappings of unnamed files, for tables that are larger than the memory.

Pages of a file that is mapped for sharing are written back and dropped where memory is short, also in a control group
without swap, where anonymous pages would have the kernel kill the process.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

#: File systems that keep their files in memory, which spilling would not save.
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_MOUNTS: Final = Path("/proc/self/mountinfo")


class Spill:
    """The folder that long arrays are spilled to, from when it is set on; there is one for the process."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        """None: long arrays are in anonymous memory."""

    def begin(self, folder: Path) -> bool:
        """Have long arrays lie in ``folder`` from now on; returns False where its files are in memory, too."""
        if self.folder is None and is_on_disk(folder):
            self.folder = folder
        return self.folder is not None

    def open(self, size: int) -> int | None:
        """The descriptor of a new file of ``size`` zero bytes, all of which are reserved; None: there is none.

        An unreserved page would end the process when it is written to on a full disk (SIGBUS).
        """
        if self.folder is None or not hasattr(os, "posix_fallocate"):
            return None
        try:
            import tempfile  # most reports do without

            with tempfile.TemporaryFile(dir=self.folder, buffering=0) as file:
                os.posix_fallocate(file.fileno(), 0, size)
                return os.dup(file.fileno())
        except OSError:
            return None


#: What `sparse_array.mapped` and `shared_memory.shared_zeros` take their memory from.
spill: Final = Spill()


def is_on_disk(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether files in ``folder`` take no memory; True where the system does not say (proc_pid_mountinfo(5))."""
    try:
        device = folder.stat().st_dev
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return folder.is_dir()
    number = f"{os.major(device)}:{os.minor(device)}"
    kinds = [line.partition(" - ")[2].split(" ")[0] for line in lines if line.split(" ")[2:3] == [number]]
    return not any(kind in _IN_MEMORY for kind in kinds)
