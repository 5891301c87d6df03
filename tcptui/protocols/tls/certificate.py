"""X.509 certificates as TLS carries them (RFC 5280): subject, issuer, validity, names, key.  Nothing is verified."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.tls.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_ID,
    SEQUENCE,
    SET,
    UTC_TIME,
    DerError,
    Element,
    element,
    object_id,
)  # fmt: skip
from tcptui.protocols.tls.lines import LIST_MOST, Reader, ShortError
from tcptui.protocols.tls.signed_timestamps import read_timestamps

if TYPE_CHECKING:
    from tcptui.protocols.tls.lines import Line

#: Names of attributes (X.520) as Wireshark writes them.
_ATTRIBUTES: Final = {
    "2.5.4.3": "id-at-commonName", "2.5.4.4": "id-at-surname", "2.5.4.5": "id-at-serialNumber",
    "2.5.4.6": "id-at-countryName", "2.5.4.7": "id-at-localityName", "2.5.4.8": "id-at-stateOrProvinceName",
    "2.5.4.9": "id-at-streetAddress", "2.5.4.10": "id-at-organizationName", "2.5.4.11": "id-at-organizationalUnitName",
    "2.5.4.12": "id-at-title", "2.5.4.15": "id-at-businessCategory", "2.5.4.17": "id-at-postalCode",
    "1.2.840.113549.1.9.1": "pkcs-9-at-emailAddress", "0.9.2342.19200300.100.1.25": "dc",
}  # fmt: skip
_COMMON_NAME: Final = "2.5.4.3"
_ORGANIZATION: Final = "2.5.4.10"
_UNIT: Final = "2.5.4.11"
_ALT_NAMES: Final = "2.5.29.17"
_TIMESTAMPS: Final = "1.3.6.1.4.1.11129.2.4.2"
_ALGORITHMS: Final = {
    "1.2.840.113549.1.1.1": "rsaEncryption", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "id-RSASSA-PSS", "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption", "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption", "1.2.840.10045.2.1": "id-ecPublicKey",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256", "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
}  # fmt: skip
_CURVES: Final = {"1.2.840.10045.3.1.7": 256, "1.3.132.0.34": 384, "1.3.132.0.35": 521, "1.3.132.0.10": 256}
_EDWARDS: Final = {"1.3.101.112": 256, "1.3.101.113": 456}
_DNS_NAME: Final = 0x82
_IP_ADDRESS: Final = 0x87
_EXTENSIONS: Final = 0xA3
_VERSION: Final = 0xA0
#: Encodings of text (X.690, 8.23) that are not UTF-8 or a part of it.
_ENCODINGS: Final = {0x14: "latin-1", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}
#: UTCTime: two digits of a year; from 50 on it is one of the last century (RFC 5280, 4.1.2.5.1).
_CENTURY: Final = 50
_MOST_NAMES: Final = 200


@dataclass(frozen=True)
class Certificate:
    """One certificate.  Reading its parts raises DerError where the bytes are none."""

    data: bytes

    @cached_property
    def _parts(self) -> list[Element]:
        """Serial number, signature algorithm, issuer, validity, subject, key, and what is behind."""
        whole = _expect(element(self.data, 0, len(self.data)), SEQUENCE)
        parts = _expect(whole.first(), SEQUENCE).children()
        parts = parts[1:] if parts and parts[0].tag == _VERSION else parts
        if len(parts) < 6:
            raise DerError
        return parts

    @property
    def serial(self) -> Element:
        """The serial number."""
        return _expect(self._parts[0], INTEGER)

    @property
    def issuer(self) -> Element:
        """Who signed it."""
        return _expect(self._parts[2], SEQUENCE)

    @property
    def subject(self) -> Element:
        """Whose it is."""
        return _expect(self._parts[4], SEQUENCE)

    @property
    def validity(self) -> tuple[Element, Element]:
        """The times from and until which it is valid."""
        times = _expect(self._parts[3], SEQUENCE).children()
        if len(times) != 2:
            raise DerError
        return times[0], times[1]

    @property
    def key(self) -> Element:
        """Algorithm and public key."""
        return _expect(self._parts[5], SEQUENCE)

    @property
    def names(self) -> list[Element]:
        """The alternative names, of all kinds (RFC 5280, 4.2.1.6)."""
        found = self._extension(_ALT_NAMES)
        return [] if found is None else found.children()[:_MOST_NAMES]

    @property
    def timestamps(self) -> Element | None:
        """The list of signed certificate timestamps (RFC 6962, 3.3)."""
        return self._extension(_TIMESTAMPS)

    def _extension(self, wanted: str) -> Element | None:
        """What stands in the extension of that object identifier."""
        for part in self._parts[6:]:
            if part.tag == _EXTENSIONS:
                for extension in _expect(part.first(), SEQUENCE).each():
                    inside = extension.children()
                    if inside and inside[0].tag == OBJECT_ID and object_id(inside[0].content) == wanted:
                        return element(self.data, inside[-1].body, inside[-1].stop)
        return None

    @property
    def hosts(self) -> list[str]:
        """The host names and addresses it is for; the common name where it has no alternative names (RFC 2818, 3.1)."""
        found = [text for one in self.names if (text := alternative_name(one))]
        return found or [value for oid, value in attributes(self.subject) if oid == _COMMON_NAME]

    def called(self, name: Element) -> str:
        """The common name in subject or issuer, else its unit or organization; empty without any."""
        said = dict(reversed(attributes(name)))
        return next((said[oid] for oid in (_COMMON_NAME, _UNIT, _ORGANIZATION) if said.get(oid)), "")

    def key_text(self) -> str:
        """Kind and size of the key: ``"RSA 2048"``."""
        algorithm, bits = _two(self.key)
        parts = algorithm.children()
        oid = object_id(_expect(algorithm.first(), OBJECT_ID).content)
        name = _ALGORITHMS.get(oid, oid)
        if oid in _EDWARDS:
            return f"{name} {_EDWARDS[oid]}"
        if name == "id-ecPublicKey" and len(parts) > 1 and parts[1].tag == OBJECT_ID:
            curve = object_id(parts[1].content)
            return f"EC {_CURVES.get(curve, curve)}"
        if name == "rsaEncryption":
            raw = _expect(bits, BIT_STRING)
            modulus = _expect(element(self.data, raw.body + 1, raw.stop).first(), INTEGER)
            return f"RSA {int.from_bytes(modulus.content, 'big').bit_length()}"
        return name


def _expect(one: Element, tag: int) -> Element:
    if one.tag != tag:
        raise DerError
    return one


def _two(pair: Element) -> tuple[Element, Element]:
    """The first two elements of a sequence.  Raises DerError."""
    inside = _expect(pair, SEQUENCE).children()
    if len(inside) < 2:
        raise DerError
    return inside[0], inside[1]


def attributes(name: Element) -> list[tuple[str, str]]:
    """The attributes of a distinguished name, in order: object identifier and text.  Raises DerError."""
    found = []
    for part in name.each():
        for pair in _expect(part, SET).each():
            oid, value = _two(pair)
            raw = value.content
            text = raw.decode(_ENCODINGS.get(value.tag, "utf-8"), "replace")
            found.append((object_id(_expect(oid, OBJECT_ID).content), text))
    return found[:_MOST_NAMES]


def name_text(name: Element) -> str:
    """A distinguished name as Wireshark writes it: the last attribute first.  Raises DerError."""
    return ",".join(f"{_ATTRIBUTES.get(oid, oid)}={text}" for oid, text in reversed(attributes(name)))


def distinguished_name(raw: bytes) -> str:
    """The distinguished name in encoded bytes; empty where they are none."""
    try:
        return name_text(_expect(element(raw, 0, len(raw)), SEQUENCE))
    except (DerError, ValueError):
        return ""


def alternative_name(one: Element) -> str:
    """A host name or an address; empty for another kind of name."""
    if one.tag == _DNS_NAME:
        return one.content.decode("ascii", "replace")
    if one.tag == _IP_ADDRESS and one.stop - one.body in (4, 16):
        return str(ipaddress.ip_address(one.content))
    return ""


def names_host(pattern: str, host: str) -> bool:
    """Whether a certificate's name is ``host``, or stands for it by ``*`` as the first label (RFC 6125, 6.4.3)."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:] and not host.startswith(".")
    return pattern == host


