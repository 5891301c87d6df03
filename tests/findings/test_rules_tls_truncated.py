"""`tls-truncated`: a FIN inside a record, and near-twins that end between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tls_bytes import CHANGE, TLS_1_3_CHOSEN, client_hello, record, server_hello
from web_captures import found

from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

ID = "tls-truncated"
DATA = record(23, bytes(3000))
OPENING: list[Turn] = [
    (0, "C", record(22, client_hello(), 0x0301)),
    (30, "S", record(22, server_hello(TLS_1_3_CHOSEN, 0x1301)) + CHANGE + record(23, bytes(900))),
    (60, "C", CHANGE + record(23, bytes(60)) + record(23, bytes(300))),
]


@pytest.mark.finding("tls-truncated")
@pytest.mark.parametrize("whole", [0, 3, 260])
def test_fin_inside_a_record_is_told_with_what_is_missing(tmp_path: Path, whole: int) -> None:
    """Also behind more records than rules read of the rest."""
    turns = [*OPENING, (90, "S", DATA * whole + DATA[:1200]), (100, "S", "FIN"), (110, "C", "FIN")]

    finding = found(tmp_path, turns, foreseen=False)[ID]

    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)
    told = [finding.facts[name] for name in ("shape", "sender", "announced", "arrived", "missing")]
    assert told == ["data", "server", 3000, 1195, 1805]


def test_client_that_stops_in_the_middle_of_an_upload_is_told(tmp_path: Path) -> None:
    turns = [*OPENING, (90, "C", DATA[:2000]), (100, "C", "FIN"), (130, "S", "FIN")]

    assert found(tmp_path, turns, foreseen=False)[ID].facts["sender"] == "client"


def test_handshake_that_is_cut_has_words_of_its_own(tmp_path: Path) -> None:
    flight = record(22, server_hello() + bytes([11, 0, 8, 0]) + bytes(2048))
    turns: list[Turn] = [OPENING[0], (30, "S", flight[:1300]), (31, "S", "FIN"), (60, "C", "FIN")]

    assert found(tmp_path, turns, foreseen=False)[ID].facts["shape"] == "handshake"


QUIET: dict[str, list[Turn]] = {
    "whole-record": [(90, "S", DATA), (100, "S", "FIN")],
    "receiver-closed-first": [(90, "S", DATA[:1200]), (95, "C", "FIN"), (100, "S", "FIN")],
    "receiver-reset-first": [(90, "S", DATA[:1200]), (95, "C", "RST"), (100, "S", "FIN")],
    "reset": [(90, "S", DATA[:1200]), (100, "S", "RST")],
    "still-going-on": [(90, "S", DATA[:1200])],
}


@pytest.mark.finding("tls-truncated", twin=True)
@pytest.mark.parametrize("name", QUIET)
def test_ends_that_cut_nothing_are_silent(tmp_path: Path, name: str) -> None:
    assert ID not in found(tmp_path, [*OPENING, *QUIET[name]], foreseen=False)


@pytest.mark.finding("tls-truncated")
@pytest.mark.parametrize(("frame", "told"), [(9, True), (11, False)], ids=["inside", "with its header"])
def test_missing_bytes_inside_a_record_do_not_hide_that_one_is_cut(tmp_path: Path, frame: int, told: bool) -> None:
    turns = [*OPENING, (90, "S", DATA + DATA[:1200]), (100, "S", "FIN"), (110, "C", "FIN")]

    finding = found(tmp_path, turns, missing=[frame], foreseen=False).get(ID)

    assert (finding is not None) == told
    assert finding is None or [finding.facts[name] for name in ("arrived", "missing")] == [1195, 1805]


@pytest.mark.finding("tls-truncated", twin=True)
def test_record_of_which_the_capture_lacks_a_part_is_not_cut(tmp_path: Path) -> None:
    """Frame 9 carries the first bytes of the server's data."""
    turns = [*OPENING, (90, "S", DATA), (100, "S", "FIN"), (110, "C", "FIN")]

    assert all(ID not in found(tmp_path, turns, missing=[frame], foreseen=False) for frame in (7, 9, 11))
