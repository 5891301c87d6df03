"""Corrections on the screen are looked up once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widget import Widget
from traces import write_trace

from tcptui.session.session import Session, open_file
from tcptui.ui.main.corrections import ShownCorrections
from tcptui.words import correction_text as corrections

if TYPE_CHECKING:
    from pathlib import Path

LINES = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "1040 S SA 0 1", "1040.1 C A 1 1", "1090 S PA 1 1 10"]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    opened = open_file(write_trace(tmp_path / "trace.pcap", LINES))
    opened.findings(0)
    return opened


def test_ordinary_packet_has_no_correction(session: Session) -> None:
    assert ShownCorrections(Widget()).at(session, 0, 6, 1) is None


def test_corrections_are_looked_up_again_only_when_the_connection_has_grown(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    look_up = corrections.corrections_of

    def counted(*asked: object) -> object:
        looked.append(asked)
        return look_up(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(corrections, "corrections_of", counted)
    shown = ShownCorrections(Widget())
    found = [shown.at(session, 0, rows, 2) for rows in (6, 6, 7)]

    assert len(looked) == 2
    assert {each.proof_frame for each in found if each is not None} == {4}


def test_packet_marked_by_a_newer_look_is_told_without_a_reason(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "corrections_of", lambda *_: {})
    correction = ShownCorrections(Widget()).at(session, 0, 6, 2)

    assert correction is not None
    assert correction.reason is None
