"""Handshake messages and alerts that keys open: in the tree, as fields, in *follow*, and for the rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue
from run_command import run
from sealed_records import ANSWER, HELLO, SECRETS, Sealer, log_of
from tls_bytes import CHANGE, certificate, extension, handshake, sized

from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.tls.codes import Handshake
from tcptui.protocols.tls.handshake import MAX_STORED_BYTES
from tcptui.protocols.tls.message import read_message
from tcptui.protocols.tls.tls_stream import TlsStream
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.protocols.tls.conversation import TlsConversation

CAPTURES = Path(__file__).with_name("captures_keys")
ENCRYPTED_EXTENSIONS = handshake(8, sized(extension(16, sized(sized(b"h2", 1), 2)), 2))
FINISHED = handshake(20, bytes(32))
WANTED = handshake(13, b"\0" + sized(b"", 2))
NO_CERTIFICATE = handshake(11, b"\0" + bytes(3))


def talk(*flight: bytes, answer: bytes = b"") -> TlsConversation:
    """A connection whose server sends these fragments of handshake messages, a record each."""
    server, client = (Sealer(SECRETS[f"{who}_HANDSHAKE_TRAFFIC_SECRET"]) for who in ("SERVER", "CLIENT"))
    dialogue = Dialogue()
    dialogue.client(HELLO)
    dialogue.server(ANSWER + CHANGE + b"".join(server.seal(part, 22) for part in flight))
    dialogue.client(CHANGE + client.seal(answer + FINISHED, 22))
    one, two = dialogue.directions()
    one.keys = two.keys = log_of(SECRETS)
    parsed = ApplicationStream(one, two).parsed
    assert isinstance(parsed, TlsStream)
    return parsed.conversation


def test_messages_are_joined_over_records() -> None:
    whole = ENCRYPTED_EXTENSIONS + certificate(b"220101000000Z", b"330101000000Z", b"a.example") + FINISHED
    for size in (1, 7, 100, len(whole)):
        said = talk(*(whole[at : at + size] for at in range(0, len(whole), size)))

        assert [one.kind for one in said.messages[1].each] == [2, 8, 11, 20]
        assert b"".join(one.data for one in said.messages[1].each[1:]) == whole


def test_messages_are_read_as_those_of_their_version() -> None:
    said = talk(ENCRYPTED_EXTENSIONS, FINISHED)

    line = read_message(said.messages[1].each[1], said.suite, said.version)
    assert line.texts("handshake.extensions_alpn_str") == ["h2"]


def test_bytes_that_are_no_message_end_what_is_read() -> None:
    said = talk(ENCRYPTED_EXTENSIONS, b"\xfa" * 40, FINISHED)

    assert [one.kind for one in said.messages[1].each] == [2, 8, 20]


def test_what_is_kept_of_messages_is_bounded() -> None:
    said = talk(*([handshake(99, bytes(16_000))] * 2 + [handshake(8, bytes(16_000))] * 200))

    assert sum(len(one.data) for one in said.messages[1].each) <= MAX_STORED_BYTES


def test_certificate_that_a_client_does_not_have_is_seen() -> None:
    said = talk(ENCRYPTED_EXTENSIONS, WANTED, FINISHED, answer=NO_CERTIFICATE)

    assert [one.kind for one in said.messages[0].each] == [1, Handshake.CERTIFICATE, Handshake.FINISHED]
    empty = read_message(said.messages[0].each[1], said.suite, said.version)
    assert empty.numbers("handshake.certificates_length") == [0]


@pytest.mark.parametrize(
    ("question", "least"),
    [("tls.handshake.type == 8", 7), ("tls.handshake.key_update.request_update == 1", 1),
     ("tls.handshake.session_ticket_nonce", 4), ("tls.alert_message.desc == 0", 10), ("tls.handshake.verify_data", 10)],
)  # fmt: skip
def test_filters_find_what_is_inside(question: str, least: int) -> None:
    status, found, _ = run("packets", CAPTURES / "sessions.pcapng.gz", "-Y", question, "-e", "frame.number")

    assert status == 0
    assert len(found.split()) >= least


def test_follow_names_the_messages() -> None:
    session = open_file(CAPTURES / "sessions.pcapng.gz")
    stream = session.application(1)
    assert stream is not None
    told = [str(part.label.facts.get("what", "")) for part in stream.parts()]
    session.close()

    assert "Server Hello … Finished" in told
    assert "Close Notify" in told
