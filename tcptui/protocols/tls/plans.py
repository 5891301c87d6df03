"""Which keys protect the records of each direction, by the hellos of a handshake and its secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from tcptui.protocols.keylog import Secret
from tcptui.protocols.tls.codes import TLS_1_3, Extension
from tcptui.protocols.tls.protection import clear_protection, has_library, session_protections, traffic_protection
from tcptui.protocols.tls.suites import Mode, suite_of

if TYPE_CHECKING:
    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.tls.lines import Line
    from tcptui.protocols.tls.protection import Protection
    from tcptui.protocols.tls.suites import Suite


class Obstacle(Enum):
    """Why a connection, or what is left of it, cannot be decrypted."""

    NO_HELLO = "no-hello"
    """ClientHello or ServerHello were not captured whole."""
    NO_KEY = "no-key"
    """There is no secret of this connection."""
    SUITE = "suite"
    """The cipher suite is not read here."""
    NO_LIBRARY = "no-library"
    """The package `cryptography` is not installed."""
    WRONG_KEY = "wrong-key"
    """No record opened with the secrets that are said to be this connection's."""
    RENEGOTIATED = "renegotiated"
    """The keys of a later handshake of the same connection are not known."""
    LOST = "lost"
    """Behind lost bytes no record opened any more."""


@dataclass(slots=True)
class Plan:
    """The protections of one direction, in the order in which they follow each other."""

    phases: list[tuple[Secret, Protection]]
    after_change: bool
    """Only what is behind ChangeCipherSpec is protected, as until TLS 1.2."""
    suite: Suite
    made_of: tuple[object, ...] = field(repr=False)
    """What decides which keys there are."""
    traffic: bytes = b""
    """The secret of the newest keys of application data in TLS 1.3."""


def plans_of(
    client: Line | None, server: Line | None, version: int | None, number: int | None, keys: KeyLog
) -> tuple[Plan, Plan] | Obstacle:
    """The plans of client and server, by their hellos; ``number``: of the cipher suite."""
    if client is None or server is None or version is None or number is None:
        return Obstacle.NO_HELLO
    client_random = client.bytes_of("handshake.random")
    server_random = server.bytes_of("handshake.random")
    if not client_random or not server_random:
        return Obstacle.NO_HELLO
    suite = suite_of(number, version)
    if suite is not None and suite.mode is Mode.NULL:  # nothing is sealed, so there is no need of a key
        bare = clear_protection(suite)
        same = (version, suite, client_random[0], server_random[0])
        return Plan([(Secret.MASTER, bare)], True, suite, same), Plan([(Secret.MASTER, bare)], True, suite, same)
    known = keys.of(client_random[0])
    if not known:
        known = next((found for one in server.bytes_of("handshake.session_id") if (found := keys.of(one))), {})
    needed = set(Secret) - {Secret.MASTER} if version == TLS_1_3 else {Secret.MASTER}
    if not needed & known.keys():
        return Obstacle.NO_KEY
    if suite is None:
        return Obstacle.SUITE
    if not has_library():
        return Obstacle.NO_LIBRARY
    mac_last = Extension.ENCRYPT_THEN_MAC in server.numbers("handshake.extension.type")
    made_of = (version, suite, client_random[0], server_random[0], mac_last, *sorted(known.items()))
    if version == TLS_1_3:
        plans = [
            Plan(
                [(kind, traffic_protection(suite, known[kind])) for kind in kinds if kind in known], False, suite,
                made_of, known.get(kinds[-1], b""),
            )
            for kinds in (
                (Secret.CLIENT_EARLY, Secret.CLIENT_HANDSHAKE, Secret.CLIENT_TRAFFIC),
                (Secret.SERVER_HANDSHAKE, Secret.SERVER_TRAFFIC),
            )
        ]  # fmt: skip
    else:
        made = session_protections(
            suite, version, known[Secret.MASTER], (client_random[0], server_random[0]), mac_last=mac_last
        )
        plans = [Plan([(Secret.MASTER, protection)], True, suite, made_of) for protection in made]
    return plans[0], plans[1]
