"""Messages of Kafka as bytes of one direction of a connection, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.model.request import UNKNOWN
from tcptui.protocols.kafka.apis import (
    API_VERSIONS,
    APIS,
    FETCH,
    LENGTH,
    NAMELESS_HEAD,
    PRODUCE,
    REQUEST_HEAD,
    RESPONSE_HEAD,
    SECRET,
    UNSUPPORTED_VERSION,
    error_text,
    name_of,
    names_client,
)
from tcptui.protocols.kafka.schema import schema
from tcptui.protocols.kafka.walk import Walk
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.kafka.walk import Item
    from tcptui.protocols.stream.reassembly import ByteStream

#: Longest message (``socket.request.max.bytes``; responses may be longer, but their bytes are bounded alike).
LONGEST: Final = 1 << 28
_NAME_MOST: Final = 200
#: Fields that say whom a request is about, the first one that is there.
_ABOUT: Final = frozenset(
    {"consumer_group", "coordinator_key", "sasl_mechanism", "transactional_id", "client_software_name"}
)


class Kind(Enum):
    """What a message is."""

    REQUEST = "request"
    RESPONSE = "response"
    TOKEN = "token"
    """Bytes of an authentication behind SaslHandshake of version 0, without a header."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message at bytes ``start … stop`` of its direction."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    complete: bool
    after_unread: bool
    """Bytes before it could not be read."""
    kind: Kind
    size: int
    """The length that it has in front."""
    correlation: int = 0
    api: int = 0
    """Of a request."""
    version: int = 0
    client: bytes | None = None
    """The client's name for itself; None: it has none."""

    @property
    def frame(self) -> int:
        """The frame number of the packet that completed it."""
        return self.direction.delivered_frame(self.stop - 1)

    @property
    def end(self) -> int:
        """Where it ends by its length."""
        return self.start + LENGTH + self.size

    @property
    def body(self) -> int:
        """Where what is behind its header begins, tagged fields aside."""
        if self.kind is Kind.REQUEST:
            head = REQUEST_HEAD if names_client(self.api, self.version) else NAMELESS_HEAD
            return self.start + head + len(self.client or b"")
        return self.start + RESPONSE_HEAD


def is_flexible(api: int, version: int) -> bool:
    """Whether that version has compact lengths and tagged fields."""
    return version >= APIS[api].flexible


def walk_of(message: Message, request: Message) -> tuple[Walk, Iterator[Item]] | None:
    """What reads the body of ``message``: ``request`` itself, or what answers it; None where its schema is unknown."""
    api, version = request.api, request.version
    is_response = message is not request
    if is_response and api == API_VERSIONS and _refused(message):
        version = 0  # as brokers answer versions that are newer than theirs (KIP-511)
    fields = schema(api, version, is_response=is_response)
    if fields is None:
        return None
    flexible = is_flexible(api, version)
    walk = Walk(message.direction, message.body, message.end, is_flexible=flexible)
    if not is_response or api != API_VERSIONS:
        walk.tags()
    return walk, walk.items(fields)


def _refused(answer: Message) -> bool:
    return answer.direction.read(answer.body, 2) == UNSUPPORTED_VERSION.to_bytes(2)


def holds_secrets(request: Message | None) -> bool:
    """Whether there may be a password, or a key, in a request, or in its response; None: in a token, or in others'."""
    return request is None or request.api in SECRET


class _Told:
    """What a request says of what it is about."""

    def __init__(self, request: Message) -> None:
        who, topic, partition = "", "", ""
        topics = partitions = 0
        found = walk_of(request, request)
        for item in found[1] if found else ():
            name, value = item.field.name, item.value
            if isinstance(value, bytes) and name == "topic_name":
                topics += 1
                topic = topic or shown(value)
            elif isinstance(value, bytes) and name in _ABOUT:
                who = who or shown(value)
            elif isinstance(value, int) and name == "partition_id":
                partitions += 1
                partition = partition or f"-{value}"
        others = (partitions or topics) - 1
        more = f"+{others}" if others > 0 else ""
        fits = found is not None and found[0].is_sound
        self.about = " ".join(one for one in (who, topic and f"{topic}{partition}", more) if one and fits)


def _number_in(request: Message, name: str, otherwise: int) -> int:
    """The number ``name`` in ``request``; ``otherwise`` without one."""
    found = walk_of(request, request)
    for item in found[1] if found else ():
        if item.field.name == name and isinstance(item.value, int):
            return item.value
    return otherwise


def is_answered(request: Message) -> bool:
    """Whether a broker answers ``request``."""
    return request.api != PRODUCE or _number_in(request, "required_acks", 1) != 0


def operation(request: Message) -> str:
    """``Fetch orders-3 +2``: a request, the first topic and partition of it, and how many more there are.

    Text from the message without secrets, not yet safe to print.
    """
    return f"{name_of(request.api)} {_Told(request).about}".rstrip()


def wait_ms(request: Message) -> int:
    """How long a Fetch lets its broker wait for records, in ms."""
    return _number_in(request, "max_wait_time", 0) if request.api == FETCH else 0


def kafka_statement(operation: str) -> str:
    """An operation without partition, and without how many more there are."""
    name = operation.partition(" +")[0]
    head, dash, tail = name.rpartition("-")
    return head if dash and tail.isdecimal() and " " in head else name


def status_of(answer: Message, request: Message) -> str:
    """The first error in a response, with its name; ``OK`` without any, unknown where its schema is, or its end."""
    found = walk_of(answer, request)
    if found is None:
        return UNKNOWN
    walk, items = found
    first = 0
    for item in items:
        if item.field.name == "error" and isinstance(item.value, int) and not walk.is_cut:
            first = first or item.value
    if first and walk.is_sound:
        return error_text(first)
    return "OK" if walk.is_whole else UNKNOWN


def throttled_ms(answer: Message, request: Message) -> int:
    """For how long the broker throttles the client, in ms."""
    found = walk_of(answer, request)
    if found is None:
        return 0
    walk, items = found
    times = [item.value for item in items if item.field.name == "throttle_time" and not walk.is_cut]
    return times[0] if times and isinstance(times[0], int) and walk.is_sound else 0


def shown(text: bytes) -> str:
    """A name without the secrets that may stand in it as in an address; not yet safe to print."""
    return uri_without_secrets(text[:_NAME_MOST].decode("utf-8", "replace"))
