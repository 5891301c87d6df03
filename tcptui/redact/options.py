"""Options of IP and TCP: those that are known are written anew; of others kind and length stay, and zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections import Counter

    from tcptui.redact.mapping import Mapping

END, NOP, STAMPS = 0, 1, 8
_MSS, _SCALE, _PERMITTED, _SACK, _USER_TIMEOUT, _MULTIPATH, _FAST_OPEN = 2, 3, 4, 5, 28, 30, 34
#: Sizes of options that say nothing of a host: all of each stays (RFC 9293, 7323, 2018, 5482).
PLAIN_OPTIONS: Final = {
    _MSS: frozenset({2}), _SCALE: frozenset({1}), _PERMITTED: frozenset({0}), _SACK: frozenset({8, 16, 24, 32}),
    _USER_TIMEOUT: frozenset({2}),
}  # fmt: skip
#: Bytes of MPTCP's options that are numbers: addresses removed, a priority, a data sequence number, a reason.
_MULTIPATH_NUMBERS: Final = {4: 10, 5: 2, 6: 10, 8: 2}
_ALERT_BYTES: Final = 2
_JUMBO_BYTES: Final = 4
_EXPERIMENTAL: Final = frozenset({253, 254})
_FAST_OPEN_MAGIC: Final = b"\xf9\x89"
_ROUTES: Final = frozenset({7, 131, 137})
_TIMESTAMP_4, _ALERT_4 = 68, 148
_ROUTER_ALERT, _JUMBO, _HOME = 5, 194, 201
_ROUTING, _AUTHENTICATION = 43, 51


class Options:
    """Rewrites option areas under one mapping."""

    def __init__(self, mapping: Mapping, replaced: Counter[str]) -> None:
        self._mapping, self._replaced = mapping, replaced

    # -- TCP

    def tcp(self, area: bytes, size: int, source: bytes, destination: bytes) -> bytes:
        """The ``area`` of a header with ``size`` bytes of options, as far as captured; of the same length.

        ``source``, ``destination``: addresses before they are mapped, whose timestamps have an offset each.
        """
        out, at = bytearray(len(area)), 0
        while at < len(area):
            kind = area[at]
            out[at] = kind
            if kind == END:
                break
            if kind == NOP:
                at += 1
                continue
            length = area[at + 1] if at + 1 < len(area) else 0
            if length < 2 or at + length > size:
                out[at + 1 : at + 2] = area[at + 1 : at + 2]
                break
            out[at + 1] = length
            body = area[at + 2 : at + length]
            new = self._tcp_body(kind, length - 2, body, source, destination)
            out[at + 2 : at + 2 + len(body)] = new[: len(body)].ljust(len(body), b"\0")
            at += length
        return bytes(out[: len(area)])

    def _tcp_body(self, kind: int, size: int, body: bytes, source: bytes, destination: bytes) -> bytes:
        if kind in PLAIN_OPTIONS and size in PLAIN_OPTIONS[kind]:
            return body
        if kind == STAMPS and size == 8 and len(body) == 8:
            self._replaced["tcp_timestamps"] += 1
            value, echo = int.from_bytes(body[:4]), int.from_bytes(body[4:])
            moved = self._mapping.moved
            return moved(b"stamp", source, value, 32).to_bytes(4) + moved(b"stamp", destination, echo, 32).to_bytes(4)
        if kind == _FAST_OPEN and size:
            return self._secret("fast_open_cookies", body)
        if kind in _EXPERIMENTAL and body[:2] == _FAST_OPEN_MAGIC:
            return body[:2] + self._secret("fast_open_cookies", body[2:])
        if kind == _MULTIPATH and body:
            return self._multipath(body)
        if size:
            self._replaced["tcp_options_zeroed"] += 1
        return bytes(len(body))

    def _secret(self, what: str, value: bytes) -> bytes:
        """Filler in place of a cookie or a key: the same for the same."""
        if value:
            self._replaced[what] += 1
        return self._mapping.octets(b"secret", value, len(value)) if value else b""

    def _multipath(self, body: bytes) -> bytes:
        """RFC 8684, 3; ``body``: what follows the length."""
        subtype, key = body[0] >> 4, "mptcp_keys"
        if subtype == 0:  # MP_CAPABLE: keys of 8 bytes, then perhaps a length and a checksum
            kept = body[:2]
            for first in (2, 10):
                kept += self._secret(key, body[first : first + 8])
            return kept + body[18:20] + bytes(len(body[20:]))
        if subtype == 1:  # MP_JOIN: by length a token and a number, a truncated or a whole HMAC
            if len(body) == 10:
                return body[:2] + self._secret(key, body[2:6]) + self._secret(key, body[6:])
            return body[:2] + self._secret(key, body[2:])
        if subtype == 2:  # DSS: flags, then the data ACK and the mapping
            return self._dss(body)
        if subtype == 3:  # ADD_ADDR: version 0 says in its low bits which IP it is, version 1 by its length
            size = 16 if len(body) >= 18 else 4
            address = body[2 : 2 + size]
            if len(address) < size:
                return body[:2]
            rest = body[2 + size :]
            has_port = len(rest) in (2, 10)
            port = rest[:2] if has_port else b""
            self._replaced["ipv4" if size == 4 else "ipv6"] += 1
            return body[:2] + self._mapping.address(address) + port + self._secret(key, rest[len(port) :])
        if subtype in _MULTIPATH_NUMBERS:  # REMOVE_ADDR, MP_PRIO, MP_FAIL, MP_TCPRST
            kept = body[: _MULTIPATH_NUMBERS[subtype]]
            return kept + bytes(len(body) - len(kept))
        if subtype == 7:  # MP_FASTCLOSE: the peer's key
            return body[:2] + self._secret(key, body[2:])
        return body[:1] + bytes(len(body) - 1)

    @staticmethod
    def _dss(body: bytes) -> bytes:
        flags = body[1] if len(body) > 1 else 0
        size = 2 + ((8 if flags & 2 else 4) if flags & 1 else 0)
        size += (8 if flags & 8 else 4) + 6 if flags & 4 else 0
        return body[:size] + bytes(len(body[size:]))

    # -- IPv4

    def ipv4(self, area: bytes) -> bytes:
        """RFC 791, 3.1; RFC 2113."""
        out, at = bytearray(len(area)), 0
        while at < len(area):
            kind = area[at]
            out[at] = kind
            if kind == END:
                break
            if kind == NOP:
                at += 1
                continue
            length = area[at + 1] if at + 1 < len(area) else 0
            if length < 2:
                break
            body = area[at + 2 : at + length]
            out[at + 1] = length
            out[at + 2 : at + 2 + len(body)] = self._ipv4_body(kind, body)
            at += length
        return bytes(out[: len(area)])

    def _ipv4_body(self, kind: int, body: bytes) -> bytes:
        if kind == _ALERT_4 and len(body) == _ALERT_BYTES:
            return body
        if kind in _ROUTES:
            return body[:1] + self._addresses(body[1:], 4)
        if kind == _TIMESTAMP_4 and len(body) > 2 and body[1] & 15 in (1, 3):
            pairs = (self._addresses(body[at : at + 4], 4) + bytes(4) for at in range(2, len(body), 8))
            return (body[:2] + b"".join(pairs))[: len(body)].ljust(len(body), b"\0")
        if kind == _TIMESTAMP_4:
            return body[:2] + bytes(len(body[2:]))
        self._replaced["ip_options_zeroed"] += 1
        return bytes(len(body))

    def _addresses(self, body: bytes, size: int) -> bytes:
        """Whole addresses, one after the other; what is left over becomes zeros."""
        whole = len(body) // size * size
        self._replaced["ipv4" if size == 4 else "ipv6"] += whole // size
        mapped = (self._mapping.address(body[at : at + size]) for at in range(0, whole, size))
        return b"".join(mapped) + bytes(len(body) - whole)

    # -- IPv6

    def extension(self, kind: int, header: bytes) -> bytes:
        """An extension header (RFC 8200, 4), as far as captured."""
        if kind == _ROUTING:
            # Types 0, 2 and 4: addresses behind eight bytes (RFC 2460, 4.4; RFC 6275, 6.4; RFC 8754, 2).
            if header[2] == 4:
                last = 8 + (header[4] + 1) * 16
                addresses = self._addresses(header[8:last], 16)
                return header[:6] + bytes(len(header[6:8])) + addresses + bytes(len(header[last:]))
            if header[2] in (0, 2):
                return header[:4] + bytes(4) + self._addresses(header[8:], 16)
            return header[:4] + bytes(len(header) - 4)
        if kind == _AUTHENTICATION:
            return header[:2] + bytes(len(header) - 2)
        out, at = bytearray(len(header)), 2
        out[:2] = header[:2]
        while at < len(header):
            of = header[at]
            out[at] = of
            if of == 0:
                at += 1
                continue
            length = header[at + 1] if at + 1 < len(header) else 0
            body = header[at + 2 : at + 2 + length]
            if at + 1 < len(header):
                out[at + 1] = length
            if (of, len(body)) in ((_ROUTER_ALERT, _ALERT_BYTES), (_JUMBO, _JUMBO_BYTES)):
                out[at + 2 : at + 2 + len(body)] = body
            elif of == _HOME and len(body) == 16:
                out[at + 2 : at + 18] = self._addresses(body, 16)
            elif of != 1:
                self._replaced["ip_options_zeroed"] += 1
            at += 2 + length
        return bytes(out[: len(header)])
