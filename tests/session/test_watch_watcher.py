"""An observer hears of findings in time, stops the capture, and leaves healthy streams alone unless asked."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape, many
from forgetting import ends_of
from growing_source import GrowingSource

from tcptui.access.open_capture import is_looked_through
from tcptui.access.progress import Phase
from tcptui.capture.file_source import open_file
from tcptui.capture.source import Announce, SourceStatus
from tcptui.cli.parse_findings import finding_filter
from tcptui.findings.finding_filter import NOTHING
from tcptui.session.catch_up import Compile
from tcptui.session.retention import Bounds
from tcptui.session.session import Session
from tcptui.session.watch.finding_log import FindingChange, FindingEvent
from tcptui.session.watch.options import Watch
from tcptui.session.watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLIENT, SERVER = "10.0.0.1:4000", "192.0.2.10:80"


def tape() -> Tape:
    """A healthy connection of 8 packets, then a refused one of 2."""
    both = Tape()
    both.clean(0, CLIENT, SERVER, b"ask", b"answer")
    both.refused(1000, "10.0.0.1:4001", SERVER)
    return both


class Growing:
    """A spool that grows whenever a test says so, and never by itself."""

    growing = True
    live = True
    label = "growing"
    limit_bytes = None

    def __init__(self, path: Path, ends: list[int]) -> None:
        self._source = open_file(path)
        self.descriptor = self._source.descriptor
        self._ends = ends
        self._end = 0
        self._announce: Announce = lambda: None
        self.stopped = False

    def start(self, announce: Announce) -> None:
        self._announce = announce
        self.grow()

    def grow(self) -> None:
        if self._ends:
            self._end = self._ends.pop(0)
        self._announce()

    def status(self) -> SourceStatus:
        return SourceStatus(self._end, self.stopped)

    def stop(self) -> None:
        self.stopped = True
        self._announce()

    is_saved = True
    remains = None

    def discard(self) -> None:
        pass

    def release(self, offset: int) -> bool:
        return offset >= 0

    def close(self) -> None:
        self.stop()
        self._source.close()


def stop(source: Growing, _told: FindingEvent) -> None:
    source.stop()


def watched(
    path: Path, watch: Watch, ends: list[int], after: Callable[[Growing, FindingEvent], None] = stop
) -> tuple[list[FindingEvent], Watcher, Session]:
    """What is told of a capture that grows to each of ``ends`` in turn, and by ``after`` each event."""
    source = Growing(path, ends)
    session = Session([source], compile_when=Compile.NEVER)
    events: list[FindingEvent] = []

    def tell(told: FindingEvent) -> None:
        events.append(told)
        after(source, told)

    watcher = Watcher(session, watch, tell=tell)
    session.observe(watcher)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    session.close()
    return events, watcher, session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    capture = tmp_path / "all.pcap"
    capture.write_bytes(tape().pcap())
    return capture


def test_trouble_is_told_while_the_capture_grows(path: Path) -> None:
    events, _watcher, _session = watched(
        path, Watch(no_screen=True, only=finding_filter("--only", "error")), [path.stat().st_size]
    )
    assert [(told.event, str(told.finding.id)) for told in events] == [(FindingChange.FOUND, "connection-refused")]


def test_healthy_streams_are_told_of_when_they_are_quiet(path: Path) -> None:
    events, _watcher, _session = watched(
        path, Watch(no_screen=True), [path.stat().st_size],
        lambda source, told: source.stop() if told.finding.stream == 0 else None,
    )  # fmt: skip
    assert {str(told.finding.id) for told in events if told.finding.stream == 0} >= {"three-way-handshake"}


def test_problems_only_leave_healthy_streams_alone(path: Path) -> None:
    judged: list[int] = []
    watcher = Watcher.judged

    class Noting(Watcher):
        def judged(self, stream: int, segments: int, findings: tuple[object, ...]) -> None:  # type: ignore[override]
            judged.append(stream)
            watcher(self, stream, segments, findings)  # type: ignore[arg-type]

    session = Session([open_file(path)], compile_when=Compile.NEVER)
    session.observe(Noting(session, Watch(no_screen=True, only=finding_filter("--only", "any-problem"))))
    asyncio.run(session.run())
    session.close()
    assert set(judged) == {1}


def test_capture_stops_upon_a_finding_and_says_why(path: Path) -> None:
    watch = Watch(stop_on=finding_filter("--stop-on", "connection-refused"))
    _events, watcher, session = watched(path, watch, [path.stat().st_size], lambda _source, _told: None)
    assert watcher.stopped_by is not None
    assert session.progress.phase is Phase.DONE
    assert session.progress.notice is not None
    assert session.progress.notice.key == "watch.stopped"
    assert session.progress.notice.facts == {"finding": "connection-refused", "stream": 1, "frame": 10}


def test_note_that_is_named_stops_it_too(path: Path) -> None:
    watch = Watch(stop_on=finding_filter("--stop-on", "three-way-handshake"))
    _events, watcher, _session = watched(path, watch, [path.stat().st_size], lambda _source, _told: None)
    assert watcher.stopped_by is not None
    assert watcher.stopped_by.finding.stream == 0


def refusing(folder: Path, attempts: int) -> Path:
    """A healthy connection, and so many that one port refused."""
    both = Tape()
    both.clean(0, CLIENT, SERVER, b"ask", b"answer")
    for number in range(attempts):
        both.refused(1000 + 100 * number, f"10.0.0.1:{4001 + number}", "192.0.2.10:81")
    capture = folder / "refusing.pcap"
    capture.write_bytes(both.pcap())
    return capture


def test_what_several_connections_show_is_told_and_stops_a_capture(tmp_path: Path) -> None:
    path = refusing(tmp_path, 4)
    watch = Watch(no_screen=True, stop_on=finding_filter("--stop-on", "port-refused"))
    events, watcher, session = watched(path, watch, [path.stat().st_size], lambda _source, _told: None)
    whole = [told for told in events if told.whole is not None]

    assert {(told.number, str(told.finding.id)) for told in whole} == {(whole[0].number, "port-refused")}
    assert whole[0].event is FindingChange.FOUND
    assert whole[0].whole is not None
    assert whole[0].whole.streams == (1, 2, 3, 4)
    assert watcher.stopped_by == whole[0]
    assert session.progress.notice is not None
    assert session.progress.notice.key == "watch.stopped.capture"


def test_what_several_connections_show_is_told_once_in_a_file(tmp_path: Path) -> None:
    events: list[FindingEvent] = []
    session = Session([open_file(refusing(tmp_path, 3))], compile_when=Compile.NEVER)
    session.observe(
        Watcher(session, Watch(no_screen=True, only=finding_filter("--only", "capture")), tell=events.append)
    )
    asyncio.run(session.run())
    session.close()

    assert [str(told.finding.id) for told in events] == ["port-refused"]


def test_two_connections_alike_show_nothing_together(tmp_path: Path) -> None:
    events: list[FindingEvent] = []
    session = Session([open_file(refusing(tmp_path, 2))], compile_when=Compile.NEVER)
    session.observe(Watcher(session, Watch(no_screen=True), tell=events.append))
    asyncio.run(session.run())
    session.close()

    assert not [told for told in events if told.whole is not None]


def test_file_is_read_to_its_end_and_the_first_is_named(path: Path) -> None:
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    watcher = Watcher(session, Watch(stop_on=finding_filter("--stop-on", "note")))
    session.observe(watcher)
    asyncio.run(session.run())
    session.close()
    assert watcher.stopped_by is not None
    assert watcher.stopped_by.finding.stream == 0
    assert session.store.count == 10
    assert session.progress.notice is not None
    assert session.progress.notice.key == "watch.appears"


def test_nothing_wanted_is_nothing_told(path: Path) -> None:
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    watcher = Watcher(session, Watch(stop_on=NOTHING))
    session.observe(watcher)
    asyncio.run(session.run())
    session.close()
    assert (watcher.stopped_by, session.progress.notice) == (None, None)


def test_who_waits_for_the_end_is_told_how_many_were_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "many.pcap"
    path.write_bytes(many(50).pcap())
    session = Session([source := Growing(path, [path.stat().st_size])], compile_when=Compile.NEVER)
    told: list[int] = []

    def tell(event: FindingEvent) -> None:
        told.append(event.finding.stream)
        session.steering.ends_by = time.monotonic()
        source.stop()

    watcher = Watcher(session, Watch(no_screen=True), tell=tell)
    session.observe(watcher)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    session.close()

    assert session.progress.phase is Phase.DONE
    assert watcher.unseen == 50 - len(set(told)) > 0


def test_trouble_that_nobody_looked_at_is_counted_where_only_trouble_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Tape()
    for number in range(20):
        both.lossy(100 * number, f"10.0.0.1:{4000 + number}", SERVER)
    path = tmp_path / "lossy.pcap"
    path.write_bytes(both.pcap())
    monkeypatch.setattr("tcptui.session.catch_up.ANNOTATE_SLICE", 0.0)
    session = Session([source := Growing(path, [path.stat().st_size])], compile_when=Compile.NEVER)

    class Hurrying(Watcher):
        def look(self, *, over: bool) -> None:
            super().look(over=over)
            session.steering.ends_by = time.monotonic()
            source.stop()

    watcher = Hurrying(session, Watch(no_screen=True, only=finding_filter("--only", "any-problem")))
    session.observe(watcher)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    session.close()

    assert session.progress.rows == 13 * 20
    assert watcher.unseen == 20


def test_connections_that_were_looked_at_before_the_end_are_not_counted_as_not_looked_at(tmp_path: Path) -> None:
    waiting, later = Tape(), Tape()
    for number in range(2):
        client = f"10.0.0.1:{4000 + number}"
        waiting.handshake(100 * number, client, SERVER)
        waiting.tcp(100 * number + 50, client, SERVER, 0x18, 1001, 9001, b"hello")
    later.clean(20_000, "10.0.0.1:5000", SERVER, b"ask", b"answer")
    begun, all_of_it = waiting.pcap(), waiting.pcap() + later.pcap()[24:]
    path = tmp_path / "open.pcap"
    path.write_bytes(all_of_it)
    session = Session([source := Growing(path, [len(begun), len(all_of_it)])], compile_when=Compile.NEVER)

    class Hurried(Watcher):
        def look(self, *, over: bool) -> None:
            super().look(over=over)
            if is_looked_through(session) and session.store.count > 8:
                session.steering.ends_by = time.monotonic()
                source.stop()
            elif is_looked_through(session):
                source.grow()

    watcher = Hurried(session, Watch(no_screen=True, only=finding_filter("--only", "any-problem")))
    session.observe(watcher)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    session.close()

    assert session.unjudged == 2  # they were to be judged once more, by the capture's end
    assert watcher.unseen == 0


def test_streams_that_leave_unseen_are_counted_where_notes_are_wanted(path: Path) -> None:
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    asyncio.run(session.run())
    everything = Watcher(session, Watch(no_screen=True))
    problems = Watcher(session, Watch(no_screen=True, only=finding_filter("--only", "any-problem")))
    everything.judged(1, 2, ())
    for watcher in (everything, problems):
        watcher.leaving(np.arange(2))
    session.close()

    assert (everything.unseen, problems.unseen) == (1, 0)


def test_connections_that_are_evicted_leave_nothing_behind_however_many_had_trouble() -> None:
    watched_kept(450)  # the first time, modules are imported on the way

    # Two kilobytes for each as long as what had been said of it was remembered.  A table of Python's that doubles
    # between the two looks, which depends on how its hashes fall, makes up to 150 bytes of each.
    assert watched_kept(450) < 400


def watched_kept(connections: int) -> float:
    """Bytes of Python's objects that each connection leaves behind which is refused, watched and evicted."""
    refused = Tape()
    for number in range(connections):
        refused.refused(400 * number, f"10.0.{number >> 8}.{number & 255}:40000", SERVER)
    data = refused.pcap()
    ends = ends_of(data)[49::50]
    first, last = ends[len(ends) // 3], ends[-1]
    held: dict[int, int] = {}

    def measure(end: int) -> None:
        if end in (first, last) and end not in held:
            gc.collect()
            # Of Python's objects: columns grow by doubling, and long ones give their pages back.
            traces = tracemalloc.take_snapshot().traces
            held[end] = sum(trace.size for trace in traces if trace.domain != np.lib.tracemalloc_domain)

    session = Session([GrowingSource(data, ends, seen=measure)], compile_when=Compile.NEVER)
    session.ring.bounds = Bounds(100, streams=40)
    watcher = Watcher(session, Watch(no_screen=True, only=finding_filter("--only", "any-problem")))
    session.observe(watcher)
    tracemalloc.start()
    try:
        asyncio.run(asyncio.wait_for(session.run(), 600))
    finally:
        tracemalloc.stop()
    evicted = session.streams.evicted_streams
    session.close()

    assert watcher.found >= connections
    assert evicted > 0.9 * connections
    return (held[last] - held[first]) / (connections * 2 / 3)
