"""Rules about TLS (rules/findings.md#tls-alert): a handshake that an end refused, told by its reason.

Only alerts in plain sight, or opened with keys, are judged: in TLS 1.3 most of those that a client sends are encrypted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES
from tcptui.findings.http_facts import first_end, index_of, quoted
from tcptui.findings.rules.tls_certificate import tls_certificate
from tcptui.findings.rules.tls_flight import tls_flight_waited
from tcptui.findings.rules.tls_handshake import tls_handshake
from tcptui.findings.rules.tls_plain_text import tls_plain_text
from tcptui.findings.rules.tls_resumption import tls_resumption_refused
from tcptui.findings.rules.tls_truncated import tls_truncated
from tcptui.findings.rules.tls_unfinished import tls_unfinished
from tcptui.findings.tls_facts import (
    HOSTS_QUOTED,
    first_message,
    frame_of,
    may_outgrow,
    other_hosts,
    out_of_date,
    requested_host,
    sent_no_certificate,
    server_certificate,
)
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import SEQ_MASK
from tcptui.protocols.tls.codes import TLS_1_3, ContentType, Handshake, is_grease, name_of, version_name
from tcptui.protocols.tls.der import DerError
from tcptui.protocols.tls.tls_stream import TlsStream

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.certificate import Certificate
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.lines import Line
    from tcptui.protocols.tls.records import Record

_Facts = dict[str, int | float | str]
#: Levels (RFC 5246, 7.2).
_WARNING: Final = 1
_FATAL: Final = 2
_CLOSE_NOTIFY: Final = 0
_USER_CANCELED: Final = 90
_HANDSHAKE_FAILURE: Final = 40
_BAD_CERTIFICATE: Final = 42
_EXPIRED: Final = 45
_CERTIFICATE_UNKNOWN: Final = 46
_UNKNOWN_CA: Final = 48
_PROTOCOL_VERSION: Final = 70
_INSUFFICIENT_SECURITY: Final = 71
_UNRECOGNIZED_NAME: Final = 112
_CERTIFICATE_REQUIRED: Final = 116
_NO_RENEGOTIATION: Final = 100
_NO_APPLICATION_PROTOCOL: Final = 120
#: Alerts that several causes have.
_VAGUE: Final = frozenset({_HANDSHAKE_FAILURE, _BAD_CERTIFICATE, _CERTIFICATE_UNKNOWN})
#: Values in the list of cipher suites that are none (RFC 5746, 3.3; RFC 7507, 2).
_SIGNALS: Final = frozenset({0x00FF, 0x5600})
#: Shapes that say no more than what was read.
_READ: Final = ("other", "later", "renegotiation")
#: Shapes of a list that is short.
_OFFERED: Final = ("group", "signature")
_VERSIONS_NAMED: Final = 4

_AFTER_CERTIFICATE: Final = (ContentType.CHANGE_CIPHER_SPEC, ContentType.APPLICATION_DATA)


def _tls_client_certificate(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """A CertificateRequest, and an empty list as the answer, to which no alert was sent."""
    server, client = conversation.server_side, 1 - conversation.server_side
    wanted = first_message(conversation, server, Handshake.CERTIFICATE_REQUEST)
    given = first_message(conversation, client, Handshake.CERTIFICATE)
    if wanted is None or given is None or not sent_no_certificate(conversation):
        return None
    frames = {
        "request_frame": conversation.directions[server].delivered_frame(wanted.stop - 1),
        "answer_frame": conversation.directions[client].delivered_frame(given.stop - 1),
    }
    evidence = [index_of(connection, frame) for frame in frames.values()]
    end, theirs = first_end(connection, server), first_end(connection, client)
    # A server that finishes the handshake takes the client without a certificate.
    goes_on = any(one.content_type in _AFTER_CERTIFICATE for one in conversation.records[server].each)
    if (
        end < 0
        or 0 <= theirs < end
        or goes_on
        or conversation.records[server].limited
        or len(conversation.directions[server].gaps)
    ):
        return connection.finding(
            FindingId.TLS_CLIENT_CERTIFICATE, evidence, Severity.NOTE, Confidence.CERTAIN, (), shape="none", **frames
        )
    return connection.finding(
        FindingId.TLS_CLIENT_CERTIFICATE, [*evidence, end], Severity.WARNING, Confidence.LIKELY,
        ("tls-name-unknown", "tls-program-died"), shape="none-closed", end_frame=connection.frame[end], **frames,
    )  # fmt: skip


#: Rules that are independent of how the handshake ended.
_MORE: Final = (tls_truncated, tls_flight_waited, tls_resumption_refused, _tls_client_certificate)

#: Groups of which nearly every server takes one: x25519, secp256r1, and the hybrids with them.
USUAL_GROUPS: Final = frozenset({0x001D, 0x0017, 0x11EC, 0x11EB, 0x6399})
#: Signature algorithms by the key of the certificate, PKCS #1 before TLS 1.3 alone.
_ECDSA: Final = frozenset({0x0403, 0x0503, 0x0603, 0x0203, 0x0303})
_PSS: Final = frozenset({0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B})
_PKCS_1: Final = frozenset({0x0401, 0x0501, 0x0601, 0x0301, 0x0201})
#: Names of a list that are quoted.
_NAMED: Final = 4

_GROUP: Final = "handshake.extensions_supported_group"
_SIGNATURE: Final = "handshake.sig_hash_alg"


@dataclass(frozen=True, slots=True)
class _Alert:
    """The fatal alert that ended the handshake."""

    record: Record
    from_server: bool
    """Its sender has the server's part in TLS."""
    code: int


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about TLS of one stream; empty where it does not speak it."""
    parsed = None if connection.application is None else connection.application.encrypted
    if not isinstance(parsed, TlsStream):
        return []
    try:
        said = parsed.conversation
        first = tls_alert(connection, said) or tls_handshake(connection, said)
        if first is None:
            first = tls_plain_text(connection, said) or tls_unfinished(connection, said)
        elif first.id is FindingId.TLS_HANDSHAKE and may_outgrow(connection, said):
            first = None  # it would be gone once more is said, and come back where somebody opens the stream
        told = [first, tls_certificate(connection, said), *(rule(connection, said) for rule in _MORE)]
        if first is not None and first.id is FindingId.TLS_ALERT:
            told = [one for one in told if one is None or one.id is not FindingId.TLS_CLIENT_CERTIFICATE]
    except OSError:
        return []  # the spool was closed meanwhile
    return [finding for finding in told if finding is not None]


def tls_alert(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """`tls-alert`: the first fatal alert in plain sight, with what it answers."""
    alert = _first_alert(conversation)
    if (
        alert is None
        or not conversation.records[1 - alert.record.direction.side].each
        or _answers_the_end(connection, alert.record)
    ):
        return None  # an alert that answers nothing refuses nothing: the other end closed, or speaks no TLS
    hello = frame_of(conversation, 1 - conversation.server_side, Handshake.CLIENT_HELLO)
    frame = alert.record.direction.delivered_frame(alert.record.stop - 1)
    side = SIDES[alert.record.direction.side]
    told: _Facts = {
        "alert": name_of("tls.alert_message.desc", alert.code) or "Unknown",
        "code": alert.code,
        "alert_frame": frame,
        "hello_frame": hello or frame,
        "sender": side,
        "other": SIDES[1 - alert.record.direction.side],
    }
    shape = _by_server(conversation, alert) if alert.from_server else _by_client(conversation, alert, hello)
    if shape["shape"] == "other":
        shape = _in_use(conversation, alert)
    before = (int(shape.get(f"{name}_frame", 0)) for name in ("certificate", "data", "refusal"))
    evidence = [one for one in (hello, *before, frame) if one]
    return connection.finding(
        FindingId.TLS_ALERT,
        [index_of(connection, one) for one in dict.fromkeys(evidence)],
        Severity.WARNING,
        # The alert says no more than that it failed: what was missing is concluded.
        Confidence.LIKELY if alert.code in _VAGUE and shape["shape"] not in _READ else Confidence.CERTAIN,
        ("tls-needs-name",) if shape["shape"] in _OFFERED and not requested_host(conversation.client_hello) else (),
        **told | shape,
    )


def _first_alert(conversation: TlsConversation) -> _Alert | None:
    found = []
    for side, records in enumerate(conversation.records):
        for index, record in enumerate(records.each):
            alert = conversation.alert(side, index)
            if alert is not None and alert[0] == _FATAL and alert[1] not in (_CLOSE_NOTIFY, _USER_CANCELED):
                found.append(_Alert(record, side == conversation.server_side, alert[1]))
                break
    return min(found, key=lambda one: one.record.direction.delivered_ns(one.record.stop - 1), default=None)


def _in_use(conversation: TlsConversation, alert: _Alert) -> _Facts:
    """What an alert ended when the handshake was over, as data before it tells."""
    end = alert.record.direction.delivered_ns(alert.record.stop - 1)
    other = 1 - alert.record.direction.side
    data = refusal = 0
    for side, records in enumerate(conversation.records):
        for index, record in enumerate(records.each):
            if record.direction.delivered_ns(record.stop - 1) >= end:
                break
            frame = record.direction.delivered_frame(record.stop - 1)
            if _is_data(conversation, side, index):
                data = max(data, frame)
            if side == other and conversation.alert(side, index) == (_WARNING, _NO_RENEGOTIATION):
                refusal = frame
    if not data:
        return {"shape": "other"}
    return {"shape": "renegotiation" if refusal else "later", "data_frame": data, "refusal_frame": refusal}


def _is_data(conversation: TlsConversation, side: int, index: int) -> bool:
    """Whether a record tells that the handshake is over.

    In TLS 1.3 a client's does not: there is early data, and what is behind its Finished comes before it was accepted.
    """
    if conversation.version != TLS_1_3:
        return conversation.records[side].each[index].content_type == ContentType.APPLICATION_DATA
    return (
        side == conversation.server_side and conversation.opened[side].kinds.get(index) == ContentType.APPLICATION_DATA
    )


def _answers_the_end(connection: ConnectionFacts, record: Record) -> bool:
    """Whether the other end had closed when this alert was sent: OpenSSL complains of that, too."""
    at, side = index_of(connection, record.direction.delivered_frame(record.stop - 1)), record.direction.side
    fins = (fin for fin in connection.fins if connection.side[fin] != side)
    return at >= 0 and any(
        connection.acknowledges(at, (connection.seq[fin] + connection.length[fin] + 1) & SEQ_MASK) for fin in fins
    )


def _by_server(conversation: TlsConversation, alert: _Alert) -> _Facts:
    """What a server refused, by its alert and what the client had said."""
    hello = conversation.client_hello
    if alert.code in (_HANDSHAKE_FAILURE, _BAD_CERTIFICATE, _CERTIFICATE_REQUIRED) and sent_no_certificate(
        conversation
    ):
        return {"shape": "client-certificate"}
    if hello is None:
        return {"shape": "other"}
    if alert.code == _PROTOCOL_VERSION:
        return {"shape": "version", "offered": _versions(hello)}
    if (
        alert.code in (_HANDSHAKE_FAILURE, _INSUFFICIENT_SECURITY)
        and not conversation.messages[conversation.server_side].each
    ):
        suites = {one for one in hello.numbers("handshake.ciphersuite") if not is_grease(one)} - _SIGNALS
        shape = "cipher" if requested_host(hello) else "cipher-no-name"
        told: _Facts = {"shape": shape, "suites": len(suites), "offered": _versions(hello)}
        return told | _short_list(hello)
    if alert.code == _UNRECOGNIZED_NAME:
        asked = requested_host(hello)
        return {"shape": "name", "asked": asked} if asked else {"shape": "no-name"}
    if alert.code == _NO_APPLICATION_PROTOCOL:
        protocols = hello.texts("handshake.extensions_alpn_str")
        return {"shape": "protocol", "offered": quoted(", ".join(protocols)) or "?"}
    return {"shape": "other"}


def _by_client(conversation: TlsConversation, alert: _Alert, hello: int) -> _Facts:
    """What a client had against the server's certificate, where that can be seen."""
    certificate = server_certificate(conversation)
    if certificate is None or not hello:
        return {"shape": "other"}
    try:
        facts = _against(certificate, conversation, alert)
    except DerError:
        facts = {}
    frame = frame_of(conversation, conversation.server_side, Handshake.CERTIFICATE)
    return facts | {"certificate_frame": frame} if facts else {"shape": "other"}


