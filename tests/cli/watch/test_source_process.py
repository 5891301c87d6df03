"""The process of a source, run here: what it tells is what `--no-screen` tells of the same packets, and its counts."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from captures import Tape

from tcptui.capture.privileges import Privileges, PrivilegeState
from tcptui.cli.commands import Common, LiveCommand, OpenCommand
from tcptui.cli.run import no_screen
from tcptui.cli.watch import source_process
from tcptui.cli.watch.order import Channel, Order, receive_order, send_order
from tcptui.cli.watch.source_process import run_source
from tcptui.cli.watch.sources import SourceKind, Watched
from tcptui.findings.finding_filter import NOTHING, FindingFilter
from tcptui.model.errors import CaptureDeniedError, UsageError
from tcptui.model.finding import FindingId, OwnId
from tcptui.session.session import open_file
from tcptui.session.watch.options import Watch
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENGLISH = Language("en")
SECONDS = 120.0


@pytest.fixture(autouse=True)
def _root_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the test's own process."""

    def keep(_identity: object, **_options: object) -> Privileges:
        return Privileges(PrivilegeState.ORDINARY, "")

    monkeypatch.setattr(no_screen, "drop_root", keep)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    tape = Tape()
    tape.clean(0, "10.0.0.1:4000", "10.0.0.2:80", b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n")
    tape.refused(60_000, "10.0.0.1:4001", "10.0.0.2:80")
    path = tmp_path / "a.pcap"
    path.write_bytes(tape.pcap())
    return path


class Far:
    """The supervising process's end of the socket."""

    def __init__(self) -> None:
        self.link, self._near = socket.socketpair()
        self.said: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with self._near.makefile("rb") as lines:
            for line in lines:
                with self._news:
                    self.said.append(json.loads(line))
                    self._news.notify_all()

    def wait(self, key: str, value: object = None) -> None:
        def came() -> bool:
            return any(key in one and value in (None, one[key]) for one in self.said)

        self.wait_for(came)

    def wait_for(self, met: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(met, SECONDS), self.said

    def say(self, request: dict[str, Any]) -> None:
        self._near.sendall(json.dumps(request).encode() + b"\n")

    def of(self, key: str) -> list[dict[str, Any]]:
        return [one[key] for one in self.said if key in one]

    def hang_up(self) -> None:
        self._near.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.link.close()
        self._reader.join(SECONDS)
        self._near.close()


def run(path: str, far: Far, only: FindingFilter = NOTHING) -> int:
    command = OpenCommand(Common(ENGLISH), (path,), watch=Watch(no_screen=True, only=only))
    return run_source(command, far.link, Words(ENGLISH))


def test_findings_and_counts_are_those_of_the_packets(capture: Path, tmp_path: Path) -> None:
    fifo, far = tmp_path / "fifo", Far()
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(capture.read_bytes()))
    writer.start()
    assert run(str(fifo), far) == 0
    writer.join()
    far.close()
    session = open_file(capture)
    session.run_here()
    wanted = Counter(str(one.id) for stream in range(session.streams.count) for one in session.findings(stream))
    wanted += Counter(str(one.finding.id) for one in session.diagnosis.findings)
    session.close()
    newest = {one["finding"]: one for one in far.said if "event" in one}
    assert Counter(one["id"] for one in newest.values() if one["event"] != "gone") == wanted
    (end,) = far.of("end")
    assert (end["code"], end["error"], end["packets"], end["unread"]) == (0, None, 10, 0)
    assert end["found"] == len({one["finding"] for one in far.said if "event" in one})
    assert end["states"] == {"client": {"CLOSED": 1, "TIME-WAIT": 1}, "server": {"CLOSED": 2}}
    counts, seconds = end["think"]
    assert (sum(counts), end["unsplit"]) == (2, 0)
    assert seconds >= 0
    counts, seconds = end["rtt"]
    assert sum(counts) > 2
    assert seconds > 0


def test_a_growing_file_is_told_while_it_grows_and_ends_with_the_other_side(capture: Path) -> None:
    far = Far()
    data = capture.read_bytes()
    capture.write_bytes(data[:-20])
    waiting = threading.Thread(target=lambda: (far.wait("begin"), append(), far.wait("id", "connection-refused")))

    def append() -> None:
        with capture.open("ab") as file:
            file.write(data[-20:])

    def hang_up() -> None:
        waiting.join()
        far.hang_up()

    waiting.start()
    ending = threading.Thread(target=hang_up)
    ending.start()
    only = FindingFilter(frozenset({FindingId.CONNECTION_REFUSED}), frozenset(), None)
    assert run(str(capture), far, only) == 0
    ending.join()
    far.close()
    assert far.of("begin") == [{"clock": None}]
    assert {one["id"] for one in far.said if "event" in one} == {"connection-refused"}


def test_the_last_packets_are_written_when_asked_for(capture: Path, tmp_path: Path) -> None:
    far, wanted, taken = Far(), tmp_path / "last.pcapng", tmp_path / "taken.pcapng"
    taken.touch()

    def ask() -> None:
        far.wait("id", "connection-refused")
        for path in (wanted, taken):
            far.say({"keep": {"seconds": 30.0, "path": str(path)}})
        far.wait_for(lambda: len(far.of("keep")) == 2)
        far.hang_up()

    asking = threading.Thread(target=ask)
    asking.start()
    assert run(str(capture), far) == 0
    asking.join()
    far.close()
    written, refused = sorted(far.of("keep"), key=lambda one: -int(one["packets"]))
    assert (written, refused["packets"]) == ({"packets": 2, "error": None}, 0)
    assert "taken.pcapng" in refused["error"]
    session = open_file(wanted)
    session.run_here()
    assert session.store.count == 2
    session.close()


def test_what_cannot_be_opened_is_told_and_may_come(tmp_path: Path) -> None:
    far = Far()
    assert run(str(tmp_path / "none.pcap"), far) == 1
    far.close()
    (end,) = far.of("end")
    assert end["again"] is True
    assert "none.pcap" in end["error"]


def test_wrong_usage_is_not_tried_again(capture: Path) -> None:
    far = Far()
    wrong = FindingFilter(frozenset({OwnId("no-such-finding", {})}), frozenset(), None)
    assert run(str(capture), far, wrong) == 2
    far.close()
    (end,) = far.of("end")
    assert end["again"] is False


def test_who_may_not_capture_is_told_how_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_args: object) -> None:
        raise CaptureDeniedError("capture_denied", interface="eth0", command="sudo tcptui watch eth0")

    monkeypatch.setattr(source_process, "open_watched", denied)
    far = Far()
    command = LiveCommand(Common(ENGLISH), "eth0", watch=Watch(no_screen=True))
    assert run_source(command, far.link, Words(ENGLISH)) == 1
    far.close()
    (end,) = far.of("end")
    assert end["again"] is False
    assert "sudo tcptui watch eth0" in end["error"]


