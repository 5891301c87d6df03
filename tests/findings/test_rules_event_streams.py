"""Event streams and WebSocket: each cause with its near-twin, random amounts, silence where bytes are missing."""

from __future__ import annotations

import random
import zlib
from typing import TYPE_CHECKING, Final

import pytest
from web_captures import (
    ASKED,
    GET,
    Turn,
    agreed,
    chunk,
    closed,
    found,
    from_client,
    from_server,
    record,
)

from tcptui.model.finding import Confidence, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEEDS: Final = (1, 2, 3)


# -- event streams --------------------------------------------------------------------------


def event(number: int, chance: random.Random) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (number, chance.randbytes(chance.randint(5, 40)).hex().encode())


def stream(
    seed: int, *, coding: str = "", flush: bool = True, held_ms: float = 0, every_ms: float = 300, last: bool = True
) -> list[Turn]:
    """A request and a stream of events; ``held_ms``: all that the server sends leaves only then."""
    chance = random.Random(seed)
    packer = zlib.compressobj(6, zlib.DEFLATED, 31) if coding else None
    fields = f"Content-Encoding: {coding}\r\n" if coding else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{fields}Transfer-Encoding: chunked\r\n\r\n".encode()
    turns: list[Turn] = [(0, "C", GET), (20, "S", head)]
    count = chance.randint(4, 12)
    for number in range(count):
        data = event(number, chance)
        if packer is not None:
            data = packer.compress(data) + (packer.flush(zlib.Z_SYNC_FLUSH) if flush else b"")
        if data:
            turns.append((50 + every_ms * number, "S", chunk(data)))
    if packer is not None and not flush:
        turns.append((50 + every_ms * count, "S", chunk(packer.flush())))
    if last:
        turns.append((60 + every_ms * count, "S", b"0\r\n\r\n"))
    if held_ms:
        said = b"".join(what for _, who, what in turns[1:] if isinstance(what, bytes))
        turns = [turns[0], (held_ms, "S", said)]
    return closed(turns) if last else turns


CAUSES: Final[dict[str, Callable[[int], tuple[list[Turn], dict[str, str]]]]] = {
    "incremental": lambda seed: (stream(seed), {"event-stream-incremental": ""}),
    "never ending": lambda seed: (stream(seed, last=False), {"event-stream-incremental": ""}),
    "flushed": lambda seed: (stream(seed, coding="gzip"), {"event-stream-compressed": "flushed"}),
    "unflushed": lambda seed: (
        stream(seed, coding="gzip", flush=False), {"event-stream-compressed": "unflushed"},
    ),
    "plain, held": lambda seed: (stream(seed, held_ms=2_500), {"event-stream-buffered": "plain"}),
    "flushed, held": lambda seed: (
        stream(seed, coding="gzip", held_ms=2_500),
        {"event-stream-buffered": "compressed", "event-stream-compressed": "collected"},
    ),
    "quick words after a while": lambda seed: (
        [stream(seed)[0], *((1_500 + at, who, what) for at, who, what in stream(seed, every_ms=8)[1:])], {},
    ),
    "many quick words": lambda seed: (stream(seed, every_ms=40), {"event-stream-incremental": ""}),
    "plain, at once": lambda seed: (stream(seed, every_ms=0.3), {}),
    "unflushed, at once": lambda seed: (
        stream(seed, coding="gzip", flush=False, every_ms=0.3), {"event-stream-compressed": "once"},
    ),
}  # fmt: skip


@pytest.mark.finding("event-stream-compressed", "event-stream-buffered", "event-stream-incremental")
@pytest.mark.finding("event-stream-compressed", "event-stream-buffered", "event-stream-incremental", twin=True)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_of_a_late_event_stream_is_told_from_the_others(tmp_path: Path, cause: str, seed: int) -> None:
    turns, expected = CAUSES[cause](seed)

    assert {key: one.facts["shape"] for key, one in found(tmp_path, turns).items()} == expected


@pytest.mark.finding("event-stream-compressed")
def test_compressor_that_passes_on_what_it_has_when_it_has_enough_makes_lumps(tmp_path: Path) -> None:
    chance = random.Random(2)
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
    turns: list[Turn] = [(0, "C", GET), (20, "S", head + b"Transfer-Encoding: chunked\r\n\r\n")]
    for number in range(60):
        packed = packer.compress(b"data: %s\n\n" % chance.randbytes(1_000).hex().encode())
        if packed:
            turns.append((100 + 50 * number, "S", chunk(packed)))
    turns.append((3_200, "S", chunk(packer.flush()) + b"0\r\n\r\n"))
    finding = found(tmp_path, closed(turns))["event-stream-compressed"]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "lumps", Severity.NOTE, Confidence.LIKELY,
    )  # fmt: skip
    assert int(str(finding.facts["bursts"])) < 60


