"""The body of an HTTP message as filters compare it: what tshark 4.0.17 takes for its text."""

from __future__ import annotations

import numpy as np
import pytest
from captures import ACK, PSH, Tape
from growth import Growth

from tcptui.dfilter.compile import compile_filter
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import FilterRun

BODY = b"\a\xc3\xa9\x0b\t.\0behind"


@pytest.fixture
def growth() -> Growth:
    client, server = "10.0.0.1:40000", "192.0.2.10:80"
    tape = Tape()
    tape.handshake(0, client, server)
    get = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    tape.tcp(10, client, server, PSH | ACK, 1001, 9001, get)
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    tape.tcp(20, server, client, PSH | ACK, 9001, 1001 + len(get), said)
    grown = Growth(tape)
    grown.end()
    return grown


@pytest.mark.parametrize(
    ("text", "matches"),
    [("http.file_data contains ef:bf:bd", 0), (r'http.file_data contains "\xef\xbf\xbd\xef\xbf\xbd\v"', 1),
     (r'http.file_data contains "\xc3"', 0), ('http.file_data contains "behind"', 0), ("len(http.file_data) == 10", 1)],
)  # fmt: skip
def test_text_ends_at_a_zero_byte_and_is_ascii(growth: Growth, text: str, matches: int) -> None:
    count = growth.session.store.count

    assert np.count_nonzero(FilterRun(growth.session, compile_filter(text)).matching(0, count)) == matches


def test_only_some_control_characters_are_escaped(growth: Growth) -> None:
    printer = FieldPrinter(growth.session, [FIELDS["http.file_data"]])

    assert printer.texts(np.array([4], np.int32)) == [[["\a��\v\\t."]]]