def _against(certificate: Certificate, conversation: TlsConversation, alert: _Alert) -> _Facts:
    """The facts of the certificate that fit the alert; empty where none does.  Raises DerError."""
    if alert.code == _UNKNOWN_CA:
        return {"shape": "unknown-ca", "issuer": quoted(certificate.called(certificate.issuer) or "?")}
    vague = alert.code in (_BAD_CERTIFICATE, _CERTIFICATE_UNKNOWN)
    if not vague and alert.code != _EXPIRED:
        return {}
    facts = out_of_date(certificate, alert.record.direction.delivered_ns(alert.record.stop - 1))
    if facts or not vague:
        return facts
    if asked := requested_host(conversation.client_hello):
        others = other_hosts(certificate, conversation.client_hello)
        return {"shape": "host", "asked": asked, "hosts": others} if others else {}
    hosts = quoted(", ".join(certificate.hosts), HOSTS_QUOTED)
    return {"shape": "no-name-given", "hosts": hosts} if hosts else {}


def _versions(hello: Line) -> str:
    """The versions that a client offers; before TLS 1.3 it names the highest only."""
    offered = [one for one in hello.numbers("handshake.extensions.supported_version") if not is_grease(one)]
    offered = offered or hello.numbers("handshake.version")
    return ", ".join(version_name(one) for one in offered[:_VERSIONS_NAMED])


