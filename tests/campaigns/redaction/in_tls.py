"""Carriers of TLS, and payload of protocols whose framing does not stay."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.campaigns.redaction.carriers import each
from tests.campaigns.redaction.in_dns import mixed
from tests.campaigns.redaction.wire import talk, udp4

if TYPE_CHECKING:
    pass


def tls(kind: int, body: bytes, version: int = 0x0301) -> bytes:
    return struct.pack("!BHH", kind, version, len(body)) + body


def handshake(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3) + body


def extension(kind: int, body: bytes) -> bytes:
    return struct.pack("!HH", kind, len(body)) + body


def hello(
    extensions: bytes, random: bytes = b"r" * 32, session: bytes = b"s" * 32, ciphers: bytes = b"\x13\x01\xc0\x2f"
) -> bytes:
    body = b"\3\3" + random + bytes([len(session)]) + session + len(ciphers).to_bytes(2) + ciphers + b"\1\0"
    return handshake(1, body + len(extensions).to_bytes(2) + extensions)


def server_hello(extensions: bytes = b"", random: bytes = b"q" * 32, session: bytes = b"s" * 32) -> bytes:
    return handshake(
        2, b"\3\3" + random + bytes([len(session)]) + session + b"\x13\1\0" + len(extensions).to_bytes(2) + extensions
    )


def sni(name: bytes) -> bytes:
    return extension(0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name)


def certificate(der: bytes) -> bytes:
    return handshake(11, (len(der) + 3).to_bytes(3) + len(der).to_bytes(3) + der)


def secure(asked: bytes, answered: bytes = b"", size: int = 1400) -> list[bytes]:
    return talk(asked, answered or tls(22, server_hello()), 443, size)


each(
    {
        "SNI": lambda s: secure(tls(22, hello(sni(s.name() + b"." + s.name() + b".com")))),
        "SNI that is an address, mixed case": lambda s: (
            secure(tls(22, hello(sni(".".join(map(str, s.ipv4())).encode()))))
            + secure(tls(22, hello(sni(mixed(s.name()) + b".Com"))))
        ),
        "SNI of another type, two names": lambda s: secure(
            tls(22, hello(extension(0, b"\0\x1e\1\0\x0c" + s.name() + b"\0\0\x0c" + s.word())))
        ),
        "ALPN": lambda s: secure(
            tls(22, hello(extension(16, b"\0\x0d\x0c" + s.word()))),
            tls(22, server_hello(extension(16, b"\0\x0d\x0c" + s.word()))),
        ),
        "random and session": lambda s: secure(
            tls(22, hello(b"", s.octets(32), s.token(32))), tls(22, server_hello(b"", s.octets(32), s.token(32)))
        ),
        "ticket, PSK identity, cookie": lambda s: secure(
            tls(
                22,
                hello(
                    extension(35, s.octets(40))
                    + extension(44, b"\0\x10" + s.octets(16))
                    + extension(41, b"\0\x16\0\x10" + s.octets(20) + b"\0\x21\x20" + s.octets(32))
                ),
            )
        ),
        "key share, ECH, unknown, quic": lambda s: secure(
            tls(
                22,
                hello(
                    extension(51, b"\0\x24\0\x1d\0\x20" + s.octets(32))
                    + extension(0xFE0D, s.octets(60))
                    + extension(0x5555, s.octets(20))
                    + extension(57, s.octets(20))
                ),
            )
        ),
        "groups, ciphers, GREASE, versions, algorithms": lambda s: secure(
            tls(
                22,
                hello(
                    extension(10, b"\0\4" + s.octets(4))
                    + extension(13, b"\0\4" + s.octets(4))
                    + extension(43, b"\4" + s.octets(4)),
                    ciphers=s.octets(8),
                ),
            )
        ),
        "padding that is not zero": lambda s: secure(tls(22, hello(extension(21, s.octets(30))))),
        "extension with a lying length": lambda s: secure(tls(22, hello(b"\0\0\0\x40\0\x3e\0\0\x3b" + s.token(40)))),
        "hello in two records, three segments": lambda s: secure(
            b"".join(tls(22, part) for part in (lambda h: (h[:60], h[60:]))(hello(sni(s.name() + b".com")))), size=50
        ),
        "certificate": lambda s: secure(
            tls(22, hello(sni(b"a.com"))),
            tls(22, server_hello() + certificate(b"\x30\x82\1\0" + s.word(40) + s.octets(60)) + handshake(14, b"")),
        ),
        "key exchange, ticket, OCSP, request": lambda s: secure(
            tls(22, hello(b"")),
            tls(
                22,
                server_hello()
                + handshake(12, s.octets(70))
                + handshake(4, bytes(4) + b"\0\x20" + s.octets(32))
                + handshake(22, b"\1\0\0\x20" + s.octets(32))
                + handshake(13, b"\1\1\0\0\0\x0e\0\x0c" + s.word()),
            ),
        ),
        "application data": lambda s: secure(
            tls(22, hello(b"")) + tls(23, s.octets(80), 0x0303), tls(22, server_hello()) + tls(23, s.octets(80), 0x0303)
        ),
        "change cipher, alert, heartbeat, unknown": lambda s: secure(
            tls(22, hello(b""))
            + tls(20, b"\1", 0x0303)
            + tls(22, s.octets(40), 0x0303)
            + tls(21, s.octets(26), 0x0303)
            + tls(24, b"\1\0\x10" + s.octets(32), 0x0303)
        ),
        "handshake of unknown kind, versions odd": lambda s: secure(
            tls(22, handshake(99, s.octets(40)), 0x0399) + tls(22, hello(b""))
        ),
        "STARTTLS": lambda s: talk(
            b"EHLO " + s.word() + b"\r\nSTARTTLS\r\n" + tls(22, hello(sni(s.name() + b".com"))),
            b"220 " + s.word() + b"\r\n",
            25,
        ),
        "SSLv2 hello": lambda s: secure(
            b"\x80\x2e\1\0\2\0\x15\0\0\0\x10\1\0\x80\2\0\x80\3\0\x80\4\0\x80\5\0\x80\6\0\x40\7\0\xc0" + s.octets(16)
        ),
        "on another port": lambda s: talk(tls(22, hello(sni(s.name() + b".com"))), tls(22, server_hello()), 9443),
        "trailing octets in hello": lambda s: secure(tls(22, handshake(1, hello(b"")[4:] + s.octets(20)))),
        "DTLS, QUIC": lambda s: [
            udp4(b"\x16\xfe\xfd" + bytes(8) + b"\0\x40" + s.octets(64), (40001, 443)),
            udp4(
                b"\xc0\0\0\0\1\x08" + s.octets(8) + b"\x08" + s.octets(8) + b"\0\x40\x40" + s.octets(64), (40001, 443)
            ),
            udp4(b"\x40" + s.octets(60), (40001, 443)),
        ],
    },
    "TLS",
)
each(
    {
        name: (
            lambda s, port=port, before=before, after=after: talk(
                before + s.word(40) + b"\r\n", after + s.word(40) + b"\r\n", port
            )
        )
        for name, port, before, after in [
            ("FTP", 21, b"USER ", b"220 "),
            ("SMTP", 25, b"MAIL FROM:<", b"250 "),
            ("POP3", 110, b"PASS ", b"+OK "),
            ("IMAP", 143, b"a1 LOGIN ", b"* OK "),
            ("Redis", 6379, b"*2\r\n$3\r\nGET\r\n$40\r\n", b"$40\r\n"),
            ("memcached", 11211, b"get ", b"VALUE "),
            ("SSH", 22, b"SSH-2.0-", b"SSH-2.0-"),
            ("IRC", 6667, b"NICK ", b":"),
            ("NATS", 4222, b"PUB ", b"INFO {"),
            ("Kafka", 9092, b"\0\0\0\x32\0\3\0\1\0\0\0\1\0\x28", b"\0\0\0\x2e\0\0\0\1"),
            ("PostgreSQL", 5432, b"Q\0\0\0\x2f", b"T\0\0\0\x2f"),
            ("MySQL", 3306, b"\x2b\0\0\0\3", b"\x4a\0\0\0\x0a"),
            ("MongoDB", 27017, b"\x3a\0\0\0" + bytes(8) + b"\xdd\7\0\0", b"\x3a\0\0\0" + bytes(8)),
            ("LDAP", 389, b"\x30\x2c\2\1\1\x60", b"\x30\x2c\2\1\1\x61"),
            ("SMB", 445, b"\0\0\0\x2e\xfeSMB", b"\0\0\0\x2e\xfeSMB"),
            ("RDP", 3389, b"\3\0\0\x2f", b"\3\0\0\x2f"),
            ("MQTT", 1883, b"\x10\x2c\0\4MQTT\4\2\0\x3c\0\x28", b"\x30\x2b"),
            ("AMQP", 5672, b"AMQP\0\0\x09\1", b"\1\0\0\0\0\0\x28"),
            ("BGP", 179, b"\xff" * 16 + b"\0\x3d\1\4", b"\xff" * 16 + b"\0\x3d\2"),
            ("RTSP", 554, b"OPTIONS rtsp://", b"RTSP/1.0 200 "),
            ("SIP", 5060, b"INVITE sip:", b"SIP/2.0 200 "),
            ("telnet", 23, b"\xff\xfb\1", b"login: "),
        ]
    },
    "payload",
)
