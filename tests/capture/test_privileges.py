"""Who called sudo, what command would work, and what can be read after the change; no root needed."""

from __future__ import annotations

import importlib
import json
import os
import pwd
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tcptui.capture import capabilities, privileges
from tcptui.capture.bpf.no_dns import use_hosts_file_only
from tcptui.capture.child.client import CaptureChild
from tcptui.capture.privileges import (
    Identity,
    interpreter_files,
    invoking_identity,
    preload,
    readable_after_drop,
    sudo_command,
)
from tcptui.model.errors import CaptureError

ROOT = Path(__file__).parents[2]
NOBODY = Identity(65534, 65534, (65534,), "nobody", None)


@pytest.mark.parametrize(
    "environment",
    [{}, {"SUDO_UID": "0", "SUDO_GID": "0"}, {"SUDO_UID": "x", "SUDO_GID": "1"}, {"SUDO_UID": "7"}, {"SUDO_UID": "-1"}],
)
def test_without_a_user_behind_sudo_there_is_nobody_to_become(environment: dict[str, str]) -> None:
    assert invoking_identity(environment) is None


def test_user_behind_sudo_has_groups_and_home_of_the_user_database() -> None:
    entry = next(entry for entry in pwd.getpwall() if entry.pw_uid > 0)
    identity = invoking_identity({"SUDO_UID": str(entry.pw_uid), "SUDO_GID": str(entry.pw_gid)})

    assert identity is not None
    assert (identity.name, identity.home) == (entry.pw_name, entry.pw_dir)
    assert entry.pw_gid in identity.groups


def test_user_unknown_to_the_database_still_has_a_number() -> None:
    identity = invoking_identity({"SUDO_UID": "3999999999", "SUDO_GID": "3999999998"})

    assert identity == Identity(3999999999, 3999999998, (3999999998,), "3999999999", None)


def test_sudo_command_has_full_paths_and_quotes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "with space" / "tcptui"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent))
    monkeypatch.setattr(sys, "argv", ["tcptui", "-i", "eth0", "port 80"])
    assert shlex.split(sudo_command()) == ["sudo", str(script), "-i", "eth0", "port 80"]

    monkeypatch.setattr(sys, "argv", ["/somewhere/tcptui/__main__.py", "-D"])
    assert shlex.split(sudo_command()) == ["sudo", sys.executable, "-m", "tcptui", "-D"]


def test_what_this_process_can_read_is_readable(tmp_path: Path) -> None:
    (tmp_path / "a").touch()

    assert readable_after_drop([tmp_path / "a"], NOBODY) == (os.geteuid() != 0)
    assert not readable_after_drop([tmp_path / "missing"], NOBODY)
    assert readable_after_drop([Path("/etc/passwd")], NOBODY)
    assert all(path.is_file() for path in interpreter_files())
    assert Path(json.__file__).parents[1] in {path.parent for path in interpreter_files()}, "the standard library"


def test_preloading_a_package_leaves_nothing_of_it_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert preload(["json", "no_such_package"]) == 5
    for name in ("json.decoder", "json.tool"):
        assert name in sys.modules
        importlib.import_module(name)


def in_a_process(body: str) -> object:
    process = subprocess.run(
        [sys.executable, "-c", body], capture_output=True, text=True, check=True, timeout=600, cwd=ROOT
    )
    return json.loads(process.stdout)


@pytest.mark.skipif(not capabilities.SUPPORTED, reason="capabilities are Linux's")
def test_dropping_leaves_no_capability_and_no_way_back() -> None:
    answer = in_a_process("""if True:
        import json, os
        from tcptui.capture import capabilities, privileges
        done = privileges.drop_root(privileges.invoking_identity())
        again = privileges.drop_root(None)
        print(json.dumps([done.footing.name, sorted(capabilities.effective()), privileges.can_capture(),
                          capabilities.threads_with_capabilities()]))
    """)

    assert isinstance(answer, list)
    assert answer[0] in {"ORDINARY", "GAVE_UP_ROOT", "ROOT_WITHOUT_RIGHTS"}
    assert answer[1:] == [[], False, 0]


@pytest.mark.skipif(not capabilities.SUPPORTED, reason="no_new_privs is Linux's")
def test_ordinary_user_who_is_to_be_offered_sudo_keeps_the_way_to_it_until_packets_are_parsed() -> None:
    answer = in_a_process("""if True:
        import encodings.ascii, json, os  # all of it now: the interpreter may be in root's own directory
        from tcptui.capture import privileges
        def locked():
            return next(line.split()[1] for line in open("/proc/thread-self/status") if line.startswith("NoNewPrivs"))
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        done = privileges.drop_root(None, may_offer_sudo=True)
        before = locked()
        privileges.forbid_sudo()
        print(json.dumps([done.footing.name, before, locked()]))
    """)

    assert answer == ["ORDINARY", "0", "1"]


def test_names_come_from_the_hosts_file_alone() -> None:
    answer = in_a_process("""if True:
        import json, socket
        from tcptui.capture.bpf.no_dns import use_hosts_file_only
        limited = use_hosts_file_only()
        try:
            socket.getaddrinfo("host-that-only-dns-could-know.example", 80)
            found = True
        except socket.gaierror:
            found = False
        print(json.dumps([limited, found, bool(socket.getaddrinfo("localhost", 80))]))
    """)

    assert answer == [use_hosts_file_only(), False, True]


def test_capture_child_imports_neither_the_screen_nor_what_parses_packets() -> None:
    answer = in_a_process("""if True:
        import json, sys
        import tcptui.capture.child.main
        print(json.dumps(sorted(sys.modules.keys() & {"textual", "scapy", "rich", "tcptui.wire"})))
    """)

    assert answer == []


def test_without_proc_the_calling_threads_own_capabilities_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    known = capabilities.effective()

    def missing(path: Path) -> NoReturn:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "iterdir", missing)
    monkeypatch.setattr(Path, "read_text", lambda path, **_: missing(path))

    assert capabilities.effective() == known
    assert capabilities.threads_with_capabilities() >= bool(known)


def test_files_that_take_too_long_to_be_opened_are_not_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privileges, "_READ_SECONDS", 0.2)
    fifo = tmp_path / "nobody-writes"
    os.mkfifo(fifo)

    assert not privileges.readable_after_drop((fifo,), None)
    assert privileges.readable_after_drop((tmp_path,), None)


def test_where_no_process_can_be_started_nothing_is_known_to_be_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> NoReturn:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(os, "fork", refuse)

    assert not privileges.readable_after_drop((tmp_path,), None)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_capture_child_that_cannot_be_started_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_words: object, **_more: object) -> NoReturn:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)

    with pytest.raises(CaptureError) as caught:
        CaptureChild.start()

    assert caught.value.key == "messages.capture_no_child"
