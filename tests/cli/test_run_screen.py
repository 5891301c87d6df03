"""Screens from the command line: what is refused before they come, asked, and passed on."""

from __future__ import annotations

import io
import os
import pty
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import tcptui
from tcptui.capture.byte_reader import wait_readable
from tcptui.capture.child.client import DEFAULT_BUFFER_KIB
from tcptui.capture.file_source import open_file
from tcptui.capture.output import FileId, Replaceable
from tcptui.capture.own_ssh import OwnTraffic
from tcptui.cli import live_input as capturing
from tcptui.cli import prompts as asking
from tcptui.cli.commands import LiveCommand
from tcptui.cli.inputs import open_input, privilege_key, refuse_unreadable, target_identity
from tcptui.cli.live_input import capture_options
from tcptui.cli.outputs import may_replace
from tcptui.cli.parse import parse
from tcptui.cli.prompts import offer_sudo, says_yes
from tcptui.model.errors import CaptureDeniedError, OutputError
from tcptui.words.catalogue import Words
from tcptui.words.errors import CommandFailedError, UnreadableError, error_line
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(tcptui.__file__).parent.parent
EN = Words(Language.EN)
EMPTY_CAPTURE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def on_terminal(words: Sequence[str], keys: bytes = b"", seconds: float = 600.0, **changes: str) -> tuple[int, str]:
    """Run the program on a terminal of its own, type ``keys`` once it has said something."""
    leader, follower = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    environment = {**kept, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", "TERM": "xterm", **changes}
    command = [sys.executable, "-m", "tcptui", *words]
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True, env=environment
    )
    os.close(follower)
    said, deadline = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if not wait_readable(leader, deadline - time.monotonic()):
                break
            try:
                piece = os.read(leader, 65536)
            except OSError:  # the other end is closed: the program is gone
                break
            if not piece:
                break
            said += piece
            if keys and b"? [y/N]" in said:
                os.write(leader, keys)
                keys = b""
        return process.wait(seconds), said.decode("utf-8", "replace")
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def live(line: str) -> LiveCommand:
    command = parse(line.split(), {})
    assert isinstance(command, LiveCommand)
    return command


def test_the_seeds_line_reaches_the_capture_child_as_tcpdump_would_take_it() -> None:
    command = live("tcp -i en0 -t -s 0 -c 100 and dst port ! 22 and src net 182.123.13.0/24 -w ./target.cap")
    options = capture_options(command)
    assert (options.interface, options.snaplen, options.count, options.promiscuous) == ("en0", 0, 100, True)
    assert options.filter_words == "tcp and dst port ! 22 and src net 182.123.13.0/24"


def test_buffer_of_the_command_line_wins_over_the_default() -> None:
    assert capture_options(live("-i lo -B 4096 -p")).buffer_kib == 4096
    assert capture_options(live("-i lo")).buffer_kib == DEFAULT_BUFFER_KIB


def test_file_that_is_no_capture_gets_a_line_and_no_screen(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"just some words, longer than a header")
    code, said = on_terminal([str(path)])
    assert (code, said.count("\n")) == (1, 1)
    assert "words.txt" in said
    assert "\x1b[?1049h" not in said


def test_missing_file_gets_a_line_and_no_screen(tmp_path: Path) -> None:
    code, said = on_terminal([str(tmp_path / "nowhere.pcap"), "--lang", "zh"])
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("tcptui：")


def test_wrong_display_filter_gets_a_line_and_no_screen(tmp_path: Path) -> None:
    path = tmp_path / "none.pcap"
    path.write_bytes(EMPTY_CAPTURE)
    code, said = on_terminal([str(path), "-Y", "tcp.prt == 80"])
    assert code == 2
    assert "tcp.prt" in said
    assert "\x1b[?1049h" not in said


def test_terminal_as_standard_input_is_no_capture() -> None:
    code, said = on_terminal(["-"])
    assert (code, said.count("\n")) == (1, 1)
    assert "tcpdump" in said