def test_nobody_at_the_other_end_is_no_crash(capture: Path) -> None:
    near, other = socket.socketpair()
    other.close()
    command = OpenCommand(Common(ENGLISH), (str(capture),), watch=Watch(no_screen=True))
    assert run_source(command, near, Words(ENGLISH)) == 1
    with pytest.raises(BrokenPipeError):
        Channel(near).write(b"x")
    near.close()


def test_an_order_comes_whole_with_the_descriptor_of_standard_input() -> None:
    near, far = socket.socketpair()
    reading, writing = os.pipe()
    command = OpenCommand(Common(ENGLISH), ("-",), watch=Watch(no_screen=True))
    send_order(near, Order(command, ("tcptui", "watch", "-")), [reading])
    order, descriptors = receive_order(far)
    assert order == Order(command, ("tcptui", "watch", "-"))
    os.write(writing, b"hello")
    assert os.read(descriptors[0], 10) == b"hello"
    for descriptor in (reading, writing, *descriptors):
        os.close(descriptor)
    near.close()
    with pytest.raises(EOFError):
        receive_order(far)
    far.close()


def test_words_name_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tcptui.cli.watch import sources

    monkeypatch.setattr(sources, "interface_names", lambda: ["eth0"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eth0").touch()
    (tmp_path / "a.pcap").touch()
    words = ["eth0", "./eth0", "a.pcap", "any", "-", "ssh://root@b:22/eth0", "wlan7"]
    found = sources.watched_sources(words)
    assert [one.kind.value for one in found] == [
        "interface",
        "file",
        "file",
        "interface",
        "stdin",
        "remote",
        "interface",
    ]
    assert found[5] == Watched("ssh://root@b:22/eth0", SourceKind.REMOTE, "root@b:22/eth0")


def test_ssh_of_a_watched_host_asks_nothing_and_notices_that_it_is_gone() -> None:
    from tcptui.capture.ssh_source import parse_target, ssh_command
    from tcptui.cli.commands import NO_LIMITS, RemoteCommand, WatchCommand
    from tcptui.cli.live_input import remote_options
    from tcptui.cli.watch.sources import command_for

    watched = Watched("ssh://a/eth0", SourceKind.REMOTE, "a/eth0")
    command = command_for(watched, WatchCommand(Common(ENGLISH), ("ssh://a/eth0",), NOTHING), NO_LIMITS)
    assert isinstance(command, RemoteCommand)
    words = ssh_command(parse_target(command.target), remote_options(command))
    assert {"BatchMode=yes", "ServerAliveInterval=5"} <= set(words)
    asked = RemoteCommand(Common(ENGLISH), "ssh://a/eth0")  # with a screen, ssh may ask
    assert "BatchMode=yes" not in ssh_command(parse_target(asked.target), remote_options(asked))


@pytest.mark.parametrize("words", [["lo", "lo"], ["a.pcap", "./a.pcap"], ["-", "-"], ["ssh://a/b", "ssh://a/b"]])
def test_a_source_given_twice_is_refused(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tcptui.cli.watch import sources

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pcap").touch()
    with pytest.raises(UsageError) as caught:
        sources.watched_sources(words)
    assert caught.value.key == "messages.watch_twice"
