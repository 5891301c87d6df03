"""`--keep-last`: a bundle that is whole or not there, bounded, and says what is missing."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
from captures import Tape

from tcptui.capture import socket_diag
from tcptui.cli.watch import recorder
from tcptui.cli.watch.feed import Feed
from tcptui.cli.watch.recorder import ANSWER_SECONDS, Recorder, keep_last
from tcptui.cli.watch.sources import SourceKind, Watched
from tcptui.model.errors import OutputError
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path


def feed(name: str, kind: SourceKind = SourceKind.REMOTE, *, is_up: bool = True) -> Feed:
    one = Feed(Watched(name, kind, name))
    one.is_up, one.run = is_up, 2
    one.mistake = "" if is_up else "no route"
    return one


@pytest.fixture(autouse=True)
def _no_host_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    (proc / "net").mkdir(parents=True)
    (proc / "net" / "snmp").write_text("Tcp: 1\n")
    monkeypatch.setattr(socket_diag, "PROC", proc)
    monkeypatch.setattr(socket_diag, "available", lambda: False)


def test_packets_of_the_last_seconds_are_those_of_the_capture(tmp_path: Path) -> None:
    tape = Tape()
    tape.refused(0, "10.0.0.1:1", "10.0.0.2:2")
    tape.refused(60_000, "10.0.0.1:3", "10.0.0.2:2")
    (tmp_path / "a.pcap").write_bytes(tape.pcap())
    session = open_file(tmp_path / "a.pcap")
    session.run_here()
    times = session.store.time_ns[:4].tolist()
    assert keep_last(session, 30.0, tmp_path / "last.pcapng") == 2
    assert keep_last(session, 300.0, tmp_path / "all.pcapng") == 4
    session.close()
    kept = open_file(tmp_path / "last.pcapng")
    kept.run_here()
    assert kept.store.time_ns[: kept.store.count].tolist() == times[2:]
    with pytest.raises(OutputError):  # never over a file that is there
        keep_last(kept, 300.0, tmp_path / "all.pcapng")
    kept.close()


def test_a_bundle_has_all_parts_and_says_what_is_missing(tmp_path: Path) -> None:
    made = Recorder(300.0, tmp_path)
    made.note('{"id": "old"}', 0.0)
    made.note('{"id": "new"}', 800.0)
    feeds = [feed("a/eth0"), feed("b/eth0", is_up=False), feed("eth0", SourceKind.INTERFACE), feed("c/eth0")]
    paths = made.begin(feeds, 1000.0)
    assert [path.name for path in paths.values()] == ["1.pcapng", "3.pcapng", "4.pcapng"]
    assert not made.is_ready(1000.0)
    paths["a/eth0"].write_bytes(b"pcapng")
    made.answered("a/eth0", 7, None)
    made.answered("eth0", 0, "no space")
    assert not made.is_ready(1000.0 + ANSWER_SECONDS)
    assert made.is_ready(1001.0 + ANSWER_SECONDS)
    assert not list(tmp_path.glob("tcptui-*"))
    folder = made.finish(1000.0)
    assert not made.is_busy
    assert sorted(path.name for path in folder.iterdir()) == [
        "1.pcapng", "bundle.json", "findings.jsonl", "snmp.txt",
    ]  # fmt: skip
    assert (folder / "findings.jsonl").read_text() == '{"id": "new"}\n'
    assert json.loads((folder / "bundle.json").read_text())["sources"] == {
        "a/eth0": {"file": "1.pcapng", "run": 2, "packets": 7, "error": None},
        "b/eth0": {"file": None, "run": 2, "packets": 0, "error": "no route"},
        "eth0": {"file": None, "run": 2, "packets": 0, "error": "no space"},
        "c/eth0": {"file": None, "run": 2, "packets": 0, "error": "timeout"},
    }
    assert folder.stat().st_mode & 0o777 == 0o700


def test_counters_of_this_host_are_no_part_where_only_others_are_watched(tmp_path: Path) -> None:
    made = Recorder(300.0, tmp_path)
    made.begin([feed("a/eth0", is_up=False)], 0.0)
    assert not list(made.finish(0.0).glob("*.txt"))


def test_two_bundles_of_one_second_have_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder.time, "strftime", lambda *_args: "tcptui-20261130T180000Z")
    made = Recorder(300.0, tmp_path)
    for wanted in ("tcptui-20261130T180000Z", "tcptui-20261130T180000Z-2"):
        made.begin([feed("a/eth0", is_up=False)], 0.0)
        assert made.finish(0.0).name == wanted


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _text: str) -> None:
        raise OSError(28, "No space left on device")

    made = Recorder(300.0, tmp_path)
    made.begin([feed("a/eth0", is_up=False)], 0.0)
    monkeypatch.setattr(recorder, "_write", full)
    with pytest.raises(OutputError):
        made.finish(0.0)
    assert not made.is_busy
    assert [path.name for path in tmp_path.iterdir()] == ["proc"]


def test_a_folder_that_is_not_there_is_refused_and_an_end_amid_a_bundle_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        Recorder(300.0, tmp_path / "none").begin([], 0.0)
    made = Recorder(300.0, tmp_path)
    made.begin([feed("a/eth0")], 0.0)
    made.give_up()
    assert [path.name for path in tmp_path.iterdir()] == ["proc"]


def test_lines_are_bounded_in_number_and_in_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recorder, "_LINES_MOST", 10)
    monkeypatch.setattr(recorder, "_CHARACTERS_MOST", 100)
    made = Recorder(300.0, tmp_path)
    for number in range(100):
        made.note(f"{number:05}", 1.0)
    made.begin([feed("a/eth0", is_up=False)], 1.0)
    assert len((made.finish(1.0) / "findings.jsonl").read_text().splitlines()) == 10
    for _ in range(100):
        made.note("x" * 40, 2.0)
    made.begin([feed("a/eth0", is_up=False)], 2.0)
    assert len((made.finish(2.0) / "findings.jsonl").read_text().splitlines()) == 2


def test_sockets_of_this_host_are_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    if not socket_diag.available():
        pytest.skip("Linux with pyroute2 only")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        made = Recorder(300.0, tmp_path)
        made.begin([feed("lo", SourceKind.INTERFACE, is_up=False)], 0.0)
        folder = made.finish(0.0)
    rows = [json.loads(line) for line in (folder / "sockets.jsonl").read_text().splitlines()]
    mine = next(row for row in rows if (row["local"], row["local_port"]) == ("127.0.0.1", port))
    assert (mine["state"], mine["peer_port"]) == ("LISTEN", 0)
