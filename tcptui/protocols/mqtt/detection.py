"""Whether a connection speaks MQTT, which side is the client, and which version: by what it says.

Where its beginning is missing, by the port of a broker and packets that are sound to their last byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.mqtt.beginning import version_in
from tcptui.protocols.mqtt.codes import (
    AUTH,
    CONNACK,
    DISCONNECT,
    OF_CLIENT,
    OF_SERVER,
    PUBLISH,
    SUBACK,
    SUBSCRIBE,
    UNSUBSCRIBE,
    VERSION_5,
    VERSION_311,
)
from tcptui.protocols.mqtt.message import HEAD_READ, Message, read_head
from tcptui.protocols.mqtt.reader import Reader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Ports of brokers (IANA: mqtt, secure-mqtt).
PORTS: Final = frozenset({1883, 8883})
#: Bytes of CONNECT that tell its version.
_BEGINNING: Final = 24
#: What a broker may answer to CONNECT.
_ANSWERS: Final = frozenset({CONNACK, AUTH, DISCONNECT})
#: Packets that have properties in 5.0, always: PUBLISH, SUBSCRIBE, UNSUBSCRIBE, SUBACK.
_TELLING: Final = frozenset({PUBLISH, SUBSCRIBE, UNSUBSCRIBE, SUBACK})
#: Packets of a connection without its beginning that are looked at for its version, and have to be there.
_LOOKED_AT: Final = 64
_LEAST: Final = 2


class Sides(NamedTuple):
    """The two directions, and the version that they speak."""

    client: ByteStream
    server: ByteStream
    version: int
    is_told: bool = True
    """CONNECT tells the version."""


def mqtt_sides(client: ByteStream, server: ByteStream) -> Sides | None:
    """The side that connects, the broker, and the version; None when this is not MQTT.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        version = version_in(asker.beginning(_BEGINNING))
        if version:
            answer = answerer.beginning(1)
            if not answer or not answerer.has_first_byte or answer[0] >> 4 in _ANSWERS:
                return Sides(asker, answerer, version)
    if client.server_port in PORTS and not client.has_first_byte:
        return _without_start(client, server)
    return None


def _without_start(client: ByteStream, server: ByteStream) -> Sides | None:
    """Sides and version of a connection that began before its capture."""
    for asker, answerer in ((client, server), (server, client)):
        asked = Reader(asker, 0, is_client=True).first(_LOOKED_AT)
        answered = Reader(answerer, 0, is_client=False).first(_LOOKED_AT)
        if asked is None or answered is None or len(asked) + len(answered) < _LEAST:
            continue
        if any(one.kind in OF_SERVER for one in asked) or any(one.kind in OF_CLIENT for one in answered):
            continue
        return Sides(asker, answerer, _version_of([*asked, *answered]), is_told=False)
    return None


def _version_of(packets: list[Message]) -> int:
    """The version in which all of ``packets`` are sound; 3.1.1 where both are, and none says more."""
    fits = dict.fromkeys((VERSION_311, VERSION_5), 0)
    for one in packets:
        data = one.direction.read(one.body, min(one.stop - one.body, HEAD_READ))
        whole = one.complete and len(data) == one.stop - one.body
        for version in fits:
            fits[version] += read_head(one.first, data, version, whole=whole) is not None
    # What 5.0 adds to most packets has to be there to fit, so that a tie speaks for it where any of them came.
    added = any(one.kind in _TELLING and one.head is not None for one in packets)
    is_new = fits[VERSION_5] > fits[VERSION_311] or (added and fits[VERSION_5] == fits[VERSION_311] == len(packets))
    return VERSION_5 if is_new else VERSION_311