def test_unknown_case_names_those_that_exist() -> None:
    code, said = on_terminal(["case", "no-such-case"])
    assert (code, said.count("\n")) == (1, 1)
    assert "hello-world-loopback" in said


def test_sound_capture_without_packets_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "none.pcap"
    path.write_bytes(EMPTY_CAPTURE)
    source = open_file(path)
    refuse_unreadable(source)
    source.close()


@pytest.mark.parametrize("content", [b"not a capture, certainly not one", EMPTY_CAPTURE + b"\1\2\3"])
def test_unreadable_file_is_refused_with_the_sessions_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.pcap"
    path.write_bytes(content)
    source = open_file(path)
    with pytest.raises(UnreadableError) as caught:
        refuse_unreadable(source)
    source.close()
    assert "bad.pcap" in error_line(caught.value, EN)


class Terminal(io.StringIO):
    """Text somebody types, or a place where messages are read."""

    def isatty(self) -> bool:
        return True


def denied() -> CaptureDeniedError:
    return CaptureDeniedError("capture_denied", interface="eth0", command="sudo /usr/bin/tcptui -i eth0")


@pytest.mark.parametrize(
    ("typed", "started"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_sudo_is_run_only_when_somebody_says_yes(monkeypatch: pytest.MonkeyPatch, typed: str, started: bool) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "execvp", lambda _file, words: ran.append(words))
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert offer_sudo(denied(), ["-i", "eth0", "port 80"], EN) == 1
    assert bool(ran) is started
    assert not ran or (ran[0][0], ran[0][-3:]) == ("sudo", ["-i", "eth0", "port 80"])
    assert isinstance(sys.stderr, Terminal)
    assert "sudo /usr/bin/tcptui -i eth0" in sys.stderr.getvalue()


def test_sudo_is_not_offered_where_nobody_can_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert offer_sudo(denied(), [], EN) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_sudo_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandFailedError) as caught:
        asking.become_root(["-i", "eth0"])
    assert "sudo" in error_line(caught.value, EN)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, in which two files have names that a capture may want."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(capturing, "LiveSource", Opened)
    for name in ("kept.pcap", "kept.pcap1"):
        (tmp_path / name).write_bytes(b"old")
    return tmp_path


class Opened:
    """In the place of a live source: what it was given."""

    def __init__(self, _child: object, _options: object, *, path: Path | None, replaceable: Replaceable) -> None:
        self.path, self.replaceable = path, replaceable


def open_live(line: str) -> Any:
    own = OwnTraffic(is_remote=False)
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return says_yes(question, EN)

    source, _own_screen = capturing.live_source(None, live(line), own, ask, EN)  # type: ignore[arg-type]
    return source, asked


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", Terminal())


def test_existing_file_may_be_replaced_once_the_user_agreed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_terminal(monkeypatch, "y\n")
    source, asked = open_live("-i lo -w kept.pcap")
    assert asked == ["kept.pcap exists. Replace it? [y/N] "]
    assert source.replaceable.paths == {Path("kept.pcap")}
    assert (folder / "kept.pcap").read_bytes() == b"old"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("options", ["", " -C 1", " -C 1 -W 3"])
