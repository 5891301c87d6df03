"""Entry point of the rules about payload, for every application protocol that has such rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.interface import FramedStream, StreamOfQuestions

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding


def findings(connection: ConnectionFacts) -> list[Finding]:
    """The findings from the payload of one stream; empty where it cannot or must not be read."""
    if connection.application is None:
        return []
    from tcptui.findings.rules.payload import BY_PROTOCOL  # and all that parses payload: most small captures have none

    return [finding for rules in BY_PROTOCOL for finding in rules(connection)]


def judges_waits(connection: ConnectionFacts) -> bool:
    """Whether the rules about payload judge each wait for the server by its request: turns would tell less."""
    return isinstance(connection.spoken, FramedStream | StreamOfQuestions)
