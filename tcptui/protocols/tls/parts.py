"""TLS as *follow stream* tells it: messages, alerts, and runs of encrypted records, with their packets."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import Label, exact_part
from tcptui.protocols.tls.codes import ContentType, name_of
from tcptui.protocols.tls.message import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.parts import Part
    from tcptui.protocols.tls.conversation import TlsConversation

_NAMES: Final = {
    ContentType.CHANGE_CIPHER_SPEC: "tls-change-cipher-spec", ContentType.ALERT: "tls-alert-encrypted",
    ContentType.HANDSHAKE: "tls-handshake-encrypted", ContentType.APPLICATION_DATA: "tls-data",
    ContentType.HEARTBEAT: "tls-heartbeat",
}  # fmt: skip
#: Parts that are one record each, though they say nothing of it.
_SINGLE: Final = frozenset({"tls-change-cipher-spec", "tls-alert-encrypted"})


def tls_parts(conversation: TlsConversation) -> Iterator[Part]:
    """The parts of both directions, in the order in which they became readable."""
    found = [part for side in (0, 1) for part in _of_side(conversation, side)]
    found.sort(key=lambda part: (part.time_ns, part.side, part.start))
    return iter(found)


def _of_side(conversation: TlsConversation, side: int) -> Iterator[Part]:
    """One part for each record that says something of itself; others of one kind that follow each other are one."""
    records, direction = conversation.records[side].each, conversation.directions[side]
    for label, group in groupby(range(len(records)), key=lambda index: _label(conversation, side, index)):
        indexes = list(group)
        if label.facts or label.name in _SINGLE:
            for index in indexes:
                yield exact_part(direction, records[index].start, records[index].stop, label)
            continue
        facts: dict[str, object] = {
            "count": f"{len(indexes):,}",
            "bytes": f"{sum(records[index].length for index in indexes):,}",
        }
        yield exact_part(direction, records[indexes[0]].start, records[indexes[-1]].stop, Label(label.name, facts))


def _label(conversation: TlsConversation, side: int, index: int) -> Label:
    """The heading of one record; without facts where there may be many of its kind."""
    record = conversation.records[side].each[index]
    messages = conversation.messages[side].parts.get(index, [])
    if messages:
        return Label("tls-handshake", {"what": ", ".join(dict.fromkeys(title_of(message) for message in messages))})
    alert = conversation.alert(side, index)
    if alert is not None:
        return Label("tls-alert", {"what": name_of("tls.alert_message.desc", alert[1]) or str(alert[1])})
    return Label(_NAMES[ContentType(record.content_type)])
