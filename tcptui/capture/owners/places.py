"""Unit, container and pod in the path of a control group, as systemd, Docker, Podman, containerd and CRI-O name it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: ``docker-ID.scope`` (systemd's driver) or ``ID`` below a folder of the runtime (cgroupfs's driver).
_SCOPE: Final = re.compile(r"(?:docker|cri-containerd|libpod|crio|nerdctl)-([0-9a-f]{64})\.scope\Z")
_BARE: Final = re.compile(r"(?:libpod-)?([0-9a-f]{64})\Z")
#: ``kubepods-burstable-podUID.slice``, in which systemd wants ``_`` for ``-``, or ``podUID``.
_POD: Final = re.compile(
    r"(?:kubepods[-a-z]*-)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?\Z"
)
#: Containers that have a name, and no id: systemd-nspawn, LXC.
_NAMED: Final = re.compile(r"(?:machine-|lxc\.payload\.)([A-Za-z0-9._\\-]{1,64}?)(?:\.scope)?\Z")
_UNIT: Final = re.compile(r"[^/]+\.(?:service|scope)\Z")
_SHOWN_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """Unit, container and pod of a control group; empty: none."""

    unit: str = ""
    container: str = ""
    pod_uid: str = ""


def group_place(path: str) -> GroupPlace:
    """The place that the path of a control group names, the innermost container of several."""
    unit = container = pod = ""
    for part in path.split("/"):
        if found := _POD.match(part):
            pod = found[1].replace("_", "-")
        elif found := _SCOPE.match(part) or _BARE.match(part):
            container, unit = found[1][:_SHOWN_DIGITS], ""
        elif found := _NAMED.match(part):
            container, unit = found[1], ""
        elif _UNIT.match(part):
            unit = part
    return GroupPlace(unit, container, pod)
