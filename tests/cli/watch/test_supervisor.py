"""Many sources in one list: order, bounds, reconnecting, the end; with processes that a test plays."""

from __future__ import annotations

import itertools
import json
import os
import socket
import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tcptui.cli.commands import Common, Limits, WatchCommand
from tcptui.cli.line_writer import LineWriter
from tcptui.cli.watch import supervisor
from tcptui.cli.watch.feed import Feed, Process
from tcptui.cli.watch.sources import SourceKind, Watched
from tcptui.cli.watch.supervisor import Watching, shares
from tcptui.findings.finding_filter import NOTHING
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN = {"begin": {"clock": {"low": 3_600_000_000_000 - 400_000, "high": 3_600_000_000_000, "round_trip": 500_000}}}
END = {"end": {"code": 0, "error": None, "packets": 3, "bytes": 300, "dropped": 0, "found": 1, "unread": 0}}


def event(number: int = 1, text: str = "Refused.") -> dict[str, Any]:
    return {
        "event": "found", "finding": number, "time": 1_700_000_000.25, "stream": 0,
        "client": {"address": "10.0.0.1", "port": 1}, "server": {"address": "10.0.0.2", "port": 2},
        "id": "connection-refused", "severity": "error", "confidence": "certain", "packets": [1], "facts": {},
        "alternatives": [], "text": text,
    }  # fmt: skip


class Played:
    """A process whose end of the socket the test has."""

    def __init__(self) -> None:
        self.socket, self.far = socket.socketpair()
        self.was_asked_to_end = False
        self.is_finished = False

    def say(self, *said: dict[str, Any]) -> None:
        self.far.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in said))

    def die(self) -> None:
        self.far.close()

    def terminate(self) -> None:
        self.was_asked_to_end = True
        self.say(END)
        self.die()

    def finish(self) -> str:
        self.is_finished = True
        self.socket.close()
        self.far.close()
        return "exit 0"


class Out:
    """Standard output; while it is held, nothing is read."""

    def __init__(self) -> None:
        self.text = ""
        self.free = threading.Event()
        self.free.set()

    def write(self, data: Any, /) -> int:
        self.free.wait()
        self.text += bytes(data).decode()
        return len(data)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


class Stage:
    """A watch over played processes, and a clock that is held by hand."""

    stages: ClassVar[list[Stage]] = []

    def __init__(self, *names: str, as_json: bool = True, language: str = "en", out: str = "") -> None:
        self.stages.append(self)
        self.now = 0.0
        self.played: dict[str, list[Played]] = defaultdict(list)
        self.out = Out()
        self.writer = LineWriter(self.out)
        common = Common(Language(language))
        command = WatchCommand(common, names, NOTHING, as_json, keep_last=300.0 if out else 0.0, out=out)
        feeds = [Feed(Watched(f"ssh://{name}", SourceKind.REMOTE, name)) for name in names]
        self.watch = Watching(feeds, self._start, Words(Language(language)), command, lambda: self.now)

    def _start(self, source: Watched) -> Process:
        self.played[source.name].append(Played())
        return self.played[source.name][-1]

    def close(self) -> None:
        """Leave nothing open."""
        self.out.free.set()
        self.watch.close()
        for one in itertools.chain.from_iterable(self.played.values()):
            one.finish()

    def step(self) -> None:
        """Take what was said by now."""
        self.watch.step(self.writer, 0.0)

    def told(self) -> list[str]:
        """All lines so far."""
        self.writer.finish()
        return self.out.lines


