"""Filters read more messages of a connection than screens do, and tell of packets that lie beyond even that."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from growth import Growth
from long_talks import TALKS, http, http2, taped

from tcptui.dfilter.compile import compile_filter
from tcptui.protocols import interface
from tcptui.protocols.application import ApplicationStream
from tcptui.session import stream_cache
from tcptui.session.assertions.judge import judge
from tcptui.session.assertions.rule import parse_rule
from tcptui.session.filtering import run as filter_run
from tcptui.session.filtering.cancelling import Cancelled, never
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import open_file
from tcptui.session.stream_cache import StreamCache
from tcptui.ui.main import filter_report
from tcptui.ui.main.filter_work import FilterWork
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from captures import Tape

    from tcptui.session.session import Session

CALLS: Final = 60
#: What every message has, by protocol, and is read from trees alone.
FIELDS_OF_TREES: Final = {name: "http2.r" if name == "http2" else name for name in TALKS}
_HANDSHAKE: Final = 3


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[Tape], Session]:
    """Opens what a tape holds."""
    sessions: list[Session] = []

    def of(tape: Tape) -> Session:
        path = tmp_path / f"{len(sessions)}.pcap"
        path.write_bytes(tape.pcap())
        sessions.append(open_file(path))
        return sessions[-1]

    return of


def limits(patch: pytest.MonkeyPatch, usual: int, deep: int) -> None:
    """So many messages are read."""
    patch.setattr(interface, "UNIT_LIMIT", usual)
    patch.setattr(interface, "DEEP_LIMIT", deep)


def asked(session: Session, text: str) -> tuple[list[int], list[int]]:
    """The rows that match, and those that were not read."""
    run = FilterRun(session, compile_filter(text))
    matching = np.flatnonzero(run.matching(0, session.store.count)).tolist()
    return matching, run.unread(0, session.store.count).tolist()


@pytest.mark.parametrize("name", TALKS)
def test_filter_reads_beyond_what_screens_read(
    name: str, opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    (port, said), field = TALKS[name], FIELDS_OF_TREES[name]
    tape = taped(port, said(CALLS))
    everything = asked(opened(tape), field)
    limits(monkeypatch, 6, 1_000)

    assert asked(opened(tape), field) == everything
    assert len(everything[0]) >= 2 * CALLS
    assert not everything[1]


@pytest.mark.parametrize("name", TALKS)
def test_what_lies_beyond_is_told(
    name: str, opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    (port, said), field = TALKS[name], FIELDS_OF_TREES[name]
    tape = taped(port, said(CALLS))
    everything, _ = asked(opened(tape), field)
    limits(monkeypatch, 6, 40)
    session = opened(tape)
    matching, unread = asked(session, field)
    first, count = unread[0], session.store.count

    assert 39 <= first - _HANDSHAKE < count - 20
    assert unread == [row for row in range(first, count) if row in unread]
    assert len(unread) >= (count - first) // 2  # of protocols of which one side was read further, at least the other's
    assert [row for row in matching if row < first] == [row for row in everything if row < first]


@pytest.mark.parametrize("text", [
    "tcp.port == 8080", "ip.addr == 10.0.0.1", "tcp.len > 0", "tcp.stream == 0", "tcp.port#1 == 8080", "ip.ttl#1 == 64",
    "tcp.dstport == 1 and http2.r", 'tcp.payload contains "items"', "",
])  # fmt: skip
def test_filter_that_asks_for_no_message_tells_nothing(
    text: str, opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits(monkeypatch, 6, 40)

    assert asked(opened(taped(8080, http2(CALLS))), text)[1] == []


@pytest.mark.parametrize("text", [
    'http2.request.full_uri contains "7"', "http2.header.count and tcp.len > 0", "not http2.r",
    "tcp.len == 0 or http2.header.count", 'frame.protocols contains "http2"',
    "count(http2.stream) > 1", 'http2 contains "hello"', "http2#1",
])  # fmt: skip
def test_filter_that_asks_for_messages_tells(
    text: str, opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits(monkeypatch, 6, 40)
    session = opened(taped(8080, http2(CALLS)))
    last = _HANDSHAKE + 2 + 2 * 40  # behind the last answer's header list its body is not read

    assert asked(session, text)[1] == list(range(last - 1, session.store.count))


def test_first_packet_that_is_read_in_part_counts(
    opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = http2(12)
    together = [*said[:2], (0, b"".join(data for side, data in said[2:] if side == 0))]
    limits(monkeypatch, 4, 8)

    assert asked(opened(taped(8080, together)), "http2.r")[1] == [_HANDSHAKE + 2]


def test_growing_capture_tells_of_what_lies_beyond_when_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    limits(monkeypatch, 6, 40)
    growth = Growth(taped(8080, http2(CALLS)))
    growth.to(10)
    live = LiveFilter(growth.session, compile_filter("http2.header.count"))
    found = []
    for packets in range(10, growth.packets, 5):
        growth.to(packets)
        live.update()
        found.append(len(live.unread()))
    growth.end()
    live.update()
    at_once = FilterRun(growth.session, compile_filter("http2.header.count"))
    matching = at_once.matching(0, growth.packets)

    assert found[:14] == [0] * 14
    assert found[-1] > 0
    assert sorted(found) == found
    assert live.unread().tolist() == at_once.unread(0, growth.packets).tolist()
    assert live.mask.tolist() == matching.tolist()


def test_screens_have_what_was_read_deeper(opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch) -> None:
    limits(monkeypatch, 6, 40)
    session = opened(taped(8080, http2(CALLS)))
    usual = session.application(0)
    deep = session.application(0, deep=never)

    assert usual.extent.limited
    assert deep.extent.messages > 5 * usual.extent.messages
    assert session.application(0) is deep
    assert session.application(0, deep=never) is deep


def test_what_has_nothing_left_out_serves_all(
    opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits(monkeypatch, 2 * CALLS, 1_000)
    session = opened(taped(80, http(CALLS)))
    usual = session.application(0)

    assert session.application(0, deep=never) is usual


def test_few_long_connections_are_kept(opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch) -> None:
    limits(monkeypatch, 6, 40)
    monkeypatch.setattr(stream_cache, "MESSAGES_CACHED", 80)
    session = opened(taped(80, http(CALLS), http(CALLS), http(CALLS)))
    first, second = session.application(0, deep=never), session.application(1, deep=never)
    kept = session.application(0, deep=never) is first
    session.application(2, deep=never)

    assert kept
    assert session.application(0, deep=never) is first
    assert session.application(1, deep=never) is not second


def test_reading_deep_can_be_cancelled(opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch) -> None:
    tape = taped(8080, http2(400))
    everything = asked(opened(tape), "http2.r")
    limits(monkeypatch, 6, 1_000)
    session = opened(tape)
    run = FilterRun(session, compile_filter("http2.r"))
    deep: list[int] = []
    parsed = StreamCache._dive

    def dive(*arguments: Any) -> object:
        deep.append(len(arguments))
        return parsed(*arguments)

    monkeypatch.setattr(StreamCache, "_dive", dive)
    with pytest.raises(Cancelled):
        run.matching(0, session.store.count, cancelled=lambda: bool(deep))

    assert len(deep) == 1
    assert asked(session, "http2.r") == everything
    assert len(deep) == 2


def test_long_connections_that_take_turns_are_parsed_once(
    opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = taped(80, http(CALLS), http(CALLS), http(2))
    everything = asked(opened(tape), "http.request_number == 1 or http")
    limits(monkeypatch, 6, 1_000)
    monkeypatch.setattr(stream_cache, "MESSAGES_CACHED", 1)
    monkeypatch.setattr(filter_run, "_TREES_AT_ONCE", 8)
    monkeypatch.setattr(filter_run, "_TREE_BLOCK", 8)
    monkeypatch.setattr(filter_run, "_BLOCKS", (8, 8, 8, 8, 8))
    session = opened(tape)
    parsed: list[int] = []
    made = ApplicationStream.__init__

    def counted(self: ApplicationStream, *directions: object, **how: object) -> None:
        parsed.extend(one for one in directions if one == 1_000)
        made(self, *directions, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(ApplicationStream, "__init__", counted)

    assert asked(session, "http.request_number == 1 or http") == everything
    assert len(parsed) == 2


def test_rule_tells(opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch) -> None:
    limits(monkeypatch, 6, 40)
    session = opened(taped(8080, http2(CALLS)))
    rules = ("no http2.header.count > 90", "no tcp.len > 5000", "p90 http2.header.length < 9000", "p90 tcp.len < 9000")
    told = [len(judge(session, parse_rule(rule)).unread) for rule in rules]

    assert told == [41, 0, 41, 0]


def test_screen_says_it(opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch) -> None:
    limits(monkeypatch, 6, 40)
    session = opened(taped(8080, http2(CALLS), http2(CALLS), http2(5)))
    said = {}
    for text in ("http2.header.count", "tcp.port == 8080"):
        matching = FilterWork(session, text, LiveFilter).answer()
        said[text] = [[one.text for one in filter_report.account(matching, Words(language))] for language in Language]

    english, chinese = said["http2.header.count"]
    assert "82 packets not searched: too many messages in 2 connections" in english
    assert "2 条连接消息过多，其中 82 个包的内容没有查找" in chinese
    assert not any("not searched" in text for text in said["tcp.port == 8080"][0])


@pytest.mark.tshark
@pytest.mark.parametrize(
    "text",
    ['http2.headers.path contains "777"', "http2.type == 1", "http2.flags.end_stream == 1", "http2.header.count == 4"],
)
def test_twelve_thousand_requests_are_those_of_tshark(text: str, opened: Callable[[Tape], Session]) -> None:
    session = opened(taped(8080, http2(12_000)))
    command = ["tshark", "-2", "-n", "-r", str(session.capture_file), "-d", "tcp.port==8080,http2", "-Y", text]
    printed = subprocess.run(
        [*command, "-T", "fields", "-e", "frame.number"], check=True, capture_output=True, text=True
    )
    matching, unread = asked(session, text)

    assert [row + 1 for row in matching] == [int(line) for line in printed.stdout.split()]
    assert matching[-1] > 20_000
    assert not unread
