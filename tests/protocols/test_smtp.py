"""SMTP: what is a command, a message, a secret, over any segment border, from any beginning, of any bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue
from hypothesis import given
from hypothesis import strategies as st

from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.smtp import conversation
from tcptui.protocols.smtp.conversation import VERBS
from tcptui.protocols.smtp.message import Kind
from tcptui.protocols.smtp.smtp_stream import parse_smtp

if TYPE_CHECKING:
    from tcptui.protocols.smtp.conversation import SmtpConversation

GREETING = b"220 mail.example ESMTP\r\n"
MAIL = b"Subject: hi\r\n\r\n..one dot\r\nend.\r\n"
#: Side and bytes, in order.
SESSION = (
    (1, GREETING),
    (0, b"EHLO me.example\r\n"),
    (1, b"250-mail.example\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN\r\n"),
    (0, b"AUTH LOGIN\r\n"),
    (1, b"334 VXNlcm5hbWU6\r\n"),
    (0, b"c2VjcmV0LXVzZXI=\r\n"),
    (1, b"334 UGFzc3dvcmQ6\r\n"),
    (0, b"c2VjcmV0LXBhc3M=\r\n"),
    (1, b"235 Authentication succeeded\r\n"),
    (0, b"MAIL FROM:<a@example>\r\nRCPT TO:<b@example>\r\nDATA\r\n"),
    (1, b"250 OK\r\n550 No such user\r\n354 Go ahead\r\n"),
    (0, MAIL + b".\r\n"),
    (1, b"250 Queued\r\n"),
    (0, b"QUIT\r\n"),
    (1, b"221 Bye\r\n"),
)
SECRETS = (b"c2VjcmV0LXVzZXI=", b"c2VjcmV0LXBhc3M=")
REQUESTS = [
    ("EHLO me.example", "250"), ("AUTH LOGIN", "334"), ("MAIL FROM:<a@example>", "250"),
    ("RCPT TO:<b@example>", "550"), ("DATA", "250"), ("QUIT", "221"),
]  # fmt: skip


def talk(*turns: tuple[int, bytes], at: int = 0, **how: object) -> Dialogue:
    """One packet a turn; with ``at`` each is split behind so many bytes."""
    dialogue = Dialogue(**how)
    for side, data in turns:
        for part in (data[:at], data[at:]):
            if part:
                dialogue.client(part) if side == 0 else dialogue.server(part)
    return dialogue


def said(dialogue: Dialogue) -> SmtpConversation:
    stream = parse_smtp(*dialogue.directions(), 1_000)
    assert stream is not None
    return stream.conversation


def requests(dialogue: Dialogue) -> list[tuple[str, str]]:
    return [(one.operation, one.status) for one in ApplicationStream(*dialogue.directions()).requests()]


def decoded(dialogue: Dialogue) -> list[tuple[str, bytes, str]]:
    found = []
    for part in ApplicationStream(*dialogue.directions()).parts():
        text = b"".join(data for _, data in part.blocks())
        found.append((part.label.name, text, part.trouble()))
    return found


def test_whole_session() -> None:
    dialogue = talk(*SESSION)
    found = said(dialogue)

    assert requests(dialogue) == REQUESTS
    assert [unit.kind for unit in found.client].count(Kind.CREDENTIALS) == 2
    assert found.replies[1].lines == ("mail.example", "PIPELINING", "AUTH PLAIN LOGIN")
    assert ("smtp-message", b"Subject: hi\r\n\r\n.one dot\r\nend.\r\n", "") in decoded(dialogue)


def test_commands_are_told_as_they_were_sent() -> None:
    turns = ((0, b"ehlo h.example\r\n"), (1, b"250 a\r\n"), (0, b"Mail From:<a@b>\r\n"), (1, b"250 ok\r\n"),
             (0, b"data\r\n"), (1, b"354 go\r\n"), (0, b"hi\r\n.\r\n"), (1, b"250 ok\r\n"))  # fmt: skip
    dialogue = talk((1, b"220 a ESMTP\r\n"), *turns)

    assert [name for name, _ in requests(dialogue)] == ["ehlo h.example", "Mail From:<a@b>", "data"]
    assert ("smtp-message", b"hi\r\n", "") in decoded(dialogue)
    assert [unit.verb for unit in said(dialogue).client if unit.verb] == ["EHLO", "MAIL", "DATA"]


def test_requests_know_their_packets() -> None:
    stream = ApplicationStream(*talk(*SESSION).directions())

    data = next(one for one in stream.requests() if one.operation == "DATA")
    assert data.request is not None
    assert data.response is not None
    assert (data.request.first_frame, data.response.last_frame) == (10, 13)
    assert data.response.last_ns - data.request.first_ns == 3_000_000


@pytest.mark.parametrize("at", range(1, max(len(data) for _, data in SESSION)))
def test_split_at_every_byte_reads_the_same(at: int) -> None:
    dialogue = talk(*SESSION, at=at)

    assert requests(dialogue) == REQUESTS
    assert decoded(dialogue) == decoded(talk(*SESSION))


def test_one_byte_a_packet_reads_the_same() -> None:
    single = [(side, data[at : at + 1]) for side, data in SESSION for at in range(len(data))]

    assert requests(talk(*single)) == REQUESTS
    assert decoded(talk(*single)) == decoded(talk(*SESSION))


@pytest.mark.parametrize("first", range(len(SESSION) - 1))
def test_capture_that_begins_amid_shows_no_secret_and_goes_on(first: int) -> None:
    dialogue = talk(*SESSION[first:], from_start=False)
    stream = ApplicationStream(*dialogue.directions())

    shown = b"".join(data for part in stream.parts() for _, data in part.blocks())
    assert not any(secret in shown for secret in SECRETS)
    if first < 10:  # what only SMTP says is still to come
        assert requests(dialogue)[-2:] == REQUESTS[-2:]


@pytest.mark.parametrize("lost", range(1, len(SESSION)))
def test_lost_packet_hides_secrets_and_later_commands_are_read(lost: int) -> None:
    dialogue = Dialogue()
    for number, (side, data) in enumerate(SESSION):
        if number == lost:
            dialogue.lost(side, len(data))
        else:
            dialogue.client(data) if side == 0 else dialogue.server(data)

    shown = b"".join(text for _, text, _ in decoded(dialogue))
    assert not any(secret in shown for secret in SECRETS)
    if lost < 13:
        assert requests(dialogue)[-1] == ("QUIT", "221")


def test_auth_with_an_initial_response_shows_the_mechanism_alone() -> None:
    dialogue = talk((1, GREETING), (0, b"AUTH PLAIN AGEAc2VjcmV0\r\n"), (1, b"235 OK\r\n"), (0, b"NOOP\r\n"))

    assert requests(dialogue) == [("AUTH PLAIN", "235"), ("NOOP", "")]
    assert ("smtp-command-hidden", b"AUTH PLAIN\r\n", "") in decoded(dialogue)


def test_auth_without_a_mechanism_shows_nothing_of_its_argument() -> None:
    dialogue = talk((1, GREETING), (0, b"AUTH AGEAc2VjcmV0\r\n"), (1, b"501 No\r\n"))

    assert ("smtp-command-hidden", b"AUTH\r\n", "") in decoded(dialogue)


def test_credentials_that_read_like_a_command_stay_hidden() -> None:
    dialogue = talk((1, GREETING), (0, b"AUTH LOGIN\r\n"), (1, b"334 x\r\n"), (0, b"HELP\r\n"), (1, b"535 No\r\n"))

    assert [unit.kind for unit in said(dialogue).client] == [Kind.COMMAND, Kind.CREDENTIALS]


def test_starttls_ends_what_can_be_read() -> None:
    dialogue = talk(
        (1, GREETING), (0, b"EHLO x\r\n"), (1, b"250 STARTTLS\r\n"), (0, b"STARTTLS\r\n"), (1, b"220 Go\r\n"),
        (0, b"\x16\x03\x01\0\x05QUIT\r\nRSET\r\n"), (1, b"\x16\x03\x03\r\n250 no\r\n"),
    )  # fmt: skip
    found = said(dialogue)

    assert requests(dialogue) == [("EHLO x", "250"), ("STARTTLS", "220")]
    assert [(one.direction.side, one.stop - one.start) for one in found.encrypted] == [(0, 17), (1, 13)]
    assert len(found.replies) == 3


def test_refused_starttls_and_refused_data_go_on_with_commands() -> None:
    dialogue = talk(
        (1, GREETING), (0, b"STARTTLS\r\n"), (1, b"454 No\r\n"), (0, b"DATA\r\n"), (1, b"503 No\r\n"),
        (0, b"QUIT\r\n"), (1, b"221 Bye\r\n"),
    )  # fmt: skip

    assert requests(dialogue) == [("STARTTLS", "454"), ("DATA", "503"), ("QUIT", "221")]


def test_bdat_carries_lines_that_are_no_commands() -> None:
    dialogue = talk(
        (1, GREETING), (0, b"BDAT 8\r\nQUIT\r\n.\nBDAT 0 LAST\r\n"), (1, b"250 a\r\n250 b\r\n"), (0, b"QUIT\r\n"),
    )  # fmt: skip

    assert requests(dialogue) == [("BDAT 8", "250"), ("BDAT 0 LAST", "250"), ("QUIT", "")]
    assert ("smtp-message", b"QUIT\r\n.\n", "") in decoded(dialogue)


@pytest.mark.parametrize("ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r"])
def test_only_a_dot_between_whole_line_ends_ends_a_message(ending: bytes) -> None:
    dialogue = talk(
        (1, GREETING), (0, b"DATA\r\n"), (1, b"354 Go\r\n"), (0, b"text" + ending + b"RSET\r\n.\r\n"), (1, b"250 a\r\n")
    )

    assert requests(dialogue) == [("DATA", "250")]


def test_empty_message() -> None:
    dialogue = talk((1, GREETING), (0, b"DATA\r\n"), (1, b"354 Go\r\n"), (0, b".\r\n"), (1, b"554 No\r\n"))

    assert requests(dialogue) == [("DATA", "554")]
    assert ("smtp-message", b"", "") in decoded(dialogue)


def test_message_with_a_hole_says_so_and_the_next_command_is_read() -> None:
    dialogue = talk((1, GREETING), (0, b"DATA\r\n"), (1, b"354 Go\r\n"), (0, b"one\r\n"))
    dialogue.lost(0, 9).server(b"250 Queued\r\n").client(b"QUIT\r\n")

    assert ("smtp-message", b"one\r\n", "cut") in decoded(dialogue)
    assert requests(dialogue)[-1] == ("QUIT", "")


def test_capture_that_begins_amid_a_long_message_finds_the_next_command() -> None:
    dialogue = Dialogue(from_start=False)
    dialogue.client(*[b"c2VjcmV0IHRleHQ=\r\n" * 100] * 80, b".\r\n").server(b"250 Queued\r\n")
    dialogue.client(b"MAIL FROM:<a@example>\r\n").server(b"250 OK\r\n")
    client, server = dialogue.directions()
    client.server_port = 25

    stream = parse_smtp(client, server, 1_000)

    assert stream is not None
    assert [(unit.kind, unit.stop - unit.start) for unit in stream.conversation.client] == [
        (Kind.UNKNOWN, 144_003),
        (Kind.COMMAND, 23),
    ]
    assert stream.conversation.client[0].reply is stream.conversation.replies[0]


def test_line_without_an_end_is_cut_and_reading_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_UNKNOWN_LIMIT", 1 << 21)
    dialogue = talk((1, GREETING), *[(0, b"x" * 1_000_000)] * 5)
    client, server = dialogue.directions()

    stream = parse_smtp(client, server, 1_000)

    assert stream is not None
    assert stream.conversation.limited
    assert stream.conversation.client[-1].stop < 3 << 20


def test_sides_taken_for_one_another_are_put_right() -> None:
    dialogue = talk(*((1 - side, data) for side, data in SESSION), from_start=False)

    assert requests(dialogue) == REQUESTS


@pytest.mark.parametrize(
    "turns",
    [
        ((1, b"220 FTP server ready\r\n"), (0, b"USER x\r\n"), (1, b"331 Password\r\n")),
        ((0, b"nonsense"), (1, b"\0\1\2")),
        ((1, b"+OK POP3 ready\r\n"), (0, b"USER x\r\n")),
        ((0, b"GET / HTTP/1.1\r\n\r\n"), (1, b"HTTP/1.1 200 OK\r\n\r\n")),
    ],
)
def test_other_protocols_are_left_alone(turns: tuple[tuple[int, bytes], ...]) -> None:
    assert parse_smtp(*talk(*turns).directions(), 100) is None


def test_greeting_that_names_nothing_is_told_by_the_port() -> None:
    client, server = talk((1, b"220 ready\r\n"), (0, b"NOOP\r\n"), (1, b"250 OK\r\n")).directions()
    assert parse_smtp(client, server, 100) is None

    client.server_port = 587
    assert parse_smtp(client, server, 100) is not None


def test_more_than_is_read_is_said_to_be_left_out() -> None:
    dialogue = talk((1, GREETING), *((turn % 2, b"250 a\r\n" if turn % 2 else b"NOOP\r\n") for turn in range(20)))
    client, server = dialogue.directions()
    stream = parse_smtp(client, server, 5)
    assert stream is not None

    places = [ApplicationStream(client, server).place(row, row + 1) for row in (1, 19)]
    assert [place is not None and stream.was_left_out(place) for place in places] == [False, True]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.one_of(
                st.binary(max_size=40),
                st.sampled_from([b"DATA\r\n", b"354 \r\n", b".\r\n", b"AUTH LOGIN\r\n", b"334 \r\n", b"220 SMTP\r\n"]),
                st.sampled_from([b"BDAT 99999999999\r\n", b"STARTTLS\r\n", b"250-a\r\n", b"EHLO x\r\n", b"\x16\x03"]),
            ),
        ),
        max_size=12,
    ),
    st.one_of(st.none(), st.integers(0, 12)),
)
def test_any_bytes_are_read_in_order_and_nothing_unknown_is_shown(turns: list[tuple[int, bytes]], cut: int) -> None:
    dialogue = talk((1, GREETING), (0, b"EHLO x\r\n"), *turns, cut=cut)
    stream = parse_smtp(*dialogue.directions(), 50)
    if stream is None:
        return  # cut before it could be recognised

    found = stream.conversation
    for side in (found.client, found.replies):
        assert all(one.start < one.stop for one in side)
        assert all(one.stop <= two.start for one, two in pairwise(side))
    for part in stream.parts():
        text = b"".join(data for _, data in part.blocks())
        if part.label.name in ("smtp-command", "smtp-command-hidden"):
            assert text.split()[0].upper() in VERBS
        elif part.label.name not in ("smtp-reply", "smtp-message"):
            assert text == b""
    assert len(list(stream.requests())) <= len(found.client)
