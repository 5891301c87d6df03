"""What the payload of one packet says of AMQP, in one line, without what is secret in it."""

from __future__ import annotations

from tcptui.protocols.amqp.methods import FRAME_HEAD, METHODS, SECURE, SECURE_OK, START_OK, UPDATE_SECRET, name_of


def amqp_summary(payload: bytes) -> str:
    """The method that ``payload`` begins with, if it may hold a secret; else empty."""
    ids = int.from_bytes(payload[FRAME_HEAD : FRAME_HEAD + 2]), int.from_bytes(payload[FRAME_HEAD + 2 : FRAME_HEAD + 4])
    return name_of(ids) if ids in METHODS and ids in (START_OK, SECURE, SECURE_OK, UPDATE_SECRET) else ""