@pytest.fixture(autouse=True)
def _a_reader_of_standard_output(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(supervisor, "has_no_reader", lambda _descriptor: False)
    yield
    for stage in Stage.stages:
        stage.close()
    Stage.stages.clear()


def test_lines_have_their_source_run_and_clock() -> None:
    stage = Stage("a/eth0", "b/eth0")
    stage.step()
    stage.played["a/eth0"][0].say(BEGIN, event(1), event(2))
    stage.step()
    stage.played["b/eth0"][0].say({"begin": {"clock": None}}, event(1))
    stage.step()
    told = [json.loads(line) for line in stage.told()]
    assert [(one["source"], one["run"], one["finding"]) for one in told] == [
        ("a/eth0", 1, 1), ("a/eth0", 1, 2), ("b/eth0", 1, 1),
    ]  # fmt: skip
    assert told[0]["clock"] == {"offset": {"low": 3599.9996, "high": 3600.0}, "round_trip": 0.0005}
    assert told[2]["clock"] is None
    assert told[0]["text"] == "Refused."


@pytest.mark.parametrize(("language", "wanted"), [
    ("en", "2023-11-14T22:13:20.250Z a/eth0 (clock -3599.9998 ± 0.0002 s) ✗ 10.0.0.1:1 → 10.0.0.2:2: Refused."),
    ("zh", "2023-11-14T22:13:20.250Z a/eth0（时钟 -3599.9998 ± 0.0002 秒） ✗ 10.0.0.1:1 → 10.0.0.2:2：Refused."),
])  # fmt: skip
def test_text_says_how_far_a_clock_is_ahead_even_by_an_hour(language: str, wanted: str) -> None:
    stage = Stage("a/eth0", as_json=False, language=language)
    stage.step()
    stage.played["a/eth0"][0].say(BEGIN, event())
    stage.step()
    assert stage.told() == [wanted]


def test_a_finding_of_several_connections_without_a_packet_left_is_a_line_too() -> None:
    stage = Stage("a/eth0", as_json=False)
    stage.step()
    whole = {key: value for key, value in event().items() if key not in ("client", "server", "stream")}
    whole |= {"event": "gone", "streams": [3, 4], "since": 1.0, "time": None}
    stage.played["a/eth0"][0].say({"begin": {"clock": None}}, whole)
    stage.step()
    assert stage.told() == [f"{'-' * 24} a/eth0 (clock unknown) ✗ connections: 2, withdrawn: Refused."]


def test_hostile_text_reaches_no_terminal() -> None:
    stage = Stage("a/eth0", as_json=False)
    stage.step()
    stage.played["a/eth0"][0].say(BEGIN, event(text="\x1b]0;x\x07\nforged line"))
    stage.step()
    (line,) = stage.told()
    assert "\x1b" not in line
    assert "\x07" not in line


def test_a_broken_source_is_tried_again_once_it_is_time_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stage = Stage("a/eth0", "b/eth0")
    stage.step()
    for played in (stage.played["a/eth0"][0], stage.played["b/eth0"][0]):
        played.say(BEGIN, event())
    stage.step()
    stage.played["a/eth0"][0].say({"end": {"code": 1, "error": "a/eth0: lost"}})
    stage.played["a/eth0"][0].die()
    while stage.watch.feeds[0].process is not None:
        stage.step()
    stage.now = 0.9
    stage.step()
    assert len(stage.played["a/eth0"]) == 1
    stage.now = 1.0
    stage.step()
    stage.played["a/eth0"][1].say(BEGIN, event())
    stage.played["b/eth0"][0].say(event(2))
    stage.step()
    told = [json.loads(line) for line in stage.told()]
    assert sorted((one["source"], one["run"], one["finding"]) for one in told) == [
        ("a/eth0", 1, 1), ("a/eth0", 2, 1), ("b/eth0", 1, 1), ("b/eth0", 1, 2),
    ]  # fmt: skip
    said = capsys.readouterr().err
    assert said.count("tried again") == 1
    assert "tcptui: a/eth0: capturing again, after 1 s of which nothing is known\n" in said


def test_a_signal_ends_all_and_what_they_told_last_is_written() -> None:
    stage = Stage("a/eth0", "b/eth0")
    stage.step()
    for played in (stage.played["a/eth0"][0], stage.played["b/eth0"][0]):
        played.say(BEGIN, event())
    stage.watch.stop()
    stage.watch.run(stage.writer)
    assert stage.watch.finish(stage.writer) == 0
    assert len(stage.out.lines) == 2
    assert all(played[0].was_asked_to_end and played[0].is_finished for played in stage.played.values())


def test_status_is_1_when_a_source_is_broken_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage("a/eth0", "b/eth0")
    stage.step()
    stage.played["a/eth0"][0].say(BEGIN)
    stage.played["b/eth0"][0].say({"end": {"code": 1, "error": "Permission denied (publickey)."}})
    stage.played["b/eth0"][0].die()
    while stage.watch.feeds[1].process is not None:
        stage.step()
    stage.watch.stop()
    stage.watch.run(stage.writer)
    assert stage.watch.finish(stage.writer) == 1
    said = capsys.readouterr().err
    assert "tcptui: b/eth0: Permission denied (publickey).; it is tried again, the others go on" in said


@pytest.mark.parametrize("code", [1, 2])
def test_sources_that_were_never_captured_are_not_waited_for(code: int, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage("a/eth0", "b/eth0")
    stage.step()
    for played in (stage.played["a/eth0"][0], stage.played["b/eth0"][0]):
        played.say({"end": {"code": code, "error": "nothing there"}})
        played.die()
    stage.watch.run(stage.writer)
    assert stage.watch.finish(stage.writer) == code
    assert capsys.readouterr().err.count("tcptui: b/eth0: nothing there\n") == 1


def test_no_process_is_read_while_nobody_reads_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_LINES_WAITING", 10)
    stage = Stage("a/eth0")
    stage.step()
    stage.out.free.clear()
    played = stage.played["a/eth0"][0]
    played.say(BEGIN)
    for number in range(60):
        played.say(event(number))
        stage.step()
    taken = stage.writer.waiting
    assert 10 < taken < 50
    stage.out.free.set()
    while len(stage.out.lines) < 60:
        stage.step()
    assert [json.loads(line)["finding"] for line in stage.out.lines] == list(range(60))


def test_a_reader_that_never_reads_does_not_keep_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage("a/eth0")
    stage.step()
    stage.out.free.clear()
    stage.played["a/eth0"][0].say(BEGIN, event(1))
    stage.step()
    stage.watch.stop()
    stage.now = 5.0
    stage.watch.run(stage.writer)
    assert stage.watch.finish(stage.writer) == 1
    assert "lines dropped" in capsys.readouterr().err
    stage.out.free.set()


def test_a_process_that_tells_nonsense_is_ended_and_started_anew() -> None:
    stage = Stage("a/eth0", "b/eth0")
    stage.step()
    stage.played["b/eth0"][0].say(BEGIN)
    stage.played["a/eth0"][0].far.sendall(b"\x00\x00\n")
    while stage.watch.feeds[0].process is not None:
        stage.step()
    assert stage.played["a/eth0"][0].is_finished
    assert stage.watch.feeds[0].due == 1.0


def test_a_reader_that_is_gone_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "has_no_reader", lambda _descriptor: True)
    stage = Stage("a/eth0")
    with pytest.raises(BrokenPipeError):
        stage.watch.run(stage.writer)


def test_upon_a_signal_each_source_writes_its_last_packets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage("a/eth0", "b/eth0", "c/eth0", out=str(tmp_path))
    stage.step()
    for name in ("a/eth0", "b/eth0"):
        stage.played[name][0].say(BEGIN, event())
    stage.step()
    stage.watch.record()
    stage.step()
    asked = [json.loads(stage.played[name][0].far.recv(1 << 16)) for name in ("a/eth0", "b/eth0")]
    assert [one["keep"]["seconds"] for one in asked] == [300.0, 300.0]
    Path(asked[0]["keep"]["path"]).write_bytes(b"packets")
    stage.played["a/eth0"][0].say({"keep": {"packets": 4, "error": None}})
    stage.played["b/eth0"][0].die()
    while not list(tmp_path.glob("tcptui-*")):
        stage.step()
    (folder,) = tmp_path.iterdir()
    sources = json.loads((folder / "bundle.json").read_text())["sources"]
    assert {name: (one["packets"], one["error"]) for name, one in sources.items()} == {
        "a/eth0": (4, None), "b/eth0": (0, "ended"), "c/eth0": (0, None),
    }  # fmt: skip
    lines = (folder / "findings.jsonl").read_text().splitlines()
    assert [json.loads(line)["source"] for line in lines] == ["a/eth0", "b/eth0"]
    assert f"findings and counters are in {folder}" in capsys.readouterr().err
    stage.watch.record()
    stage.step()
    assert len(list(tmp_path.iterdir())) == 2
    stage.watch.close()
    assert list(tmp_path.iterdir()) == [folder]


def test_a_bundle_that_cannot_be_made_is_said_and_the_watch_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage("a/eth0", out=str(tmp_path / "none"))
    stage.watch.record()
    stage.step()
    stage.played["a/eth0"][0].say(BEGIN, event())
    stage.step()
    assert len(stage.told()) == 1
    assert "none" in capsys.readouterr().err


def test_limits_are_shared() -> None:
    assert shares(Limits(1000, 400), 4) == Limits(250, 100)
    found = shares(Limits(), 2)
    assert found.memory
    assert found.spool
    disk = os.statvfs(supervisor.spool_directory())
    assert found.spool <= disk.f_bavail * disk.f_frsize
