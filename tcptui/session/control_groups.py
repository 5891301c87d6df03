"""The control groups of this process (cgroups(7)): where a container's limits are written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ_BYTES: Final = 1 << 16


def control_groups(root: Path, controller: str) -> Iterator[tuple[int, Path]]:
    """The version (1 or 2) and directory of each group of ``controller`` that this process is in, and its ancestors.

    ``root``: the root directory of the system.  A directory may be missing.
    """
    mounts = root / "sys/fs/cgroup"
    for line in read_text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            version, mount = 2, mounts if (mounts / "cgroup.controllers").exists() else mounts / "unified"
        elif controller in controllers.split(","):
            version, mount = 1, mounts / controller
        else:
            continue
        group = mount / path.strip("/")
        # In a container the path may be the host's, while the group itself is at the root of the container's mount.
        for place in (group, *group.parents):
            yield version, place
            if place == mount:
                break


def read_text(path: Path) -> str:
    """The text in the file ``path``; empty where it cannot be read."""
    try:
        # Not `Path.read_text`, which asks the system twice as much: who judges small files reads these for each.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            read = b"".join(iter(lambda: os.read(descriptor, _READ_BYTES), b""))
        finally:
            os.close(descriptor)
    except OSError:
        return ""
    return read.decode("utf-8", "replace")
