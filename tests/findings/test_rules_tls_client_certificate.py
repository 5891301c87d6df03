"""`tls-client-certificate`: certificates that a server asked for in vain, and near-twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tls_bytes import CHANGE, certificate, client_hello, handshake, record, server_hello
from web_captures import found

from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

ID = "tls-client-certificate"
CHAIN = certificate(b"220101000000Z", b"330101000000Z", b"a.example")
WANTED = handshake(13, b"\1\1" + b"\0\2\4\3" + b"\0\0")
NONE = handshake(11, bytes(3))
KEY = handshake(16, bytes(33))
FINISHED = CHANGE + record(22, bytes(40))
DATA = record(23, bytes(80))


def talk(wanted: bytes, given: bytes, *behind: Turn) -> list[Turn]:
    flight = record(22, server_hello() + CHAIN + wanted + handshake(14, b""))
    return [
        (0, "C", record(22, client_hello(), 0x0301)), (30, "S", flight), (60, "C", record(22, given + KEY) + FINISHED),
        *behind,
    ]  # fmt: skip


@pytest.mark.finding("tls-client-certificate")
def test_server_that_goes_on_without_it_is_a_note(tmp_path: Path) -> None:
    finding = found(tmp_path, talk(WANTED, NONE, (90, "S", FINISHED), (120, "S", DATA)), foreseen=False)[ID]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == ("none", Severity.NOTE, Confidence.CERTAIN)


def test_server_that_finishes_the_handshake_and_closes_did_not_mind(tmp_path: Path) -> None:
    finding = found(tmp_path, talk(WANTED, NONE, (90, "S", FINISHED), (91, "S", "FIN")), foreseen=False)[ID]

    assert finding.facts["shape"] == "none"


@pytest.mark.parametrize("end", ["FIN", "RST"])
def test_server_that_closes_without_a_word_is_a_warning(tmp_path: Path, end: str) -> None:
    finding = found(tmp_path, talk(WANTED, NONE, (90, "S", end)))[ID]

    assert (finding.facts["shape"], finding.severity) == ("none-closed", Severity.WARNING)
    assert finding.confidence is Confidence.LIKELY


QUIET: dict[str, list[Turn]] = {
    "given": talk(WANTED, CHAIN, (90, "S", FINISHED)),
    "not-asked-for": talk(b"", b"", (90, "S", FINISHED)),
    "refused-by-an-alert": talk(WANTED, NONE, (90, "S", record(21, b"\2\x28")), (91, "S", "FIN")),
}


@pytest.mark.finding("tls-client-certificate", twin=True)
@pytest.mark.parametrize("name", QUIET)
def test_handshake_in_which_none_is_missing_is_silent(tmp_path: Path, name: str) -> None:
    assert ID not in found(tmp_path, QUIET[name], foreseen=False)