def time_of(one: Element) -> datetime:
    """A time of UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5).  Raises DerError."""
    text = one.content.decode("ascii", "replace")
    if one.tag == UTC_TIME and len(text) == 13:
        text = ("19" if int(text[:2]) >= _CENTURY else "20") + text if text[:2].isdecimal() else text
    elif one.tag != GENERALIZED_TIME:
        raise DerError
    if len(text) != 15 or text[-1] != "Z" or not text[:-1].isascii() or not text[:-1].isdecimal():
        raise DerError
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise DerError from error


def read_certificates(body: Line, reader: Reader) -> None:
    """The body of a Certificate message until TLS 1.2: the chain, the own certificate first."""
    size = reader.count(body, 3, "Certificates Length", "handshake.certificates_length")
    if not size:
        return
    chain = body.add(f"Certificates ({size} bytes)", reader.at, size, "handshake.certificates")
    inside = reader.inside(size)
    for _ in range(LIST_MOST):
        if not inside.left:
            return
        read_certificate(chain, inside)


def read_certificate(chain: Line, reader: Reader) -> None:
    """One certificate of a chain, with its length in front."""
    length = reader.count(chain, 3, "Certificate Length", "handshake.certificate_length")
    raw, start = reader.take(length), reader.at - length
    certificate = Certificate(raw)
    subject = ""
    with suppress(DerError):
        subject = f" ({name_text(certificate.subject)})"
    line = chain.add(f"Certificate: {shortened(raw)}{subject}", start, len(raw), "handshake.certificate", raw)
    try:
        _details(line, certificate, start)
        stamps = certificate.timestamps
        if stamps is not None:
            read_timestamps(line, Reader(reader.data, start + stamps.body, start + stamps.stop))
    except (DerError, ShortError, ValueError):
        line.add("Malformed: no certificate as RFC 5280 has it", start, len(raw))


def _details(line: Line, certificate: Certificate, start: int) -> None:
    def add(label: str, one: Element, value: str = "") -> None:
        line.add(label, start + one.start, one.length, "", value)

    serial = certificate.serial
    add(f"serialNumber: 0x{serial.content.hex()}", serial)
    add(f"issuer: {name_text(certificate.issuer)}", certificate.issuer)
    for title, one in zip(("notBefore", "notAfter"), certificate.validity, strict=True):
        add(f"{title}: {time_of(one):%Y-%m-%d %H:%M:%S} (UTC)", one)
    add(f"subject: {name_text(certificate.subject)}", certificate.subject)
    add(f"subjectPublicKeyInfo: {certificate.key_text()}", certificate.key)
    for one in certificate.names:
        text = alternative_name(one)
        if text:
            add(f"{'dNSName' if one.tag == _DNS_NAME else 'iPAddress'}: {text}", one)