def test_existing_file_is_refused_where_the_user_says_no(options: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("kept.pcap0").write_bytes(b"old")
    on_a_terminal(monkeypatch, "n\n")
    with pytest.raises(OutputError) as caught:
        open_live("-i lo -w kept.pcap" + options)
    assert caught.value.key == "messages.output_exists"
    assert {path.read_bytes() for path in Path().iterdir()} == {b"old"}


@pytest.mark.usefixtures("folder")
def test_existing_file_without_a_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(OutputError):
        open_live("-i lo -w kept.pcap")


@pytest.mark.usefixtures("folder")
def test_overwrite_asks_nobody() -> None:
    source, asked = open_live("-i lo -w kept.pcap --overwrite")
    assert asked == []
    assert source.replaceable.paths is None


def test_question_names_every_file_of_a_series(folder: Path) -> None:
    command = live("-i lo -w kept.pcap -C 1")
    asked: list[str] = []
    may = may_replace(command, lambda question: not asked.append(question), EN, frozenset())
    assert asked == ["2 files exist: kept.pcap, kept.pcap1. Replace them? [y/N] "]
    assert may.paths == {Path("kept.pcap"), Path("kept.pcap1")}

    for number in range(2, 30):
        (folder / f"kept.pcap{number}").write_bytes(b"old")
    may = may_replace(command, lambda question: not asked.append(question), EN, frozenset())
    assert asked[1].startswith("30 files exist: kept.pcap, kept.pcap1, kept.pcap10, ")
    assert asked[1].endswith(", … kept.pcap9. Replace them? [y/N] ")
    assert len(may.paths or ()) == 30


def test_input_is_refused_without_a_question(folder: Path) -> None:
    (folder / "other").hardlink_to(folder / "kept.pcap")
    inputs = frozenset({FileId.of((folder / "other").stat())})
    asked: list[str] = []
    with pytest.raises(OutputError) as caught:
        may_replace(live("-i lo -w kept.pcap"), lambda question: not asked.append(question), EN, inputs)
    assert caught.value.key == "messages.output_is_input"
    assert asked == []


def test_nobody_is_become_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("SUDO_UID", "1001")
    monkeypatch.setenv("SUDO_GID", "1001")
    assert target_identity() is None


def test_user_who_cannot_read_the_program_is_not_become(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "1001")
    monkeypatch.setenv("SUDO_GID", "1001")
    for readable in (False, True):
        monkeypatch.setattr("tcptui.cli.inputs.readable_after_drop", lambda _paths, _who, answer=readable: answer)
        assert (target_identity() is not None) is readable


def test_footing_goes_without_saying_for_ordinary_users(monkeypatch: pytest.MonkeyPatch) -> None:
    from tcptui.capture.privileges import Privileges, PrivilegeState

    monkeypatch.delenv("SUDO_UID", raising=False)
    assert privilege_key(Privileges(PrivilegeState.ORDINARY, "me")) is None
    assert privilege_key(Privileges(PrivilegeState.GAVE_UP_ROOT, "me")) is None
    assert privilege_key(Privileges(PrivilegeState.ROOT_WITHOUT_RIGHTS, "root")) == "messages.root_without_rights"
    monkeypatch.setenv("SUDO_UID", "1001")
    monkeypatch.setenv("SUDO_GID", "1001")
    assert privilege_key(Privileges(PrivilegeState.ROOT_WITHOUT_RIGHTS, "root")) == "messages.root_unreadable"


def test_footing_is_said_once_however_many_captures_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from contextlib import ExitStack

    from tcptui.capture.privileges import Privileges, PrivilegeState
    from tcptui.cli.commands import Common
    from tcptui.cli.run.launch import Launch
    from tcptui.ui.app import TcptuiApp

    monkeypatch.setattr("tcptui.cli.run.launch.run_app", lambda *_: 0)
    with ExitStack() as stack:
        launch = Launch(Common(Language.EN), EN, stack)
        launch.privileges = Privileges(PrivilegeState.ROOT_WITHOUT_RIGHTS, "root")
        for _ in range(3):
            launch.run(TcptuiApp(None, Language.EN))

    assert capsys.readouterr().err.count("running as root") == 1


def test_input_digest_is_of_the_file_as_it_lies_on_disk(tmp_path: Path) -> None:
    import gzip
    import hashlib

    path = tmp_path / "x.pcap.gz"
    path.write_bytes(gzip.compress(EMPTY_CAPTURE))
    opened = open_input(str(path))
    assert opened.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert opened.size() == path.stat().st_size
    opened.close()
