"""Links over a whole stream: what is read, and what is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.application.stream_messages import FIRST_SEGMENTS, stream_messages
from tcptui.model.verdict import Verdict
from tcptui.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).resolve().parents[2] / "cases"


@pytest.fixture
def hello() -> Iterator[Session]:
    session = open_file(CASES / "01-hello-service" / "hello-service.pcapng")
    yield session
    session.close()


def _payload(session: Session, row: int) -> bytes:
    packet = session.packet(row)
    return packet.data[len(packet.data) - packet.payload_length :]


def test_exchange_of_a_real_stream_is_linked(hello: Session) -> None:
    links = stream_messages(hello.view(0), lambda row: _payload(hello, row))

    assert links[4][0].response_frame == 6
    assert links[6][0].since_request_ns == 2_611_000
    assert links[6][0].full_uri == "http://192.168.0.52:8080/hello?name=world"


def test_retransmitted_request_is_not_paired_twice(hello: Session) -> None:
    view = hello.view(0)
    view.verdict[3] = int(Verdict.RETRANSMISSION)

    links = stream_messages(view, lambda row: _payload(hello, row))

    assert set(links) == {6}


def test_other_protocol_is_given_up_after_a_few_segments(hello: Session) -> None:
    read: list[int] = []

    def noise(row: int) -> bytes:
        read.append(row)
        return b"\x16\x03\x01"

    assert stream_messages(hello.view(0), noise) == {}
    assert 0 < len(read) <= FIRST_SEGMENTS