# Which list of a ClientHello is the short one, where a server found nothing in common (RFC 8446, 4.2.3, 4.2.7).


def _short_list(hello: Line) -> dict[str, int | float | str]:
    """The fact ``shape``, ``group`` or ``signature``, and what belongs to it; empty where neither or both are short.

    ``group``: none of `USUAL_GROUPS`; ``signature``: no algorithm for certificates with RSA keys, or none for ECDSA.
    """
    groups = _known(hello, _GROUP)
    signatures = _known(hello, _SIGNATURE)
    versions = hello.numbers("handshake.extensions.supported_version")
    rsa = _PSS if versions and all(one == TLS_1_3 or is_grease(one) for one in versions) else _PSS | _PKCS_1
    lacks = [name for name, ones in (("RSA", rsa), ("ECDSA", _ECDSA)) if not ones.intersection(signatures)]
    found: list[dict[str, int | float | str]] = []
    if groups and USUAL_GROUPS.isdisjoint(groups):
        found.append({"shape": "group", "entries": len(groups), "named": _names(_GROUP, groups)})
    if signatures and lacks:
        found.append({
            "shape": "signature", "entries": len(signatures), "named": _names(_SIGNATURE, signatures),
            "lacks": "/".join(lacks),
        })  # fmt: skip
    return found[0] if len(found) == 1 else {}


def _known(hello: Line, field: str) -> list[int]:
    return [one for one in hello.numbers(field) if not is_grease(one)]


def _names(field: str, numbers: list[int]) -> str:
    named = [name_of(f"tls.{field}", one) or f"0x{one:04x}" for one in numbers[:_NAMED]]
    return quoted(", ".join(named) + (" …" if len(numbers) > _NAMED else ""))
