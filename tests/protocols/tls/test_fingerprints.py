"""JA3, JA3S and JA4 against published values, and against what their descriptions say of odd hellos."""

from __future__ import annotations

import pytest
from http_halves import Dialogue
from tls_bytes import alpn, client_hello, extension, numbers, record, server_hello, server_name, sized

from tcptui.protocols.tls.fingerprints import ja3, ja4
from tcptui.protocols.tls.lines import Line
from tcptui.protocols.tls.parse import parse_tls

#: The example of JA4's description: a browser's hello, with GREASE left in.
SUITES = (
    0x2A2A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D,
    0x002F, 0x0035,
)  # fmt: skip
ALGORITHMS = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)
BROWSER = (
    extension(0x1A1A, b"")
    + extension(0x001B, b"\x02\x00\x02")
    + server_name(b"example.com")
    + extension(0x0033, sized(b"", 2))
    + alpn(b"h2", b"http/1.1")
    + extension(0x4469, sized(sized(b"h2", 1), 2))
    + extension(0x0017, b"")
    + extension(0x002D, b"\x01\x01")
    + extension(0x000D, sized(numbers(*ALGORITHMS), 2))
    + extension(0x0005, b"\x01\0\0\0\0")
    + extension(0x0023, b"")
    + extension(0x0012, b"")
    + extension(0x002B, sized(numbers(0x5A5A, 0x0304, 0x0303), 1))
    + extension(0xFF01, b"\0")
    + extension(0x000B, b"\x01\0")
    + extension(0x000A, sized(numbers(0x3A3A, 29, 23, 24), 2))
    + extension(0x0015, bytes(7))
)


def hello(message: bytes) -> Line:
    stream = parse_tls(*Dialogue().client(record(22, message)).directions(), 10)
    assert stream is not None
    found = stream.conversation.client_hello
    assert found is not None
    return found


def test_ja4_of_the_published_example() -> None:
    assert ja4(hello(client_hello(BROWSER, SUITES))) == "t13d1516h2_8daaf6152771_e5627efa2ab1"


@pytest.mark.parametrize(
    ("text", "fingerprint"),
    [  # the examples of JA3's description
        ("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", "ada70206e40642a3e4461f35503241d5"),
        ("769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"),
    ],
)
def test_ja3_of_the_published_examples(text: str, fingerprint: str) -> None:
    assert ja3(text) == fingerprint


def test_ja3_leaves_out_values_that_mean_nothing() -> None:
    (full,) = hello(client_hello(BROWSER, SUITES)).texts("handshake.ja3_full")

    assert full == (
        "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
        "27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0"
    )


def test_ja3s_of_a_server_hello() -> None:
    answer = record(22, server_hello(extension(0xFF01, b"\0") + extension(0, b""), 0xC02F))
    stream = parse_tls(*Dialogue().client(record(22, client_hello())).server(answer).directions(), 10)

    assert stream is not None
    assert stream.conversation.server_hello is not None
    assert stream.conversation.server_hello.texts("handshake.ja3s_full") == ["771,49199,65281-0"]


@pytest.mark.parametrize(
    ("extensions", "begins", "ends"),
    [
        (b"", "t12i010000", "000000000000"),
        (alpn(b"\xab\xcd"), "t12i0101", "000000000000"),
        (server_name(b"a") + alpn(b"h"), "t12d0102hh", "000000000000"),
        (b"".join(extension(kind, b"") for kind in range(100, 220)), "t12i019900", ""),
    ],
)
def test_ja4_of_odd_hellos(extensions: bytes, begins: str, ends: str) -> None:
    found = ja4(hello(client_hello(extensions)))

    assert found.startswith(begins)
    assert found.endswith(ends)
