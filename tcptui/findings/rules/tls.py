"""Rules about TLS (rules/findings.md#tls-alert): a handshake that an end refused, told by its reason.

Only alerts in plain sight are judged: in TLS 1.3 most of those that a client sends are encrypted, and then nothing is
said of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES
from tcptui.findings.http_facts import index_of, quoted
from tcptui.findings.rules.tls_handshake import tls_handshake
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.tls.certificate import Certificate, names_host, time_of
from tcptui.protocols.tls.codes import Handshake, is_grease, name_of, version_name
from tcptui.protocols.tls.der import DerError
from tcptui.protocols.tls.message import read_message
from tcptui.protocols.tls.tls_stream import TlsStream

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.lines import Line
    from tcptui.protocols.tls.records import Record

_Facts = dict[str, int | float | str]
#: Level *fatal* (RFC 5246, 7.2).
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
_NO_APPLICATION_PROTOCOL: Final = 120
#: Alerts that several causes have.
_VAGUE: Final = frozenset({_HANDSHAKE_FAILURE, _BAD_CERTIFICATE, _CERTIFICATE_UNKNOWN})
#: Values in the list of cipher suites that are none (RFC 5746, 3.3; RFC 7507, 2).
_SIGNALS: Final = frozenset({0x00FF, 0x5600})
_VERSIONS_NAMED: Final = 4
_HOSTS_QUOTED: Final = 60


@dataclass(frozen=True, slots=True)
class _Alert:
    """The fatal alert that ended the handshake."""

    record: Record
    from_server: bool
    """Its sender has the server's part in TLS."""
    code: int


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about TLS of one stream; empty when it speaks something else."""
    parsed = None if connection.application is None else connection.application.parsed
    if not isinstance(parsed, TlsStream):
        return []
    said = parsed.conversation
    try:
        found = tls_alert(connection, said) or tls_handshake(connection, said)
    except OSError:
        return []  # the spool was closed meanwhile
    return [] if found is None else [found]


def tls_alert(connection: ConnectionFacts, said: TlsConversation) -> Finding | None:
    """`tls-alert`: the first fatal alert in plain sight, with what it answers."""
    alert = _first_alert(said)
    if alert is None or not said.records[1 - alert.record.half.side].each:
        return None  # an alert that answers nothing refuses nothing: the other end closed, or speaks no TLS
    hello = _frame_of(said, 1 - said.server_side, Handshake.CLIENT_HELLO)
    frame = alert.record.half.delivered_frame(alert.record.stop - 1)
    side = SIDES[alert.record.half.side]
    told: _Facts = {
        "alert": name_of("tls.alert_message.desc", alert.code) or "Unknown",
        "code": alert.code,
        "alert_frame": frame,
        "hello_frame": hello or frame,
        "sender": side,
        "other": SIDES[1 - alert.record.half.side],
    }
    shape = _by_server(said, alert) if alert.from_server else _by_client(said, alert, hello)
    evidence = [one for one in (hello, int(shape.get("certificate_frame", 0)), frame) if one]
    return connection.finding(
        FindingId.TLS_ALERT,
        [index_of(connection, one) for one in dict.fromkeys(evidence)],
        Severity.WARNING,
        # The alert says no more than that it failed: what was missing is concluded.
        Confidence.LIKELY if alert.code in _VAGUE and shape["shape"] != "other" else Confidence.CERTAIN,
        (),
        **told | shape,
    )


def _first_alert(said: TlsConversation) -> _Alert | None:
    found = []
    for side, records in enumerate(said.records):
        for index, record in enumerate(records.each):
            alert = said.alert(side, index)
            if alert is not None and alert[0] == _FATAL and alert[1] not in (_CLOSE_NOTIFY, _USER_CANCELED):
                found.append(_Alert(record, side == said.server_side, alert[1]))
                break
    return min(found, key=lambda one: one.record.half.delivered_ns(one.record.stop - 1), default=None)


def _frame_of(said: TlsConversation, side: int, kind: Handshake) -> int:
    """The frame that completed the first message of that kind; 0 without one."""
    for message in said.messages[side].each:
        if message.kind == kind:
            return said.halves[side].delivered_frame(message.stop - 1)
    return 0


def _by_server(said: TlsConversation, alert: _Alert) -> _Facts:
    """What a server refused, by its alert and what the client had said."""
    hello = said.client_hello
    if alert.code in (_HANDSHAKE_FAILURE, _BAD_CERTIFICATE, _CERTIFICATE_REQUIRED) and _sent_no_certificate(said):
        return {"shape": "client-certificate"}
    if hello is None:
        return {"shape": "other"}
    if alert.code == _PROTOCOL_VERSION:
        return {"shape": "version", "offered": _versions(hello)}
    if alert.code in (_HANDSHAKE_FAILURE, _INSUFFICIENT_SECURITY) and not said.messages[said.server_side].each:
        suites = {one for one in hello.numbers("handshake.ciphersuite") if not is_grease(one)} - _SIGNALS
        return {"shape": "cipher", "suites": len(suites), "offered": _versions(hello)}
    if alert.code == _UNRECOGNIZED_NAME:
        return {"shape": "name", "asked": _asked(hello) or "?"}
    if alert.code == _NO_APPLICATION_PROTOCOL:
        protocols = hello.texts("handshake.extensions_alpn_str")
        return {"shape": "protocol", "offered": quoted(", ".join(protocols)) or "?"}
    return {"shape": "other"}


def _sent_no_certificate(said: TlsConversation) -> bool:
    """Whether the server asked for a certificate, and the client answered with an empty list (RFC 5246, 7.4.6)."""
    wanted = any(one.kind == Handshake.CERTIFICATE_REQUEST for one in said.messages[said.server_side].each)
    chains = [
        read_message(one).numbers("handshake.certificates_length")
        for one in said.messages[1 - said.server_side].each
        if one.kind == Handshake.CERTIFICATE
    ]
    return wanted and [0] in chains


def _by_client(said: TlsConversation, alert: _Alert, hello: int) -> _Facts:
    """What a client had against the server's certificate, where that can be seen."""
    chain = next(
        (
            read_message(one).bytes_of("handshake.certificate")
            for one in said.messages[said.server_side].each
            if one.kind == Handshake.CERTIFICATE
        ),
        [],
    )
    if not chain or not hello:
        return {"shape": "other"}
    frame = _frame_of(said, said.server_side, Handshake.CERTIFICATE)
    try:
        facts = _against(Certificate(chain[0]), said, alert)
    except DerError:
        facts = {}
    return facts | {"certificate_frame": frame} if facts else {"shape": "other"}


