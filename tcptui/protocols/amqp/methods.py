"""The classes and methods of AMQP 0-9-1 with their arguments, as Wireshark names them (amqp0-9-1.xml; RabbitMQ)."""

from __future__ import annotations

from typing import Final, NamedTuple

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
TYPES: Final = {METHOD: "Method", HEADER: "Content header", BODY: "Content body", HEARTBEAT: "Heartbeat"}
#: What a client says first, and a broker that speaks another version.
PROTOCOL: Final = b"AMQP\0\0\x09\1"
#: Bytes of a frame's type, channel and length, and its last byte.
FRAME_HEAD: Final = 7
FRAME_END: Final = 0xCE
CLASSES: Final = {
    10: "Connection", 20: "Channel", 30: "Access", 40: "Exchange", 50: "Queue", 60: "Basic", 85: "Confirm", 90: "Tx",
}  # fmt: skip


class Argument(NamedTuple):
    """An argument of a method, or a property of a content."""

    form: str
    """``1``, ``2``, ``4``, ``8``: so many bytes of a number; ``s``, ``l``: a text behind a length of one byte, or four;
    ``b`` bytes behind one of four, ``?`` a bit, ``t`` a table, ``x`` a secret behind one of four."""
    title: str

    @property
    def field(self) -> str:
        """The end of its field's name."""
        return {"Filter": "filter"}.get(self.title, self.title.lower().replace("-", "_"))


class Method(NamedTuple):
    """A method."""

    name: str
    arguments: tuple[Argument, ...] = ()
    is_named: bool = True
    """Wireshark 4.0 knows it."""


def _arguments(text: str) -> tuple[Argument, ...]:
    """``2Ticket sQueue ?Passive``: arguments by their forms and titles."""
    return tuple(Argument(one[0], one[1:]) for one in text.split())


_CLOSE: Final = "2Reply-Code sReply-Text 2Class-Id 2Method-Id"
_TUNE: Final = "2Channel-Max 4Frame-Max 2Heartbeat"
_BIND: Final = "2Ticket sDestination sSource sRouting-Key ?Nowait tArguments"
_WRITTEN: Final = {
    (10, 10): ("Start", "1Version-Major 1Version-Minor tServer-Properties bMechanisms bLocales"),
    (10, 11): ("Start-Ok", "tClient-Properties sMechanism xResponse sLocale"), (10, 20): ("Secure", "xChallenge"),
    (10, 21): ("Secure-Ok", "xResponse"), (10, 30): ("Tune", _TUNE), (10, 31): ("Tune-Ok", _TUNE),
    (10, 40): ("Open", "sVirtual-Host sCapabilities ?Insist"), (10, 41): ("Open-Ok", "sKnown-Hosts"),
    (10, 50): ("Close", _CLOSE), (10, 51): ("Close-Ok", ""), (10, 60): ("Blocked", "sReason"),
    (10, 61): ("Unblocked", ""), (20, 10): ("Open", "sOut-Of-Band"), (20, 11): ("Open-Ok", "bChannel-Id"),
    (20, 20): ("Flow", "?Active"), (20, 21): ("Flow-Ok", "?Active"), (20, 40): ("Close", _CLOSE),
    (20, 41): ("Close-Ok", ""),
    (40, 10): (
        "Declare", "2Ticket sExchange sType ?Passive ?Durable ?Auto-Delete ?Internal ?Nowait tArguments",
    ),
    (40, 11): ("Declare-Ok", ""), (40, 20): ("Delete", "2Ticket sExchange ?If-Unused ?Nowait"),
    (40, 21): ("Delete-Ok", ""), (40, 30): ("Bind", _BIND), (40, 31): ("Bind-Ok", ""), (40, 40): ("Unbind", _BIND),
    (50, 10): ("Declare", "2Ticket sQueue ?Passive ?Durable ?Exclusive ?Auto-Delete ?Nowait tArguments"),
    (50, 11): ("Declare-Ok", "sQueue 4Message-Count 4Consumer-Count"),
    (50, 20): ("Bind", "2Ticket sQueue sExchange sRouting-Key ?Nowait tArguments"), (50, 21): ("Bind-Ok", ""),
    (50, 30): ("Purge", "2Ticket sQueue ?Nowait"), (50, 31): ("Purge-Ok", "4Message-Count"),
    (50, 40): ("Delete", "2Ticket sQueue ?If-Unused ?If-Empty ?Nowait"), (50, 41): ("Delete-Ok", "4Message-Count"),
    (50, 50): ("Unbind", "2Ticket sQueue sExchange sRouting-Key tArguments"), (50, 51): ("Unbind-Ok", ""),
    (60, 10): ("Qos", "4Prefetch-Size 2Prefetch-Count ?Global"), (60, 11): ("Qos-Ok", ""),
    (60, 20): ("Consume", "2Ticket sQueue sConsumer-Tag ?No-Local ?No-Ack ?Exclusive ?Nowait tFilter"),
    (60, 21): ("Consume-Ok", "sConsumer-Tag"), (60, 30): ("Cancel", "sConsumer-Tag ?Nowait"),
    (60, 31): ("Cancel-Ok", "sConsumer-Tag"),
    (60, 40): ("Publish", "2Ticket sExchange sRouting-Key ?Mandatory ?Immediate"),
    (60, 50): ("Return", "2Reply-Code sReply-Text sExchange sRouting-Key"),
    (60, 60): ("Deliver", "sConsumer-Tag 8Delivery-Tag ?Redelivered sExchange sRouting-Key"),
    (60, 70): ("Get", "2Ticket sQueue ?No-Ack"),
    (60, 71): ("Get-Ok", "8Delivery-Tag ?Redelivered sExchange sRouting-Key 4Message-Count"),
    (60, 72): ("Get-Empty", "sCluster-Id"), (60, 80): ("Ack", "8Delivery-Tag ?Multiple"),
    (60, 90): ("Reject", "8Delivery-Tag ?Requeue"), (60, 100): ("Recover-Async", "?Requeue"),
    (60, 110): ("Recover", "?Requeue"), (60, 111): ("Recover-Ok", ""),
    (60, 120): ("Nack", "8Delivery-Tag ?Multiple ?Requeue"), (85, 10): ("Select", "?Nowait"),
    (85, 11): ("Select-Ok", ""), (90, 10): ("Select", ""), (90, 11): ("Select-Ok", ""), (90, 20): ("Commit", ""),
    (90, 21): ("Commit-Ok", ""), (90, 30): ("Rollback", ""), (90, 31): ("Rollback-Ok", ""),
}  # fmt: skip
METHODS: Final = {
    **{ids: Method(name, _arguments(text)) for ids, (name, text) in _WRITTEN.items()},
    (40, 51): Method("Unbind-Ok", is_named=False), (10, 71): Method("Update-Secret-Ok", is_named=False),
    (10, 70): Method("Update-Secret", _arguments("xNew-Secret sReason"), is_named=False),
}  # fmt: skip
#: Properties of a content in the order of their flags, the highest first.
PROPERTIES: Final = _arguments(
    "sContent-Type sContent-Encoding tHeaders 1Delivery-Mode 1Priority sCorrelation-Id sReply-To sExpiration "
    "sMessage-Id 8Timestamp sType sUser-Id sApp-Id sCluster-Id"
)

