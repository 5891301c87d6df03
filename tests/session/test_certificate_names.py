"""Names in certificates of servers that were asked for no host: which connections have some, and what is none."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.model.packet_store import RowKind
from tcptui.session.certificate_names import CertificateNames
from tcptui.session.host_names import CERTIFICATE, HostName, server_name
from tcptui.session.other_tables import asked_hosts, served_certificates
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.session.session import Session

CAPTURES = Path(__file__).parents[1] / "protocols" / "tls" / "captures"
FIRST, SECOND = b"www.example.test", b"*.cdn.example.test"


def read(session: Session) -> CertificateNames | None:
    asked_hosts(session).grow(60)
    served = served_certificates(session)
    served.grow(60)
    return served.of(0)


def opened(name: str) -> Session:
    return open_file(CAPTURES / f"{name}.pcap.gz")


def changed(tmp_path: Path, first: bytes, second: bytes) -> Session:
    """The capture without a server name, with other names in the certificate, of the same lengths."""
    data = gzip.decompress((CAPTURES / "no-server-name.pcap.gz").read_bytes())
    assert len(first) == len(FIRST)
    assert len(second) == len(SECOND)
    path = tmp_path / "changed.pcap"
    path.write_bytes(data.replace(FIRST, first).replace(SECOND, second))
    return open_file(path)


def records(data: bytes) -> list[bytes]:
    """The packets of a pcap file, each with its header."""
    found, at = [], 24
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at : at + size])
        at += size
    return found


def test_certificate_names_a_server_that_was_asked_for_no_host() -> None:
    session = opened("no-server-name")
    assert read(session) == CertificateNames((FIRST.decode(), SECOND.decode()), 6)
    assert asked_hosts(session).of(0) is None
    assert served_certificates(session).with_text("cdn.example") == {0}
    assert served_certificates(session).count == 1


@pytest.mark.parametrize("name", ["kx-rsa", "unknown-ca-13", "key-update", "tls-to-plain", "silent-server", "psk-12"])
def test_of_what_asked_for_a_host_or_shows_no_certificate_nothing_is_read(name: str) -> None:
    session = opened(name)
    assert read(session) is None
    assert served_certificates(session).count == 0


def test_only_host_of_a_certificate_is_the_name_of_its_server_and_one_of_several_is_not(tmp_path: Path) -> None:
    session = opened("no-server-name")
    known = read(session)
    server = session.streams.server(0).host
    several = server_name(session, server, session.streams.listed())
    session = changed(tmp_path, FIRST, b"not a name at all!")
    one = read(session)
    only = server_name(session, server, session.streams.listed())

    assert known is not None
    assert (known.only, several) == ("", None)
    assert one == CertificateNames((FIRST.decode(),), 6)
    assert only == HostName(FIRST.decode(), CERTIFICATE, 6)


def test_any_subdomain_is_no_name_of_one_server(tmp_path: Path) -> None:
    session = changed(tmp_path, b"\x1b]0;evil\x07.test..", b"*.cdn.example.test")
    known = read(session)

    assert known is not None
    assert (known.names, known.only) == ((SECOND.decode(),), "")


@pytest.mark.parametrize("hostile", [b"\x1b]0;evil\x07abcdefg", b"[b]www.test[/b]\n", b"\xe2\x80\xaewww.exam.test"])
def test_what_may_be_taken_for_anything_but_a_host_is_no_name(tmp_path: Path, hostile: bytes) -> None:
    session = changed(tmp_path, hostile, b"*.cdn.example.te\x00t")
    assert read(session) is None


def test_certificate_of_which_a_packet_is_missing_or_cut_is_not_read(tmp_path: Path) -> None:
    data = gzip.decompress((CAPTURES / "no-server-name.pcap.gz").read_bytes())
    session = opened("no-server-name")
    store = session.store
    frames = [
        int(store.frame[row])
        for row in session.rows_of(0)
        if store.kind[row] == RowKind.TCP and store.length[row] and int(store.frame[row]) <= 6
    ]
    each = records(data)
    path = tmp_path / "cut.pcap"
    path.write_bytes(data[:24] + b"".join(packet for place, packet in enumerate(each, 1) if place != frames[-1]))
    session = open_file(path)
    assert read(session) is None

    short = each[frames[-1] - 1]
    kept = len(short) - 16 - 40
    cut = short[:8] + struct.pack("<I", kept) + short[12 : 16 + kept]
    each[frames[-1] - 1] = cut
    path.write_bytes(data[:24] + b"".join(each))
    session = open_file(path)
    assert read(session) is None
