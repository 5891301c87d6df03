"""The control groups of this process (cgroups(7)): where a container's limits are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
