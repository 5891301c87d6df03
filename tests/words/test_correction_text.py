"""What later packets corrected, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.analysis.correction.correction import Reason
from tcptui.model.tcp_state import TcpState
from tcptui.words.catalogue import Words
from tcptui.words.correction_text import (
    RowCorrection,
    correction_at,
    corrections_of,
    full_text,
    is_corrected,
    proved_by,
    short_text,
)
from tcptui.words.explanation import SectionKind
from tcptui.words.language import Language
from tcptui.words.packet_text import explain_packet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


EN, ZH = Words(Language.EN), Words(Language.ZH)
THIRD_LOST = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "1040 S SA 0 1", "1040.1 C A 1 1", "1090 S PA 1 1 10"]
NOT_ACCEPTED = ["0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "1000 S SA 0 1", "1040 C A 1 1", "1040.1 S PA 1 1 10"]


def session_of(told: Tell, lines: Sequence[str]) -> Session:
    session = told(lines).session
    session.findings(0)
    return session


def test_third_packet_that_was_lost_names_the_syn_ack_that_shows_it(told: Tell) -> None:
    session = session_of(told, THIRD_LOST)
    correction = correction_at(session, 2)

    assert correction == RowCorrection(1, Reason.NO_THIRD_PACKET, 4, own=False)
    assert short_text(correction, EN) == "lost after here: see 4"
    assert proved_by(session, 3) == {2: correction}


def test_third_packet_that_came_to_the_server_in_vain_was_not_accepted(told: Tell) -> None:
    correction = correction_at(session_of(told, NOT_ACCEPTED), 2)

    assert correction is not None
    assert correction.reason is Reason.NOT_ACCEPTED


def test_handshake_that_went_well_has_no_corrections(told: Tell) -> None:
    session = session_of(told, [*THIRD_LOST[:3], "41 C PA 1 1 10", "80 S A 1 11"])

    assert not any(is_corrected(session, row) for row in range(5))
    assert corrections_of(session, 0) == {}
    assert proved_by(session, 4) == {}


def test_explanation_of_the_lost_packet_points_at_its_proof_and_the_proof_back(told: Tell) -> None:
    session = session_of(told, THIRD_LOST)
    lost = {section.kind: section for section in explain_packet(session, 2, EN).sections}
    proof = {section.kind: section for section in explain_packet(session, 3, EN).sections}

    assert lost[SectionKind.CORRECTED].packets == (4,)
    assert "still SYN-RECEIVED" in lost[SectionKind.CORRECTED].lines[0]
    assert proof[SectionKind.CORRECTS].packets == (3,)
    assert "Packet 3" in proof[SectionKind.CORRECTS].lines[0]


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
@pytest.mark.parametrize("proof", [0, 7], ids=["silence", "proof"])
@pytest.mark.parametrize("reason", [*Reason, None])
def test_every_reason_has_words(reason: Reason | None, proof: int, words: Words) -> None:
    correction = RowCorrection(1, reason, proof, own=False)

    assert short_text(correction, words)
    assert "LISTEN" in full_text(correction, TcpState.LISTEN, words) or reason is Reason.OLDER_CONNECTION


def test_reset_that_shows_by_itself_that_it_is_foreign_names_no_other_packet() -> None:
    correction = RowCorrection(1, Reason.FOREIGN, 7, own=True)

    assert short_text(correction, EN) == "not the sender's own"
    assert "7" not in full_text(correction, TcpState.ESTABLISHED, EN)


def test_correction_in_a_stream_too_long_to_look_back_at_is_told_without_a_reason(
    told: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(told, THIRD_LOST)
    monkeypatch.setattr("tcptui.words.correction_text.MAX_CORRECTED_PACKETS", 3)
    correction = correction_at(session, 2)

    assert correction == RowCorrection(1, None, 0, own=False)
    assert short_text(correction, EN) == "corrected later"


@pytest.mark.parametrize(("words", "end"), [(EN, "still in an unknown state."), (ZH, "推定仍为未见到的状态。")])
def test_state_that_is_not_known_is_not_named(words: Words, end: str) -> None:
    correction = RowCorrection(1, Reason.UNANSWERED, 0, own=False)

    assert full_text(correction, TcpState.UNSEEN, words).endswith(end)
