"""Server-sent events: the standard's grammar, the packets of each event, and when it could first be shown."""

from __future__ import annotations

import itertools
import random

import pytest
from event_reading import read_events

from tcptui.protocols.event_stream import parser as event_stream
from tcptui.protocols.event_stream.parser import BURST_NS, EventReader, EventStream, each_event
from tcptui.protocols.http.body import DecodedPiece

MS = 1_000_000


def whole(body: bytes) -> EventStream:
    return read_events([DecodedPiece(1, 5, body)])


def shown(stream: EventStream) -> list[tuple[str, str, str]]:
    return [(event.kind, event.data, event.last_id) for event in stream.events]


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: a\n\n", [("message", "a", "")]),
        (b"data:a\n\ndata:  b\n\n", [("message", "a", ""), ("message", " b", "")]),
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10", "")]),
        (b"event: add\nid: 7\ndata: x\n\ndata: y\n\n", [("add", "x", "7"), ("message", "y", "7")]),
        (b": comment\n\ndata\n\ndata\ndata\n\ndata:", [("message", "", ""), ("message", "\n", "")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [("message", "a", ""), ("message", "b", ""), ("message", "c", "")]),
        (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [("message", "a", "")]),
        (b"id: 1\0\nid\ndata: a\n\n", [("message", "a", "")]),
        (b"event: lost\n\ndata: a\n\n", [("message", "a", "")]),
        (b"nonsense: 1\ndata: a\n\ndata: unfinished", [("message", "a", "")]),
    ],
)
def test_body_gives_the_events_that_a_browser_dispatches(body: bytes, events: list[tuple[str, str, str]]) -> None:
    assert shown(whole(body)) == events


@pytest.mark.parametrize("ending", [b"\n", b"\r", b"\r\n"])
def test_any_cut_into_pieces_gives_the_same_events(ending: bytes) -> None:
    lines = [b"\xef\xbb\xbf: hi", b"", b"id: 1", b"event: token", b"data: \xe4\xbd\xa0\xe5\xa5\xbd", b"data: b", b"",
             b"retry: 1500", b"data: c", b""]  # fmt: skip
    body = ending.join(lines) + ending
    expected = whole(body)

    for at in range(len(body)):
        cut = read_events([DecodedPiece(1, 5, body[:at]), DecodedPiece(1, 5, body[at:])])
        assert [(e.kind, e.data, e.last_id, e.start) for e in cut.events] == [
            (e.kind, e.data, e.last_id, e.start) for e in expected.events
        ]
        assert (cut.comments, cut.retry_ms, cut.unfinished) == (1, 1500, 0)
    bytewise = read_events(DecodedPiece(1, 5, body[at : at + 1]) for at in range(len(body)))
    assert shown(bytewise) == shown(expected) == [("token", "你好\nb", "1"), ("message", "c", "1")]


def test_event_names_its_first_packet_and_the_one_that_completes_it() -> None:
    pieces = [
        DecodedPiece(4, 10 * MS, b"data: a\n"),
        DecodedPiece(6, 20 * MS, b"\ndata: b"),
        DecodedPiece(8, 30 * MS, b"\n\n"),
    ]
    events = read_events(pieces).events

    assert [(e.first_frame, e.frame, e.time_ns, e.start, e.stop) for e in events] == [
        (4, 6, 20 * MS, 0, 9),
        (6, 8, 30 * MS, 9, 18),
    ]


def test_carriage_return_completes_an_event_without_the_line_feed_behind_it() -> None:
    reader = EventReader()

    assert [e.stop for e in reader.feed(DecodedPiece(1, 1, b"data: a\r\n\r"))] == [10]
    assert reader.feed(DecodedPiece(2, 2, b"\n")) == []
    assert [(e.start, e.first_frame) for e in reader.feed(DecodedPiece(3, 3, b"data: b\n\n"))] == [(11, 3)]


def test_packet_that_came_again_late_holds_back_what_is_behind_it() -> None:
    pieces = [DecodedPiece(9, 500 * MS, b"data: a\n\n"), DecodedPiece(5, 100 * MS, b"data: b\n\n")]

    assert [event.time_ns for event in read_events(pieces).events] == [500 * MS, 500 * MS]


def test_events_close_together_are_one_burst() -> None:
    times = [0, 10 * MS, 20 * MS, 20 * MS + BURST_NS, 2_000 * MS]
    stream = read_events(DecodedPiece(1, at, b"data: x\n\n") for at in times)

    assert [(burst.first, burst.count, burst.until_ns) for burst in stream.bursts] == [
        (0, 3, 20 * MS),
        (3, 1, 20 * MS + BURST_NS),
        (4, 1, 2_000 * MS),
    ]


def test_event_that_is_no_utf8_is_named_by_its_byte() -> None:
    assert whole("data: \ufffd fine\n\n".encode()).not_utf8 == -1
    assert whole(b"data: a\n\ndata: \xff\n\n").not_utf8 == 9


def test_what_no_empty_line_follows_is_counted_as_unfinished() -> None:
    assert whole(b"data: a\n\ndata: b\n").unfinished == 8


def test_limits_bound_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "MAX_STORED_EVENTS", 3)
    monkeypatch.setattr(event_stream, "MAX_STORED_DATA", 10)
    monkeypatch.setattr(event_stream, "BODY_LIMIT", 100)
    stream = read_events([DecodedPiece(1, 1, b"data: 0123456789012345\n\n" * 4), DecodedPiece(2, 2, b"data: a\n\n")])

    assert (len(stream.events), stream.dispatched, stream.stopped) == (3, 4, True)
    assert {event.data for event in stream.events} == {"0123456789"}


def test_random_bytes_give_events_within_the_body_and_in_order() -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        body = bytes(chance.choice(b"data:id event\r\n\n\n\0\xff\xef\xbb\xbf: x") for _ in range(chance.randint(0, 80)))
        cuts = sorted(chance.randint(0, len(body)) for _ in range(3))
        parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        events = list(each_event(DecodedPiece(n, n, part) for n, part in enumerate(parts, 1)))
        assert [(e.data, e.last_id) for e in events] == [(e.data, e.last_id) for e in whole(body).events]
        assert all(0 <= e.start < e.stop <= len(body) and e.first_frame <= e.frame for e in events)
        assert all(a.stop <= b.start for a, b in itertools.pairwise(events))