START, START_OK, SECURE, SECURE_OK, TUNE, OPEN, OPEN_OK = ((10, one) for one in (10, 11, 20, 21, 30, 40, 41))
CONNECTION_CLOSE, CONNECTION_CLOSE_OK, UPDATE_SECRET = (10, 50), (10, 51), (10, 70)
CHANNEL_OPEN, CHANNEL_CLOSE, CHANNEL_CLOSE_OK = (20, 10), (20, 40), (20, 41)
CONSUME, PUBLISH, RETURN, DELIVER, GET, GET_OK, GET_EMPTY = ((60, one) for one in (20, 40, 50, 60, 70, 71, 72))
ACK, REJECT, RECOVER_ASYNC, RECOVER, NACK = ((60, one) for one in (80, 90, 100, 110, 120))
TUNE_OK, CONSUME_OK, CONFIRM = (10, 31), (60, 21), (85, 10)
#: Methods of a client that are answered, by which.
ANSWERED_BY: Final = {
    START_OK: frozenset({TUNE, SECURE}), SECURE_OK: frozenset({TUNE, SECURE}), GET: frozenset({GET_OK, GET_EMPTY}),
    (40, 40): frozenset({(40, 51)}),
    **{
        (one, number): frozenset({(one, number + 1)})
        for one, number in METHODS
        if (one, number + 1) in METHODS and (one, number) not in (START, SECURE, TUNE, GET, GET_OK)
    },
}  # fmt: skip
#: Methods that only one end sends.
OF_CLIENT: Final = frozenset({START_OK, SECURE_OK, OPEN, CHANNEL_OPEN, CONSUME, PUBLISH, GET, CONFIRM})
OF_SERVER: Final = frozenset({START, SECURE, TUNE, OPEN_OK, RETURN, DELIVER, GET_OK, GET_EMPTY, (60, 21), (50, 11)})


def name_of(ids: tuple[int, int]) -> str:
    """``queue.declare``, as the specification writes it."""
    known, kind = METHODS.get(ids), CLASSES.get(ids[0], str(ids[0]))
    return f"{kind}.{ids[1] if known is None else known.name}".lower()
