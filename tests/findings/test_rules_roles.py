"""Client and server of connections that began before the capture: what is said, the ports, or nothing tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.access.open_capture import view_of
from tcptui.model.finding import Finding
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


HELLO = (b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03" + b"h" * 58).hex()
SERVER_HELLO = (b"\x16\x03\x03\x00\x40\x02\x00\x00\x3c\x03\x03" + b"h" * 58).hex()


def talk(ports: str, *said: tuple[str, str]) -> list[str]:
    """A stream that begins in the middle; who says what, 10 ms apart. "C" has the first of the two ``ports``."""
    sent, lines = {"C": 1, "S": 1}, []
    client, server = ports.split()
    for turn, (who, what) in enumerate(said):
        other = "S" if who == "C" else "C"
        length = len(what.partition("=")[2]) // (2 if what.startswith("hex") else 1)
        lines.append(f"{10 * turn} {who} PA {sent[who]} {sent[other]} {what} port={client} sport={server}")
        sent[who] += length
    return lines


def client_port(told: Told) -> tuple[int, str]:
    """The client's port, and what tells: its words must be there in both languages."""
    finding = told.findings["capture-started-mid-stream"]
    for language in Language:
        assert finding_sections(finding, Words(language))
    port = int(str(finding.facts["client"]).rpartition(":")[2])
    assert view_of(told.session, 0).client.port == port
    return port, str(finding.facts["shape"])


DATA = "text=" + "x" * 40


@pytest.mark.finding("capture-started-mid-stream")
@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("40000 20001", (40_000, "ports")),  # the ephemeral one
        ("20001 80", (20_001, "ports")),
        ("1500 3306", (1_500, "ports")),  # a registered service
        ("20001 5432", (20_001, "ports")),
        ("800 2049", (800, "ports")),  # NFS: the client asks from a reserved port
        ("1000 22", (1_000, "ports")),
        ("50000 993", (50_000, "ports")),
        ("700 631", (700, "ports")),
        ("20 40000", (20, "ports")),  # FTP's data connection, opened by the server
        ("8080 80", (8_080, "ports")),
    ],
)
def test_port_that_is_likelier_a_servers_is_the_servers_whoever_is_seen_first(
    told: Tell, ports: str, expected: tuple[int, str]
) -> None:
    for first, second in ("CS", "SC"):
        assert client_port(told(talk(ports, (first, DATA), (second, DATA)))) == expected


@pytest.mark.finding("capture-started-mid-stream")
@pytest.mark.parametrize("ports", ["40000 50051", "20001 20002", "443 80"])
def test_ports_alike_tell_nothing_and_it_is_said(told: Tell, ports: str) -> None:
    client, server = map(int, ports.split())
    of_client, of_server = (told(talk(ports, (who, DATA), (who, DATA))) for who in "CS")

    assert client_port(of_client) == (client, "first")
    assert client_port(of_server) == (server, "first")


@pytest.mark.finding("capture-started-mid-stream")
@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("C", "text=GET_/a_HTTP/1.1~~"), ("C", "text=POST_/a_HTTP/1.1~~"), ("C", "text=EHLO_me.example~"),
        ("C", f"hex={HELLO}"), ("S", f"hex={SERVER_HELLO}"), ("S", "text=HTTP/1.1_200_OK~~"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ports", ["80 8080", "80 40000", "443 50051"])
def test_end_that_speaks_as_a_client_is_the_client_whatever_its_port(
    told: Tell, ports: str, who: str, what: str
) -> None:
    first, other = ("S", "C") if who == "C" else ("C", "S")
    lines = talk(ports, (first, DATA), (who, what), (other, DATA))

    assert client_port(told(lines)) == (int(ports.split()[0]), "spoken")


@pytest.mark.finding("capture-started-mid-stream", twin=True)
@pytest.mark.parametrize(
    "what",
    [
        "text=GETTING_there_is_half",  # no request
        "text=HTTP/2_has_no_line",
        "text=ehlo",  # too short
        "hex=1603030040ff000040ffff",  # a handshake record that is encrypted
        "hex=1703030040" + "01" * 64,
    ],
)
def test_what_either_end_may_send_tells_nothing(told: Tell, what: str) -> None:
    assert client_port(told(talk("80 40000", ("C", what), ("S", DATA)))) == (40_000, "ports")


def test_first_word_counts(told: Tell) -> None:
    lines = talk("80 8080", ("C", "text=GET_/a_HTTP/1.1~~"), ("S", "text=GET_/b_HTTP/1.1~~"))

    assert client_port(told(lines)) == (80, "spoken")


@pytest.mark.finding("capture-started-mid-stream", twin=True)
def test_end_that_sent_the_syn_is_the_client_whatever_it_says(told: Tell) -> None:
    lines = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "50 S PA 1 1 text=GET_/a_HTTP/1.1~~", "90 C A 1 20"]
    made = told([f"{line} port=80 sport=40000" for line in lines])

    assert view_of(made.session, 0).client.port == 80
    assert "capture-started-mid-stream" not in made.findings
