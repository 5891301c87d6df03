"""The payload of a RST is a text that says why it was sent (RFC 9293, 3.5.3), never data of the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from ip_pieces import pieces, segment, whole, write_raw

from tcptui.model.finding import Finding, Severity
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import what_happened
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
TALK = [*OPEN, "50 C PA 1 1 100", "90 S A 1 101", "100 S PA 1 101 200", "100.1 C A 101 201"]
AT_SERVER = [*OPEN[:1], "0.1 S SA 0 1", "40 C A 1 1", "50 C PA 1 1 100", "50.1 S PA 1 101 200", "90 C A 101 201"]
#: Verdicts about data that a RST's text was taken for.
OF_DATA = {"retransmission-timeout", "spurious-retransmission", "retransmission-unexplained", "tail-loss", "path-lost"}


@pytest.mark.finding("retransmission-timeout", twin=True)
def test_refusals_with_the_same_text_are_no_resend(told: Tell) -> None:
    lines = ["0 C S 0 0", "40 S RA 0 1 text=no_service_here", "1000 C S 0 0", "1040 S RA 0 1 text=no_service_here"]
    found = told(lines).findings

    assert set(found) == {"connection-refused"}
    assert found["connection-refused"].facts["reset_text"] == "no service here"


def test_text_of_a_refusal_in_fragments_is_read_from_all_of_them(tmp_path: Path) -> None:
    refusal = segment(41000, 0, b"no service here, ask the next one", flags=0x14, back=True)
    packets = [whole(segment(41000, 1000, b"", flags=2)), *pieces(refusal, 7, at=(24, 32), back=True)]
    session = open_file(write_raw(tmp_path / "a.pcapng", packets))
    found = {finding.id.value: finding for finding in session.findings(0)}
    session.close()

    assert found["connection-refused"].facts["reset_text"] == "no service here, ask the next one"


@pytest.mark.finding("spurious-retransmission", twin=True)
@pytest.mark.parametrize("begun", [TALK, AT_SERVER])
@pytest.mark.parametrize("moment", ["150", "2150"])
def test_text_behind_the_data_sent_is_no_spurious_resend(told: Tell, begun: list[str], moment: str) -> None:
    found = told([*begun, f"{moment} S RA 101 101 text=idle_for_too_long"]).findings

    assert not OF_DATA & set(found)
    assert found["rst-abortive-close"].facts["shape"] == "out-of-sequence"


@pytest.mark.finding("retransmission-timeout", twin=True)
def test_text_at_the_number_of_unacknowledged_data_is_no_time_out(told: Tell) -> None:
    found = told([*TALK, "150 S PA 201 101 100", "560 S RA 201 101 text=shutting_down"]).findings

    assert not OF_DATA & set(found)


@pytest.mark.finding("retransmission-timeout")
def test_data_again_before_a_reset_with_text_is_a_time_out_still(told: Tell) -> None:
    lines = [*TALK, "150 S PA 201 101 100", "560 S PA 201 101 100", "1500 S RA 301 101 text=shutting_down"]

    assert "retransmission-timeout" in told(lines).findings


@pytest.mark.finding("rst-abortive-close")
def test_text_does_not_count_as_data_and_is_quoted(told: Tell) -> None:
    plain = told([*TALK, "150 S RA 201 101"]).findings["rst-abortive-close"]
    finding = told([*TALK, "150 S RA 201 101 text=server_busy", "151 S RA 201 101 text=server_busy"]).findings[
        "rst-abortive-close"
    ]

    assert (finding.severity, finding.facts["shape"]) == (Severity.NOTE, "all-acknowledged")
    assert {**finding.facts, "reset_text": "", "count": 1} == {**plain.facts, "reset_text": ""}
    assert "“server busy”" in what_happened(finding, Words(Language.EN))
    assert "“server busy”" in what_happened(finding, Words(Language.ZH))
    assert "“" not in what_happened(plain, Words(Language.EN))


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.parametrize("payload", ["text=\x01\x02\x03\x04", "text=a", "12 keep=40"])
def test_payload_that_nobody_can_read_is_not_quoted(told: Tell, payload: str) -> None:
    assert "reset_text" not in told([*TALK, f"150 S RA 201 101 {payload}"]).findings["rst-abortive-close"].facts


@pytest.mark.finding("rst-abortive-close")
def test_long_text_is_cut(told: Tell) -> None:
    finding = told([*TALK, f"150 S RA 201 101 text={'é' * 500}"]).findings["rst-abortive-close"]

    assert finding.facts["reset_text"] == "é" * 100


@pytest.mark.finding("rst-injected")
@pytest.mark.finding("spurious-retransmission", twin=True)
def test_data_at_the_number_of_a_forged_text_is_new_data(told: Tell) -> None:
    lines = [*TALK, "150 S R 201 0 text=blocked_by_policy ttl=50", "180 S PA 201 101 100", "180.1 C A 101 301"]
    found = told(lines).findings

    assert not OF_DATA & set(found)
    assert found["rst-injected"].facts["reset_text"] == "blocked by policy"


@pytest.mark.finding("probe-connection")
def test_text_of_a_client_that_checks_only_is_no_payload(told: Tell) -> None:
    assert "probe-connection" in told([*OPEN, "41 C RA 1 1 text=health_check"]).findings
