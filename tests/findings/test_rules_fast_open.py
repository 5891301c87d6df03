"""Data in a SYN (Fast Open, RFC 7413) that the SYN-ACK does not acknowledge was not taken, and is no loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Finding, Severity
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import what_happened
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    causes: list[str]
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OFFER = "sackok=1"
AT_CLIENT = [f"0 C S 0 0 100 {OFFER}", f"300 S SA 0 1 {OFFER}"]
AT_SERVER = [f"0 C S 0 0 100 {OFFER}", f"0.1 S SA 0 1 {OFFER}"]
LOSS = {"tail-loss", "retransmission-timeout", "retransmission-unexplained", "spurious-retransmission", "path-lost"}


def rest(moment: float) -> list[str]:
    """The server answers what the client sent at ``moment``."""
    return [f"{moment + 1} S A 1 101", f"{moment + 2} S PA 1 101 200", f"{moment + 3} C A 101 201"]


@pytest.mark.finding("three-way-handshake")
@pytest.mark.finding("tail-loss", twin=True)
@pytest.mark.finding("retransmission-timeout", twin=True)
@pytest.mark.parametrize("begun", [AT_CLIENT, AT_SERVER])
@pytest.mark.parametrize("third", [[], ["300.1 C A 1 1"]])
@pytest.mark.parametrize("moment", [300.2, 900])
def test_data_of_the_syn_that_was_not_taken_is_not_lost(
    told: Tell, begun: list[str], third: list[str], moment: float
) -> None:
    trace = told([*begun, *third, f"{moment} C PA 1 1 100", *rest(moment)])
    handshake = trace.findings["three-way-handshake"]

    assert not LOSS & set(trace.findings)
    assert (handshake.facts["untaken_bytes"], handshake.severity) == (100, Severity.NOTE)
    assert "100 bytes" in what_happened(handshake, Words(Language.EN))
    assert "100 字节" in what_happened(handshake, Words(Language.ZH))


@pytest.mark.finding("tail-loss", twin=True)
def test_pieces_and_new_bytes_behind_them_are_not_lost_either(told: Tell) -> None:
    begun = [f"0 C S 0 0 500 {OFFER}", f"300 S SA 0 201 {OFFER}", "300.1 C A 201 1"]
    trace = told([*begun, "300.2 C A 201 1 150", "300.3 C PA 351 1 400", "600 S A 1 751"])

    assert not LOSS & set(trace.findings)
    assert trace.findings["three-way-handshake"].facts["untaken_bytes"] == 300


@pytest.mark.finding("retransmission-timeout")
def test_second_copy_after_the_handshake_is_a_resend_like_any_other(told: Tell) -> None:
    found = told([*AT_CLIENT, "300.1 C PA 1 1 100", "900 C PA 1 1 100", *rest(1200)]).findings

    assert found["retransmission-timeout"].packets[:2] == (3, 4)


@pytest.mark.finding("tail-loss")
def test_data_of_the_syn_that_was_taken_and_comes_again_is_judged(told: Tell) -> None:
    taken = [f"0 C S 0 0 100 {OFFER}", f"40 S SA 0 101 {OFFER}", "40.1 C A 101 1", "50 C PA 101 1 100"]
    trace = told([*taken, "350 C PA 101 1 100", "390 S A 1 201"])

    assert "untaken_bytes" not in trace.findings["three-way-handshake"].facts
    assert {"tail-loss", "retransmission-timeout"} & set(trace.findings)


@pytest.mark.finding("three-way-handshake")
def test_data_is_not_called_untaken_where_a_repeated_syn_without_it_was_answered(told: Tell) -> None:
    found = told(["0 C S 0 0 100", "1000 C S 0 0", "1040 S SA 0 1", "1040.1 C PA 1 1 100", *rest(1080)]).findings

    assert "untaken_bytes" not in found["three-way-handshake"].facts
    assert not LOSS & set(found)
