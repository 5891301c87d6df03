"""What is told of HTTP/2 without a header tree is what the tree says, and nothing is told that it does not say."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import ACK, CLIENT, PSH, SERVER, Tape
from growth import Growth
from http2_ends import PREFACE, frame
from http2_mutants import mutant
from http2_talk import Talk
from long_talks import http2, taped
from sealed_records import SECRETS, log_text, sealed_turns
from values_by_row import by_row

from tcptui.capture.file_source import open_file as open_file_source
from tcptui.dfilter.compile import compile_filter
from tcptui.model.fields import FIELDS
from tcptui.protocols import interface
from tcptui.protocols.http2 import frame_table
from tcptui.protocols.http2.table_fields import TABLE_FIELDS, type_of
from tcptui.session.catch_up import Compile
from tcptui.session.filtering import message_tables
from tcptui.session.filtering.cancelling import Cancelled, never
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.message_tables import MessageTables
from tcptui.session.filtering.message_values import MessageValues
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.run import FilterRun
from tcptui.session.filtering.trees import TreeReader
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tcptui.protocols.row import Tables

#: Client or server, its offset, and what it sends.
Segment = tuple[int, int, bytes]
NAMES: Final = (*sorted(TABLE_FIELDS), "http2")
ENDS: Final = (f"{CLIENT}:40001", f"{SERVER}:8080")


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[Tape], Session]:
    """Opens what a tape holds."""

    def of(tape: Tape) -> Session:
        path = tmp_path / "frames.pcap"
        path.write_bytes(tape.pcap())
        return open_file(path)

    return of


def compared(session: Session) -> tuple[int, int]:
    """Compare all that is told with the trees; of how many packets all values were told, and how many have frames."""
    rows, trees = Rows.between(0, session.store.count), TreeReader(session, never, deep=True)
    trees.want(NAMES)
    frames, least, present = MessageTables(session, trees), len(rows), 0
    for name in NAMES:
        told, found = frames.read(name, rows)
        quick, slow = by_row(found), by_row(trees.read(FIELDS[name], rows))
        for row in np.flatnonzero(told).tolist():
            if name == "http2":
                assert bool(quick[row]) == bool(slow[row]), (name, row)
                present += bool(quick[row])
            else:
                assert quick[row] == slow[row], (name, row)
        assert not any(quick[row] for row in np.flatnonzero(~told).tolist())
        if type_of(name) is None:
            least = min(least, int(told.sum()))
    return least, present


def on_tape(segments: Iterable[Segment]) -> Tape:
    """A connection of these segments."""
    tape = Tape()
    tape.handshake(0, *ENDS)
    sent = [0, 0]
    for number, (side, offset, data) in enumerate(segments):
        seq, ack = 1001 + 8000 * side + offset, 9001 - 8000 * side + sent[1 - side]
        tape.tcp(100 + number, ENDS[side], ENDS[1 - side], PSH | ACK, seq, ack, data)
        sent[side] = max(sent[side], offset + len(data))
    return tape


def segments_of(seed: int) -> list[Segment]:
    """A random talk, cut anywhere."""
    sent, found = [0, 0], []
    for _, who, data in Talk(seed).turns():
        side = "CS".index(who)
        found.append((side, sent[side], data))
        sent[side] += len(data)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_random_talk(seed: int, opened: Callable[[Tape], Session]) -> None:
    session = opened(on_tape(segments_of(seed)))
    told, present = compared(session)

    assert told > 0
    assert present > 5


@pytest.mark.parametrize("seed", range(12))
def test_random_talk_that_is_sent_again_out_of_order_or_lost(seed: int, opened: Callable[[Tape], Session]) -> None:
    chance, segments = random.Random(seed), segments_of(seed)
    for _ in range(6):
        at = chance.randrange(2, len(segments))
        match chance.randrange(3 if seed % 2 else 2):
            case 0:
                segments.insert(min(at + chance.randrange(1, 4), len(segments)), segments[at])
            case 1:
                segments.insert(max(at - chance.randrange(1, 4), 2), segments.pop(at))
            case _:
                segments.pop(at)
    session = opened(on_tape(segments))

    compared(session)


@pytest.mark.parametrize("seed", range(40))
def test_broken_talk(seed: int, opened: Callable[[Tape], Session]) -> None:
    session = opened(on_tape((side, offset, data) for side, offset, data, _ in mutant(seed).packets))

    compared(session)


def inside_tls(turns: Iterable[tuple[int, bytes]]) -> list[Segment]:
    """What is said, in records of TLS."""
    sent, found = [0, 0], list[Segment]()
    for _, who, data in sealed_turns([(1_000 + ms, "CS"[side], data) for ms, (side, data) in enumerate(turns)]):
        side = "CS".index(who)
        found.append((side, sent[side], data))
        sent[side] += len(data)
    return found


def opened_with_keys(segments: list[Segment], folder: Path) -> Session:
    """A session of these segments that has their secrets."""
    path, keys = folder / "sealed.pcap", folder / "keys.log"
    path.write_bytes(on_tape(segments).pcap())
    keys.write_text(log_text(SECRETS))
    session = Session([open_file_source(path)], compile_when=Compile.NEVER, keylog=str(keys))
    session.run_here()
    return session


@pytest.mark.parametrize("disturbed", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_random_talk_inside_tls(seed: int, disturbed: bool, tmp_path: Path) -> None:
    segments = inside_tls((side, data) for side, _, data in segments_of(seed))
    if disturbed:
        chance = random.Random(seed)
        for _ in range(4):
            at = chance.randrange(4, len(segments))
            segments.insert(max(at - chance.randrange(1, 4), 4), segments[at] if seed % 3 else segments.pop(at))
    told, present = compared(opened_with_keys(segments, tmp_path))

    assert told > len(segments) // 2
    assert present > 3


@pytest.mark.parametrize(("deep", "found"), [(1_000, (120, False)), (40, (72, True))])
def test_records_beyond_the_limit_are_left_to_trees(
    deep: int, found: tuple[int, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened_with_keys(inside_tls(http2(60)), tmp_path)
    monkeypatch.setattr(interface, "UNIT_LIMIT", 6)
    monkeypatch.setattr(interface, "DEEP_LIMIT", deep)
    run = FilterRun(session, compile_filter("http2.type == 1"))
    matching = int(run.matching(0, session.store.count).sum())

    assert (matching, bool(len(run.unread(0, session.store.count)))) == found


def test_captures(corpus: Path) -> None:
    """All captures with HTTP/2 in them."""
    present = 0
    for path in sorted((corpus / "dev").glob("*.pcap*")):
        if any(word in path.name.lower() for word in ("http2", "grpc", "h2")):
            session = open_file(path)
            present += compared(session)[1]
            session.close()

    assert present > 0


def test_all_of_an_ordinary_connection_is_told(opened: Callable[[Tape], Session]) -> None:
    session = opened(taped(8080, http2(30), http2(20)))

    assert compared(session) == (session.store.count, 2 * (30 + 20 + 2))


def test_of_many_frames_in_a_packet_as_many_are_told_as_a_tree_shows(opened: Callable[[Tape], Session]) -> None:
    header = bytes((0x82, 0x84, 0x86, 0x41, 1, 0x61))
    many = b"".join(frame(1, 5, 2 * number + 1, header) for number in range(500))
    session = opened(taped(8080, [(0, PREFACE + frame(4, 0, 0)), (1, frame(4, 0, 0)), (0, many)]))

    assert compared(session)[1] == 3


def test_what_is_told_needs_no_message(opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened(taped(8080, http2(60)))
    monkeypatch.setattr(interface, "UNIT_LIMIT", 6)
    monkeypatch.setattr(interface, "DEEP_LIMIT", 40)
    found = {}
    for text in (
        "http2.type == 1",
        "http2",
        'http2.headers.path contains "5"',
        "http2.r == 0",
        "http2.rst_stream.error",
    ):
        run = FilterRun(session, compile_filter(text))
        found[text] = int(run.matching(0, session.store.count).sum()), len(run.unread(0, session.store.count))

    assert found == {
        "http2.type == 1": (120, 0), "http2": (122, 0), 'http2.headers.path contains "5"': (15, 0),
        "http2.r == 0": (82, 41), "http2.rst_stream.error": (0, 0),
    }  # fmt: skip


@pytest.mark.parametrize(("what", "most"), [("FRAMES_MOST", 50), ("VALUES_MOST", 20_000)])
def test_what_is_too_much_is_left_to_trees(
    what: str, most: int, opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(taped(8080, http2(60)))
    monkeypatch.setattr(frame_table, what, most)
    told, present = compared(session)

    assert 3 < told < session.store.count
    assert present > 0


@pytest.mark.parametrize("step", [1, 7, 50])
def test_growing_capture_gives_what_the_whole_one_does(step: int) -> None:
    growth = Growth(on_tape(segments_of(3)))
    texts = ("http2.type == 1", "http2", "http2.headers.status == 200")
    growth.to(3)
    lives = [LiveFilter(growth.session, compile_filter(text)) for text in texts]
    for packets in [*range(4, growth.packets, step), growth.packets]:
        growth.to(packets)
        for text, live in zip(texts, lives, strict=True):
            for _ in range(3):
                live.update()
            at_once = FilterRun(growth.session, compile_filter(text)).matching(0, packets)

            assert live.mask.tolist() == at_once.tolist()


def test_who_asks_for_one_packet_has_its_tree(
    opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(taped(8080, http2(60)))
    monkeypatch.delattr(MessageTables, "read")

    assert FieldReader(session).texts(FIELDS["http2.headers.path"], np.array([5], np.int32)) == [["/items/0"]]


def test_tables_are_made_once(opened: Callable[[Tape], Session], monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened(taped(8080, http2(60), http2(60)))
    made: list[int] = []
    build = MessageTables._build

    def counted(self: MessageTables, tables: Tables, stream: int) -> object:
        made.append(stream)
        return build(self, tables, stream)

    monkeypatch.setattr(MessageTables, "_build", counted)
    monkeypatch.setattr(MessageValues, "keep", lambda *_: None)
    compiled = compile_filter('http2.type == 1 and http2.headers.path contains "5"')
    FilterRun(session, compiled).matching(0, session.store.count)
    once = list(made)
    monkeypatch.setattr(message_tables, "_UNITS_CACHED", 1)
    run = FilterRun(session, compiled)
    run.of_rows(session.rows_of(0))
    assert made[2:] == [0]
    for stream in (0, 1, 1, 0):
        run.of_rows(session.rows_of(stream))

    assert once == [0, 1]
    assert made[3:] == [1, 0]


def test_reading_frames_can_be_cancelled(opened: Callable[[Tape], Session]) -> None:
    run = FilterRun(opened(taped(8080, http2(60))), compile_filter("http2.type == 1"))
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        run.matching(0, 125, cancelled=cancelled)