@pytest.mark.finding("event-stream-compressed")
def test_compressor_that_held_its_data_is_certain_and_a_warning(tmp_path: Path) -> None:
    finding = found(tmp_path, stream(1, coding="gzip", flush=False))["event-stream-compressed"]

    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)
    assert int(str(finding.facts["early_bytes"])) > 0
    assert finding.facts["flushes"] == 0


@pytest.mark.finding("event-stream-buffered")
def test_buffering_is_likely_at_the_client_and_only_possible_where_the_capture_point_is_unknown(tmp_path: Path) -> None:
    finding = found(tmp_path, stream(1, held_ms=2_500))["event-stream-buffered"]

    assert finding.confidence is Confidence.LIKELY  # the handshake of this tape was captured at the client


@pytest.mark.finding("event-stream-buffered", twin=True)
def test_burst_in_a_stream_that_goes_on_is_nobodys_fault(tmp_path: Path) -> None:
    turns = stream(1, held_ms=2_500, last=False)

    assert found(tmp_path, turns) == {}


def test_event_stream_with_missing_bytes_is_not_judged(tmp_path: Path) -> None:
    for turns, frame in ((stream(1), 5), (stream(1, coding="gzip", flush=False), 5), (stream(1, held_ms=2_500), 3)):
        assert found(tmp_path, turns, missing=[frame]) == {}


# -- WebSocket ------------------------------------------------------------------------------

OPENED: Final[list[Turn]] = [
    (0, "C", ASKED), (20, "S", agreed()), (50, "C", from_client(0x81, b"hello")), (80, "S", from_server(0x81, b"hi")),
]  # fmt: skip
ENDINGS: Final[dict[str, tuple[list[Turn], str, Severity | None]]] = {
    "close both ways": (
        closed([(100, "C", from_client(0x88, b"\x03\xe8bye")), (120, "S", from_server(0x88, b"\x03\xe8"))]), "", None,
    ),
    "going away": (closed([(100, "C", from_client(0x88, b"\x03\xe9"))], first="C"), "", None),
    "close without code": (closed([(100, "S", from_server(0x88, b""))]), "", None),
    "still open": ([(100, "S", from_server(0x81, b"more"))], "", None),
    "tab closed": (closed([(100, "S", from_server(0x81, b"more"))], first="C"), "fin", Severity.NOTE),
    "reset": ([(100, "S", from_server(0x81, b"more")), (150, "C", "RST")], "reset", Severity.NOTE),
    "reset in mid-message": (
        [(100, "S", from_server(0x81, b"more and more")[:7]), (150, "S", "RST")], "mid-message", Severity.WARNING,
    ),
    "server error": (closed([(100, "S", from_server(0x88, b"\x03\xf3oops"))]), "code", Severity.WARNING),
    "own code": (closed([(100, "S", from_server(0x88, b"\x0f\xa0"))]), "code", Severity.NOTE),
}  # fmt: skip


@pytest.mark.finding("websocket-upgrade", "websocket-abnormal-close")
@pytest.mark.parametrize("ending", ENDINGS)
def test_websocket_that_ends_is_judged_by_how(tmp_path: Path, ending: str) -> None:
    turns, shape, severity = ENDINGS[ending]
    findings = found(tmp_path, [*OPENED, *turns])

    assert findings.pop("websocket-upgrade").facts["client_messages"] == 1
    if severity is None:
        assert findings == {}
    else:
        close = findings.pop("websocket-abnormal-close")
        assert (close.facts["shape"], close.severity, close.confidence) == (shape, severity, Confidence.CERTAIN)
        assert findings == {}


@pytest.mark.finding("websocket-abnormal-close", twin=True)
def test_websocket_without_close_is_not_judged_where_bytes_are_missing(tmp_path: Path) -> None:
    turns = [*OPENED, *ENDINGS["tab closed"][0]]

    assert "websocket-abnormal-close" not in found(tmp_path, turns, missing=[7])


@pytest.mark.finding("websocket-upgrade", twin=True)
def test_upgrade_with_a_wrong_accept_is_none(tmp_path: Path) -> None:
    turns = [(0, "C", ASKED), (20, "S", agreed("AAAAAAAAAAAAAAAAAAAAAAAAAAA=")), *OPENED[2:]]

    assert found(tmp_path, closed(turns)) == {}


@pytest.mark.parametrize("seed", range(60))
def test_mutated_conversations_never_raise(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    turns = chance.choice([stream(seed, coding="gzip"), stream(seed), [*OPENED, *ENDINGS["server error"][0]]])
    mutated: list[Turn] = []
    for ms, who, what in turns:
        if isinstance(what, bytes) and chance.random() < 0.5:
            changed = bytearray(what)
            for _ in range(chance.randint(1, 5)):
                changed[chance.randrange(len(changed))] = chance.choice(b"\r\n\0 :\xff0a\x88\x81")
            what = bytes(changed)
        mutated.append((ms, who, what))
    session = open_file(record(tmp_path, mutated, missing=[chance.randint(1, 6)] if chance.random() < 0.3 else ()))

    assert all(finding.packets for finding in session.findings(0))
