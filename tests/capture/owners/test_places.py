"""Unit, container and pod in paths of control groups as runtimes make them."""

from __future__ import annotations

import pytest

from tcptui.capture.owners.holders import control_group
from tcptui.capture.owners.places import GroupPlace, group_place

ID = "0123456789ab" + "c" * 52
UID = "8b2d6e0f-1a2b-3c4d-5e6f-708192a3b4c5"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/", GroupPlace()),
        ("/system.slice/nginx.service", GroupPlace("nginx.service")),
        ("/user.slice/user-1000.slice/session-3.scope", GroupPlace("session-3.scope")),
        (f"/system.slice/docker-{ID}.scope", GroupPlace(container=ID[:12])),
        (f"/docker/{ID}", GroupPlace(container=ID[:12])),
        (f"/docker/{ID}/init.scope", GroupPlace("init.scope", ID[:12])),
        (f"/machine.slice/libpod-{ID}.scope/container", GroupPlace(container=ID[:12])),
        (f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UID.replace('-', '_')}.slice/"
         f"cri-containerd-{ID}.scope", GroupPlace(container=ID[:12], pod_uid=UID)),
        (f"/kubepods/besteffort/pod{UID}/{ID}", GroupPlace(container=ID[:12], pod_uid=UID)),
        (f"/kubepods.slice/kubepods-pod{UID.replace('-', '_')}.slice/crio-{ID}.scope",
         GroupPlace(container=ID[:12], pod_uid=UID)),
        ("/machine.slice/machine-web.scope", GroupPlace(container="web")),
        ("/lxc.payload.web/system.slice/cron.service", GroupPlace("cron.service", "web")),
        (f"/docker-{ID[:-1]}.scope", GroupPlace(f"docker-{ID[:-1]}.scope")),
        ("/kubepods/podlike/service", GroupPlace()),
    ],
)  # fmt: skip
def test_path_of_a_control_group_says_what_runs_there(path: str, place: GroupPlace) -> None:
    assert group_place(path) == place


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("0::/system.slice/cron.service\n", "/system.slice/cron.service"),
        (f"12:memory:/docker/{ID}\n1:name=systemd:/docker\n0::/\n", f"/docker/{ID}"),
        ("4:cpu,cpuacct:/\n1:name=systemd:/init.scope\n", "/init.scope"),
        ("", ""),
    ],
)
def test_group_of_a_process_is_version_2s_or_else_the_longest(text: str, path: str) -> None:
    assert control_group(text) == path
