"""A text in the whole capture: split over segments, sent again, in headers and in findings; every place of it, once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.regex import PatternError, compile_pattern
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.searching.hit import Hit, SearchIn
from tcptui.session.searching.pattern import SearchPattern
from tcptui.session.searching.search import Search
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import ACK, FIN, PSH, Wire

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, SERVER = "10.0.0.1:40001", "192.0.2.10:80"
WORDS = Words(Language.EN)


def sending(tmp_path: Path, *pieces: bytes, client: str = CLIENT) -> Session:
    """One connection whose client sends ``pieces``, a segment each."""
    wire = Wire()
    talk(wire, 0, client, *pieces)
    return open_file(wire.pcap(tmp_path / "sent.pcap"))


def talk(wire: Wire, ms: float, client: str, *pieces: bytes) -> None:
    wire.handshake(ms, client, SERVER)
    seq = 1001
    for number, piece in enumerate(pieces):
        wire.tcp(ms + 50 + number, client, SERVER, PSH | ACK, seq, 9001, payload=piece)
        seq += len(piece)
    wire.tcp(ms + 500, SERVER, client, ACK, 9001, seq)
    wire.tcp(ms + 501, client, SERVER, FIN | ACK, seq, 9001)


def find(session: Session, text: str, where: SearchIn = SearchIn.STREAMS) -> list[Hit]:
    search = Search(session, SearchPattern.of(text), where, WORDS)
    found = list(search.hits(lambda: False))
    assert search.done == search.all
    return found


def frames(session: Session, hits: list[Hit]) -> list[int]:
    return [int(session.store.frame[hit.row]) for hit in hits]


def test_word_that_is_split_over_segments_is_found_where_it_begins(tmp_path: Path) -> None:
    session = sending(tmp_path, b"id: 7f3a", b"-b", b"21c9 end")

    (hit,) = find(session, "7f3a-b21c9")

    assert frames(session, [hit]) == [4]
    assert hit.context[hit.low : hit.high] == "7f3a-b21c9"
    assert session.reader.data(hit.row)[hit.start : hit.start + hit.length] == b"7f3a"
    assert find(session, "7f3a-b21c9", SearchIn.PACKETS) == []


def test_bytes_that_were_sent_again_are_found_once_in_the_stream_and_in_every_packet(tmp_path: Path) -> None:
    wire = Wire()
    wire.handshake(0, CLIENT, SERVER)
    for ms in (50, 400):
        wire.tcp(ms, CLIENT, SERVER, PSH | ACK, 1001, 9001, payload=b"token=abc")
    session = open_file(wire.pcap(tmp_path / "again.pcap"))

    assert frames(session, find(session, "token")) == [4]
    assert frames(session, find(session, "token", SearchIn.PACKETS)) == [4, 5]


def test_bytes_on_both_sides_of_a_gap_are_not_joined(tmp_path: Path) -> None:
    wire = Wire()
    wire.handshake(0, CLIENT, SERVER)
    wire.tcp(50, CLIENT, SERVER, PSH | ACK, 1001, 9001, payload=b"nee")
    wire.tcp(51, CLIENT, SERVER, PSH | ACK, 1014, 9001, payload=b"dle needle")
    session = open_file(wire.pcap(tmp_path / "gap.pcap"))

    (hit,) = find(session, "needle")
    assert hit.context[hit.low - 4 : hit.low] == "dle "


@pytest.mark.parametrize(
    ("typed", "found"),
    [("token", 2), ("Token", 1), ("TOKEN", 0), ("0x546f6b656e", 1), ("0x5", 0), ("0x54 6f", 0), ("", 0)],
)
def test_small_letters_match_either_case_and_bytes_match_themselves(tmp_path: Path, typed: str, found: int) -> None:
    assert len(find(sending(tmp_path, b"Token and token"), typed)) == found


def test_text_that_is_not_ascii_is_utf_8(tmp_path: Path) -> None:
    session = sending(tmp_path, "查".encode()[:2], "查".encode()[2:] + "找".encode())

    assert len(find(session, "查找")) == 1


def test_header_trees_are_searched_by_their_lines(tmp_path: Path) -> None:
    session = sending(tmp_path, b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")

    hits = find(session, "Maximum segment size", SearchIn.HEADERS)
    assert set(frames(session, hits)) == {1, 2}
    assert all("Maximum segment size" in hit.context for hit in hits)
    assert session.reader.data(hits[0].row)[hits[0].start] in (0, 2)  # of the SYN's options: a kind, or the MSS itself
    assert find(session, "nothing of the kind", SearchIn.HEADERS) == []


def test_findings_are_searched_by_what_is_said(tmp_path: Path) -> None:
    wire = Wire()
    wire.clean(0, CLIENT, SERVER)
    wire.refused(1000, "10.0.0.1:40002", SERVER)
    session = open_file(wire.pcap(tmp_path / "refused.pcap"))

    hits = find(session, "refused", SearchIn.FINDINGS)
    assert {hit.stream for hit in hits} == {1}
    assert "refused" in hits[0].context


def test_packets_that_are_not_tcp_are_searched_too(tmp_path: Path) -> None:
    wire = Wire()
    wire._ip(0, "10.0.0.1", "10.0.0.9", 17, b"\x00\x35\x00\x35\x00\x10\x00\x00needle!!")
    session = open_file(wire.pcap(tmp_path / "udp.pcap"))

    (hit,) = find(session, "needle", SearchIn.PACKETS)
    assert hit.stream < 0
    assert session.reader.data(hit.row)[hit.start : hit.start + hit.length] == b"needle"


@pytest.mark.parametrize("where", SearchIn)
def test_search_that_is_not_wanted_any_more_ends(tmp_path: Path, where: SearchIn) -> None:
    search = Search(sending(tmp_path, b"needle"), SearchPattern.of("needle"), where, WORDS)

    with pytest.raises(Cancelled):
        list(search.hits(lambda: True))


def test_control_characters_are_shown_as_dots(tmp_path: Path) -> None:
    (hit,) = find(sending(tmp_path, b"\x1b[31mneedle\x07\n"), "needle")

    assert hit.context == ".[31mneedle.."


def test_a_long_stream_is_searched_in_parts_and_nothing_is_lost_between_them(tmp_path: Path) -> None:
    piece = b"x" * 1390 + b"needle" + b"y" * 4
    session = sending(tmp_path, *[piece] * 200)

    hits = find(session, "needle")
    assert len(hits) == 200
    assert len({hit.place for hit in hits}) == 200


@pytest.mark.parametrize("seed", range(6))
def test_every_place_in_random_streams_is_found_as_in_the_whole_text(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    wire = Wire()
    sent = []
    for number in range(8):
        pieces = [bytes(rng.choices(b"ab", k=rng.randint(1, 60))) for _ in range(rng.randint(1, 12))]
        talk(wire, 1000 * number, f"10.0.0.1:{41000 + number}", *pieces)
        sent.append(b"".join(pieces))
    session = open_file(wire.pcap(tmp_path / "random.pcap"))
    for wanted in ("ab", "aba", "abbab", "babab"):
        pattern = SearchPattern.of(wanted)
        found = [hit.stream for hit in find(session, wanted)]
        assert found == [stream for stream, data in enumerate(sent) for _ in pattern.spans(data)]


def texts(hits: list[Hit]) -> list[str]:
    return [hit.context[hit.low : hit.high] for hit in hits]


def test_expression_is_found_across_segments_and_marked_in_each_of_them(tmp_path: Path) -> None:
    session = sending(tmp_path, b"id: 7f3a", b"-b", b"21c9 end")

    (hit,) = find(session, r"~[0-9a-f]{4}-b\d+")

    assert texts([hit]) == ["7f3a-b21"]
    store, data = session.store, session.reader.data
    assert [(int(store.frame[row]), data(row)[at : at + size]) for row, at, size in hit.parts] == [
        (4, b"7f3a"), (5, b"-b"), (6, b"21"),
    ]  # fmt: skip
    assert hit.sent == (0, 4, 12)
    assert find(session, r"~[0-9a-f]{4}-b\d+", SearchIn.PACKETS) == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("~tok.n", ["Token", "token"]), ("~(?-i)tok.n", ["token"]), ("~x*", ["x"]), ("~.*", ["Token a", "token bx"]),
        ("~^.", ["T"]), ("~x$", ["x"]), ("~", []), ("~^", []), ("~$", []), ("'~x", []), (r"~\x0a", ["."]),
        ("~(?<=n )[a-b]", ["a", "b"]), ("~查", []),
    ],
)  # fmt: skip
def test_expressions_of_no_byte_and_of_whole_lines_are_sensible(tmp_path: Path, typed: str, found: list[str]) -> None:
    assert texts(find(sending(tmp_path, b"Token a\nto", b"ken bx"), typed)) == found


def test_sign_of_an_expression_is_text_behind_a_quote(tmp_path: Path) -> None:
    assert texts(find(sending(tmp_path, b"GET /~user"), "'~user")) == ["~user"]
    assert texts(find(sending(tmp_path, b"say '0x41'"), "'0x41")) == ["0x41"]


def test_expression_is_searched_in_headers_packets_and_findings(tmp_path: Path) -> None:
    wire = Wire()
    wire.clean(0, CLIENT, SERVER, b"GET /a7 HTTP/1.1\r\n\r\n")
    wire.refused(1000, "10.0.0.1:40002", SERVER)
    session = open_file(wire.pcap(tmp_path / "refused.pcap"))

    assert set(frames(session, find(session, "~maximum segment size: [0-9]+", SearchIn.HEADERS))) == {1, 2, 9}
    assert texts(find(session, r"~/a\d ", SearchIn.PACKETS)) == ["/a7 "]
    assert {hit.stream for hit in find(session, "~refus(ed|al)", SearchIn.FINDINGS)} == {1}


def test_characters_of_a_text_are_found_whole(tmp_path: Path) -> None:
    wire = Wire()
    wire.refused(0, CLIENT, SERVER)
    session = open_file(wire.pcap(tmp_path / "refused.pcap"))
    search = Search(session, SearchPattern.of("~拒.."), SearchIn.FINDINGS, Words(Language.ZH))

    hits = list(search.hits(lambda: False))

    assert hits
    assert all(found.startswith("拒") and "\ufffd" not in found for found in texts(hits))


def test_expression_that_backtracks_for_ever_ends_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcptui.session.filtering.patterns.LONGEST", 0.2)
    session = sending(tmp_path, b"a" * 60 + b"b")

    for where in (SearchIn.STREAMS, SearchIn.PACKETS):
        with pytest.raises(FilterError) as caught:
            find(session, "~(a|aa)+$", where)
        assert caught.value.mistake is Mistake.PATTERN_SLOW


@pytest.mark.parametrize("where", [SearchIn.STREAMS, SearchIn.PACKETS])
def test_expression_that_takes_for_ever_is_cancelled(tmp_path: Path, where: SearchIn) -> None:
    asked = iter([False, False, True])
    search = Search(sending(tmp_path, b"a" * 60 + b"b"), SearchPattern.of("~(a|aa)+$"), where, WORDS)

    with pytest.raises(Cancelled):
        list(search.hits(lambda: next(asked, True)))


@pytest.mark.parametrize("typed", [r"~\bneedle\b", "~ne{2}dle(?= )", "~(?<=x )needle", "~[a-z]eedle", "~x+ n"])
def test_expression_in_a_long_stream_finds_what_it_finds_in_the_whole_of_it(tmp_path: Path, typed: str) -> None:
    rng = random.Random(7)
    sent = b"".join(b"x" * rng.randint(1, 3_000) + b" needle " + b"y" * rng.randint(0, 3_000) for _ in range(60))
    session = sending(tmp_path, *(sent[at : at + 1_400] for at in range(0, len(sent), 1_400)))

    wanted = [match.span() for match in compile_pattern(typed[1:].encode()).finditer(sent)]

    assert len(sent) > 5 * (1 << 15)
    assert [hit.sent[1:] for hit in find(session, typed) if hit.sent is not None] == wanted


@pytest.mark.parametrize(
    ("typed", "place"),
    [("~a(b", 1), ("~ab)c", 2), ("~*a", 0), ("~a[bc", 1), (r"~\Qx\E\d[z-a]", 7), (r"~\p{L}", 0), ("~a**", 2)],
)
def test_mistake_in_an_expression_has_a_place(typed: str, place: int) -> None:
    with pytest.raises(PatternError) as caught:
        SearchPattern.of(typed)

    assert caught.value.place == place
    assert "position" not in caught.value.text


@pytest.mark.parametrize("at_once", [1, 3, 256])
def test_parts_that_are_searched_together_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("tcptui.session.searching.search._AT_ONCE", at_once)
    wire = Wire()
    for number in range(5):
        client = f"10.0.0.1:{41000 + number}"
        talk(wire, 1000 * number, client, b"id=%d;" % number)
        wire.tcp(1000 * number + 700, client, SERVER, PSH | ACK, 1100, 9001, payload=b"id=%d." % (number + 5))
    session = open_file(wire.pcap(tmp_path / "gaps.pcap"))

    found = find(session, "~id=[0-9]+")

    wanted = [(number, f"id={each}") for number in range(5) for each in (number, number + 5)]
    assert list(zip((hit.stream for hit in found), texts(found), strict=True)) == wanted
    assert [session.reader.data(hit.row)[hit.start : hit.start + hit.length].decode() for hit in found] == texts(found)