def _against(certificate: Certificate, said: TlsConversation, alert: _Alert) -> _Facts:
    """The facts of the certificate that fit the alert; empty where none does.  Raises DerError."""
    if alert.code == _EXPIRED:
        now = datetime.fromtimestamp(alert.record.half.delivered_ns(alert.record.stop - 1) // 1_000_000_000, UTC)
        until = time_of(certificate.validity[1])
        if until < now:
            return {"shape": "expired", "until": f"{until:%Y-%m-%d %H:%M} UTC", "now": f"{now:%Y-%m-%d %H:%M} UTC"}
    if alert.code == _UNKNOWN_CA:
        return {"shape": "unknown-ca", "issuer": quoted(certificate.common_name(certificate.issuer) or "?")}
    if alert.code in (_BAD_CERTIFICATE, _CERTIFICATE_UNKNOWN):
        asked = "" if said.client_hello is None else _asked(said.client_hello)
        hosts = certificate.hosts
        if asked and hosts and not any(names_host(host, asked) for host in hosts):
            return {"shape": "host", "asked": asked, "hosts": quoted(", ".join(hosts), _HOSTS_QUOTED)}
    return {}


def _asked(hello: Line) -> str:
    """The host that the client asked for; empty without a server name."""
    return quoted(next(iter(hello.texts("handshake.extensions_server_name")), ""))


def _versions(hello: Line) -> str:
    """The versions that a client offers; before TLS 1.3 it names the highest only."""
    offered = [one for one in hello.numbers("handshake.extensions.supported_version") if not is_grease(one)]
    offered = offered or hello.numbers("handshake.version")
    return ", ".join(version_name(one) for one in offered[:_VERSIONS_NAMED])
