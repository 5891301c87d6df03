"""What the timeline says of a packet with frames of HTTP/2."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from http2_ends import ANSWER, CALL, OK, Ends, frame, get
from seeds import SEED_VARIABLE, seed

from tcptui.protocols.summaries import summary_of

if TYPE_CHECKING:
    from collections.abc import Callable


def packets(talk: Callable[[Ends], object]) -> list[str]:
    ends = Ends()
    before = len(ends.turns)
    talk(ends)
    return [summary_of(data) for _, data in ends.turns[before:]]


def test_first_packets_name_the_preface_and_settings() -> None:
    ends = Ends()

    assert summary_of(ends.turns[0][1]).startswith("HTTP2: Magic, SETTINGS[0]")
    assert summary_of(ends.turns[1][1]).startswith("HTTP2: SETTINGS[0]")


def test_request_and_answer_are_told_by_path_and_status() -> None:
    assert packets(lambda ends: ends.ask(1, get("/a?token=hidden&x=1"))) == [
        "HTTP2: HEADERS[1]: GET /a?token=[removed]&x=1"
    ]

    def talk(ends: Ends) -> None:
        ends.ask(1, CALL, b"asked")
        ends.answer(1, ANSWER, b"told", [("grpc-status", "0")])

    assert packets(talk) == [
        "HTTP2: HEADERS[1]: POST /shop.Cart/Add, DATA[1]", "HTTP2: HEADERS[1]: 200, DATA[1], HEADERS[1]",
    ]  # fmt: skip


def test_long_data_is_told_by_the_packet_that_begins_it() -> None:
    data = frame(0, 0, 1, bytes(16_384))

    assert summary_of(data[:1_400]) == "HTTP2: DATA[1]"
    assert summary_of(data[:400]) == ""
    assert summary_of(frame(0, 0, 2, bytes(16_384))[:1_400]) == ""


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_bytes_that_are_cut_or_wild_say_nothing_wrong(cut: int) -> None:
    ends = Ends()
    ends.ask(1, get("/" + "x" * 40))
    ends.answer(1, OK, b"short")
    for _, data in ends.turns:
        assert "\n" not in summary_of(data[:cut])
        assert not summary_of(data[cut:]).startswith("HTTP2: Magic")
    begin = seed(cut)
    wild = random.Random(begin).randbytes(4_000)
    assert sum(bool(summary_of(wild[at:])) for at in range(0, 3_000, 3)) < 3, f"{SEED_VARIABLE}={begin}"


def test_other_protocols_keep_their_own_lines() -> None:
    assert summary_of(b"POST /a HTTP/1.1\r\n\r\n") == ""
    assert summary_of(b"PRIVMSG #a :hello") == ""
    assert not any(summary_of(bytes(size)) for size in (1, 8, 9, 10, 100, 1_400))
