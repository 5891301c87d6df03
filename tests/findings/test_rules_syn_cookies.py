"""SYN cookies: a handshake that lost scaling and SACK beside others of the same client that did not, and its twins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    def stream(self, stream: int) -> tuple[Finding, ...]: ...


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OFFER = "sackok= scale=7"


def opened(port: int, start_ms: float, granted: str, *, asked: str = OFFER) -> list[str]:
    """A handshake and a request; ``asked`` and ``granted``: fields of SYN and SYN-ACK."""
    lines = [(0, f"C S 0 0 {asked}"), (40, f"S SA 0 1 {granted}"), (40.1, "C A 1 1"), (41, "C PA 1 1 100")]
    return [f"{start_ms + ms} {words} port={port}" for ms, words in lines]


def found(told: Tell, *connections: list[str]) -> dict[str, Finding]:
    """Findings of the connection that opens last."""
    lines = sorted((line for lines in connections for line in lines), key=lambda line: float(line.split()[0]))
    return {finding.id.value: finding for finding in told(lines).stream(len(connections) - 1)}


@pytest.mark.finding("syn-cookies")
def test_options_refused_that_the_same_client_gets_at_other_times_may_be_syn_cookies(told: Tell) -> None:
    finding = found(told, opened(41_000, 0, OFFER), opened(42_000, 5, ""), opened(43_000, 10, ""))["syn-cookies"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.POSSIBLE)
    assert finding.packets == (3, 10)
    assert (finding.facts["other_frame"], finding.facts["granted"], finding.facts["refused"]) == (4, 1, 2)


@pytest.mark.finding("syn-cookies", twin=True)
def test_a_connection_that_got_its_options_has_none(told: Tell) -> None:
    assert "syn-cookies" not in found(told, opened(41_000, 0, ""), opened(42_000, 5, OFFER))


@pytest.mark.finding("syn-cookies", twin=True)
def test_a_server_that_never_grants_them_has_them_switched_off(told: Tell) -> None:
    of_last = found(told, opened(41_000, 0, ""), opened(42_000, 5, ""))

    assert "window-scaling-absent" in of_last
    assert "syn-cookies" not in of_last


@pytest.mark.parametrize(
    ("first", "asked", "granted"),
    [
        pytest.param("sackok= scale=7 ts=9,1", "sackok= scale=7 ts=1,0", "", id="timestamps would have carried them"),
        pytest.param(OFFER, OFFER, "sackok=", id="SACK was granted"),
        pytest.param(OFFER, OFFER, "ttl=50", id="another host answers"),
        pytest.param(OFFER, "sackok=", "", id="scaling was not offered"),
    ],
)
@pytest.mark.finding("syn-cookies", twin=True)
def test_what_a_cookie_does_not_do(told: Tell, first: str, asked: str, granted: str) -> None:
    offer = asked if "ts=" in asked else OFFER
    lines = opened(41_000, 0, first, asked=offer), opened(42_000, 5, granted, asked=asked)

    assert "syn-cookies" not in found(told, *lines)


@pytest.mark.finding("syn-cookies", twin=True)
def test_a_cookie_is_never_repeated(told: Tell) -> None:
    again = [*opened(42_000, 5, "")[:2], "1045 S SA 0 1 port=42000", "1045.1 C A 1 1 port=42000"]

    assert "syn-cookies" not in found(told, opened(41_000, 0, OFFER), again)


@pytest.mark.finding("syn-cookies")
def test_other_times_are_minutes_not_hours(told: Tell) -> None:
    assert "syn-cookies" in found(told, opened(41_000, 0, OFFER), opened(42_000, 50_000, ""))
    assert "syn-cookies" not in found(told, opened(41_000, 0, OFFER), opened(42_000, 70_000, ""))
