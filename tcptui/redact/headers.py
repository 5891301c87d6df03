"""One packet rewritten: headers that are known are written anew, field by field, into bytes that begin as zeros.

What no method here writes stays zero, so a header, an option or a trailer that nobody knows does not pass.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tcptui.redact.filler import content
from tcptui.redact.options import Options
from tcptui.redact.sums import Sum, checksum, covering, sum_of
from tcptui.wire.checksum import ones_complement_sum

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.redact.mapping import Mapping

ETHERNET, COOKED_1, COOKED_2, LOOPBACK, LOOP = 1, 113, 276, 0, 108
PPP: Final = frozenset({9, 50})
PPP_DIRECTED: Final = 204
RAW: Final = frozenset({12, 14, 101, 228, 229})
IPV4, IPV6, _ARP = 0x0800, 0x86DD, 0x0806
_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
_MPLS: Final = frozenset({0x8847, 0x8848})
_PPPOE, _BRIDGED = 0x8864, 0x6558
#: Organisations whose SNAP protocols are ethertypes (RFC 1042).
_ENCAPSULATED: Final = (b"\0\0\0", b"\0\0\xf8")
_SMALLEST_TYPE: Final = 0x0600
TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
_URGENT: Final = 0x20
_FAMILIES_6: Final = frozenset({10, 24, 28, 30})
#: Headers that are walked into, one in the other.
_DEEPEST: Final = 16
_QUOTING: Final = frozenset({3, 4, 5, 11, 12})
_QUOTING_6: Final = frozenset({1, 2, 3, 4})
#: The code of ICMP's unreachables that tells the size that fits.
_TOO_BIG: Final = 4
_NEIGHBOUR_FLAGS: Final = 0xE0
_ECHO: Final = frozenset({0, 8})
_ECHO_6: Final = frozenset({128, 129})
_VXLAN: Final = frozenset({4789, 8472})
_GENEVE: Final = 6081
#: Datagrams of these ports are messages of DNS: unicast, multicast (RFC 6762), link-local (RFC 4795).
_DNS: Final = frozenset({53, 5353, 5355})


class Rewriter:
    """Rewrites packets under one mapping, and counts what it replaces."""

    def __init__(self, mapping: Mapping, datagram: Callable[[bytes], bytes] | None = None) -> None:
        """``datagram``: makes the replacement, as long, of a DNS message; None: filler takes its place."""
        self.mapping = mapping
        self.replaced: Counter[str] = Counter()
        self._datagram = datagram
        self._options = Options(mapping, self.replaced)
        self._data = b""
        self._out = bytearray()
        self._depth = 0
        self._segment: tuple[int, bytes] | None = None

    def rewrite(self, data: bytes, link: int, wire: int, segment: tuple[int, bytes] | None = None) -> bytes:
        """``data`` rewritten; of the same length.

        ``wire``: how long the packet was.  ``segment``: where a TCP header begins, and what takes the place of its
        payload.
        """
        self._data, self._out = data, bytearray(len(data))
        self._depth, self._segment = 0, segment
        end = max(wire, len(data))
        if link == ETHERNET:
            self._ethernet(0, end)
        elif link in RAW:
            self._raw(0, end)
        elif link == COOKED_1:
            self._cooked_1(end)
        elif link == COOKED_2:
            self._cooked_2(end)
        elif link in PPP:
            self._ppp(0, end)
        elif link == PPP_DIRECTED:
            self._keep(0, 1)
            self._ppp(1, end)
        elif link in (LOOPBACK, LOOP):
            self._loopback(end)
        else:
            self.replaced["packets_of_unknown_links"] += 1
        return bytes(self._out)

    # -- small steps

    def _keep(self, at: int, size: int) -> None:
        self._out[at : at + size] = self._data[at : at + size]

    def _word(self, at: int) -> int:
        return int.from_bytes(self._data[at : at + 2])

    def _has(self, at: int, size: int, end: int) -> bool:
        return at + size <= min(end, len(self._data))

    def _put(self, at: int, value: bytes) -> None:
        """Write ``value``, as far as the packet was captured."""
        self._out[at : at + len(value)] = value[: max(len(self._out) - at, 0)]

    def _address(self, at: int, size: int) -> None:
        found = self._data[at : at + size]
        if len(found) == size:
            self._put(at, self.mapping.address(found))
            self.replaced["ipv4" if size == 4 else "ipv6"] += 1

    def _mac(self, at: int) -> None:
        found = self._data[at : at + 6]
        if len(found) == 6:
            self._put(at, self.mapping.mac(found))
            self.replaced["mac"] += 1

    def _fill(self, at: int, end: int) -> None:
        """Filler up to ``end``."""
        end = min(end, len(self._data))
        if at < end:
            self._put(at, content(self._data[at:end]))
            self.replaced["payload_bytes"] += end - at

    # -- links

    def _ethernet(self, at: int, end: int) -> None:
        if not self._has(at, 14, end):
            return
        self._mac(at)
        self._mac(at + 6)
        self._typed(at + 14, self._word(at + 12), at + 12, end)

    def _typed(self, at: int, kind: int, told: int, end: int) -> None:
        """The header that comes ``at``, by an ethertype, which stands at ``told``."""
        self._keep(told, 2)
        self._depth += 1
        if self._depth > _DEEPEST:
            return
        if kind == IPV4:
            self._ipv4(at, end)
        elif kind == IPV6:
            self._ipv6(at, end)
        elif kind in _TAGS:
            if self._has(at, 4, end):
                self._keep(at, 2)
                self._typed(at + 4, self._word(at + 2), at + 2, end)
        elif kind == _ARP:
            self._arp(at, end)
        elif kind in _MPLS:
            self._mpls(at, end)
        elif kind == _PPPOE:
            self._pppoe(at, end)
        elif kind == _BRIDGED:
            self._ethernet(at, end)
        elif kind < _SMALLEST_TYPE:
            self._llc(at, min(end, at + kind))

    def _llc(self, at: int, end: int) -> None:
        self._keep(at, min(3, max(end - at, 0)))
        if self._data[at : at + 3] == b"\xaa\xaa\x03" and self._has(at, 8, end):
            self._keep(at, 8)
            if self._data[at + 3 : at + 6] in _ENCAPSULATED:
                self._typed(at + 8, self._word(at + 6), at + 6, end)

    def _mpls(self, at: int, end: int) -> None:
        for _ in range(_DEEPEST):
            if not self._has(at, 5, end):
                return
            self._keep(at, 4)
            at += 4
            if self._data[at - 2] & 1:
                break
        self._raw(at, end)

    def _pppoe(self, at: int, end: int) -> None:
        if self._has(at, 8, end):
            self._keep(at, 6)
            self._ppp(at + 6, min(end, at + 6 + self._word(at + 4)))

    def _ppp(self, at: int, end: int) -> None:
        if self._data[at : at + 2] == b"\xff\x03":
            self._keep(at, 2)
            at += 2
        if not self._has(at, 2, end):
            return
        size = 1 if self._data[at] & 1 else 2
        kind = self._data[at] if size == 1 else self._word(at)
        self._keep(at, size)
        if kind in (0x21, 0x57):
            self._raw(at + size, end)

    def _cooked_1(self, end: int) -> None:
        if not self._has(0, 16, end):
            return
        self._keep(0, 6)
        if self._word(4) == 6:
            self._mac(6)
        self._typed(16, self._word(14), 14, end)

    def _cooked_2(self, end: int) -> None:
        if not self._has(0, 20, end):
            return
        self._keep(4, 8)
        if self._data[11] == 6:
            self._mac(12)
        self._typed(20, self._word(0), 0, end)

    def _loopback(self, end: int) -> None:
        if not self._has(0, 4, end):
            return
        head = self._data[:4]
        number = min(int.from_bytes(head), int.from_bytes(head, "little"))
        if number == 2 or number in _FAMILIES_6:
            self._keep(0, 4)
            self._raw(4, end)
        elif number >= _SMALLEST_TYPE:
            self._keep(0, 4)
            self._typed(4, number, 0, end)

    def _raw(self, at: int, end: int) -> None:
        self._depth += 1
        if at >= min(end, len(self._data)) or self._depth > _DEEPEST:
            return
        version = self._data[at] >> 4
        if version == 4:
            self._ipv4(at, end)
        elif version == 6:
            self._ipv6(at, end)

    def _arp(self, at: int, end: int) -> None:
        """RFC 826: Ethernet and IPv4 alone."""
        if not self._has(at, 8, end):
            return
        self._keep(at, 8)
        if self._data[at + 4 : at + 6] == b"\x06\x04" and self._has(at, 28, end):
            for one in (at + 8, at + 18):
                self._mac(one)
                self._address(one + 6, 4)

    # -- IP

    def _ipv4(self, at: int, end: int, quoted: bool = False) -> None:
        """RFC 791."""
        data = self._data
        if not self._has(at, 20, end):
            return
        if data[at] >> 4 == 6:
            self._ipv6(at, end, quoted)
        if data[at] >> 4 != 4:
            return
        size, total = (data[at] & 15) * 4, self._word(at + 2)
        if size < 20:
            return
        source = data[at + 12 : at + 16]
        self._keep(at, 4)
        self._put(at + 4, self.mapping.moved(b"ip id", source, self._word(at + 4), 16).to_bytes(2))
        self._keep(at + 6, 4)
        self._address(at + 12, 4)
        self._address(at + 16, 4)
        if size > 20:
            self._put(at + 20, self._options.ipv4(data[at + 20 : at + size]))
        if at + size <= len(data):
            kind = sum_of(data[at : at + size], 10)
            told = checksum(kind, bytes(self._out[at : at + size]), 10)
            self._put(at + 10, told.to_bytes(2))
        stop = end if total == 0 or quoted else min(end, at + total)
        pieces = self._word(at + 6) & 0x3FFF
        if pieces & 0x1FFF:
            self._fill(at + size, stop)
            return
        # A quotation may end anywhere: what its checksum covers is there only if all of it is.
        is_cut = bool(pieces) or (quoted and at + total > min(end, len(data)))
        stop = min(stop, at + total) if quoted and total else stop
        self._transport(data[at + 9], at + size, stop, at, 4, is_cut=is_cut)

    def _ipv6(self, at: int, end: int, quoted: bool = False) -> None:
        """RFC 8200."""
        data = self._data
        if not self._has(at, 40, end) or data[at] >> 4 != 6:
            return
        self._keep(at, 1)
        label = int.from_bytes(data[at + 1 : at + 4])
        moved = self.mapping.moved(b"flow", data[at + 8 : at + 24], label & 0xFFFFF, 20)
        self._put(at + 1, (label & 0xF00000 | moved).to_bytes(3))
        self._keep(at + 4, 4)
        self._address(at + 8, 16)
        self._address(at + 24, 16)
        length, following, here = self._word(at + 4), data[at + 6], at + 40
        stop = min(end, here + length) if length else end
        is_cut = quoted and here + length > min(end, len(data))
        for _ in range(_DEEPEST):
            if following in (0, 60, 43, 51):
                if not self._has(here, 8, stop):
                    return
                size = (data[here + 1] + 2) * 4 if following == 51 else (data[here + 1] + 1) * 8
                self._put(here, self._options.extension(following, data[here : min(here + size, stop)]))
                following, here = data[here], here + size
            elif following == 44:
                if not self._has(here, 8, stop):
                    return
                self._keep(here, 1)
                self._put(here + 2, (self._word(here + 2) & 0xFFF9).to_bytes(2))
                number = int.from_bytes(data[here + 4 : here + 8])
                moved = self.mapping.moved(b"frag id", data[at + 8 : at + 24], number, 32)
                self._put(here + 4, moved.to_bytes(4))
                place = self._word(here + 2)
                following, here = data[here], here + 8
                is_cut |= bool(place & 0xFFF9)
                if place & 0xFFF8:
                    self._fill(here, stop)
                    return
            else:
                break
        self._transport(following, here, stop, at, 6, is_cut=is_cut)

    def _transport(self, protocol: int, at: int, end: int, network: int, version: int, *, is_cut: bool) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            return
        if protocol == TCP:
            self._tcp(at, end, network, version, is_cut=is_cut)
        elif protocol == _UDP:
            self._udp(at, end, network, version, is_cut=is_cut)
        elif protocol == _ICMP and version == 4:
            self._icmp(at, end, is_cut=is_cut)
        elif protocol == _ICMP6 and version == 6:
            self._icmp6(at, end, network, is_cut=is_cut)
        elif protocol in (4, 41):
            self._raw(at, end)
        elif protocol == 47:
            self._gre(at, end)
        else:
            self.replaced["packets_of_unknown_protocols"] += 1
            self._fill(at, end)

    def _pseudo(self, octets: bytes | bytearray, network: int, version: int, length: int, protocol: int) -> bytes:
        size, first = (4, network + 12) if version == 4 else (16, network + 8)
        return covering(
            bytes(octets[first : first + size]), bytes(octets[first + size : first + 2 * size]), length, protocol
        )

    def _sum(self, at: int, end: int, field: int, pseudo: tuple[int, int, int] | None, *, is_cut: bool) -> None:
        """Write the checksum at ``field`` behind ``at`` once all else up to ``end`` is written.

        ``pseudo``: where the IP header is, its version, the protocol; None: the checksum covers none.  Of a packet that
        was cut the old one would tell the sum of its content: the new one is right over what there is.
        """
        data = self._data
        if at + field + 2 > min(end, len(data)):
            return
        old_pseudo = new_pseudo = b""
        if pseudo is not None:
            network, version, protocol = pseudo
            old_pseudo = self._pseudo(data, network, version, end - at, protocol)
            new_pseudo = self._pseudo(self._out, network, version, end - at, protocol)
        if is_cut or end > len(data):
            old = self._word(at + field)
            if old_pseudo and not is_cut and old == ones_complement_sum(old_pseudo):
                new = ones_complement_sum(new_pseudo)
            else:
                new = checksum(Sum.RIGHT if old else Sum.ABSENT, bytes(self._out[at:end]), field, new_pseudo)
        else:
            kind = sum_of(data[at:end], field, old_pseudo)
            new = checksum(kind, bytes(self._out[at:end]), field, new_pseudo)
        self._put(at + field, new.to_bytes(2))

    def _tcp(self, at: int, end: int, network: int, version: int, *, is_cut: bool) -> None:
        """RFC 9293."""
        data = self._data
        limit = min(end, len(data))
        self._keep(at, max(min(16, limit - at), 0))
        if not self._has(at, 13, end):
            return
        if data[at + 13 : at + 14] and data[at + 13] & _URGENT:
            self._keep(at + 18, max(min(2, limit - at - 18), 0))
        size = max((data[at + 12] >> 4) * 4, 20)
        if size > 20 and at + 20 < limit:
            ends = (network + 12, 4) if version == 4 else (network + 8, 16)
            first = data[ends[0] : ends[0] + ends[1]]
            second = data[ends[0] + ends[1] : ends[0] + 2 * ends[1]]
            area = data[at + 20 : min(at + size, limit)]
            self._put(at + 20, self._options.tcp(area, size - 20, first, second)[: limit - at - 20])
        if at + size < limit:
            given = self._segment
            if given is not None and given[0] == at and len(given[1]) == limit - at - size:
                self._put(at + size, given[1])
                self.replaced["payload_bytes"] += len(given[1])
            else:
                self._fill(at + size, limit)
        self._sum(at, end, 16, (network, version, TCP), is_cut=is_cut)

    def _udp(self, at: int, end: int, network: int, version: int, *, is_cut: bool) -> None:
        """RFC 768."""
        data = self._data
        limit = min(end, len(data))
        self._keep(at, max(min(6, limit - at), 0))
        if not self._has(at, 8, end):
            return
        length = self._word(at + 4)
        stop = min(end, at + length) if length >= 8 else end
        ports = {self._word(at), self._word(at + 2)}
        payload = data[at + 8 : min(stop, len(data))]
        self._payload_of_udp(at + 8, stop, ports, payload, is_cut=is_cut)
        self._sum(at, stop, 6, (network, version, _UDP), is_cut=is_cut)

    def _payload_of_udp(self, at: int, stop: int, ports: set[int], payload: bytes, *, is_cut: bool) -> None:
        if ports & _VXLAN and self._has(at, 8, stop) and not is_cut:
            self._keep(at, 1)
            self._keep(at + 4, 3)
            self._ethernet(at + 8, stop)
        elif _GENEVE in ports and self._has(at, 8, stop) and not is_cut:
            self._keep(at, 7)
            size = 8 + (self._data[at] & 0x3F) * 4
            self._geneve_options(at + 8, at + size)
            self._typed(at + size, self._word(at + 2), at + 2, stop)
        elif ports & _DNS and payload and self._datagram is not None:
            self._put(at, self._datagram(payload))
            self.replaced["payload_bytes"] += len(payload)
        else:
            self._fill(at, stop)

    def _geneve_options(self, at: int, end: int) -> None:
        """RFC 8926, 3.5: what an option is stays, what it says does not."""
        while self._has(at, 4, end):
            self._keep(at, 4)
            at += 4 + (self._data[at + 3] & 0x1F) * 4

    def _gre(self, at: int, end: int) -> None:
        """RFC 2784, 2890, PPTP's version (RFC 2637); no source routes."""
        if not self._has(at, 4, end):
            return
        flags, kind = self._word(at), self._word(at + 2)
        self._keep(at, 4)
        if flags & 0x4000:
            return
        inner = at + 4
        if flags & 0x8000:
            inner += 4
        if flags & 0x2000:
            first = 0
            if kind == 0x880B:  # a length, then the number of a call
                self._keep(inner, 2)
                first = 2
            if self._has(inner, 4, end):
                key = int.from_bytes(self._data[inner + first : inner + 4])
                moved = self.mapping.moved(b"gre key", b"", key, 32 - 8 * first)
                self._put(inner + first, moved.to_bytes(4 - first))
            inner += 4
        if flags & 0x1000:
            self._keep(inner, 4)
            inner += 4
        if kind == 0x880B:
            inner += 4 if flags & 7 and flags & 0x80 else 0
            self._ppp(inner, end)
        elif kind in (IPV4, IPV6, _BRIDGED) or kind in _MPLS:
            self._typed(inner, kind, at + 2, end)
        if flags & 0x8000:
            self._sum(at, end, 4, None, is_cut=False)

    # -- ICMP

    def _icmp(self, at: int, end: int, *, is_cut: bool) -> None:
        """RFC 792."""
        if not self._has(at, 4, end):
            return
        kind, body = self._data[at], at + 8
        self._keep(at, 2)
        if kind in _QUOTING:
            if kind == 5:
                self._address(at + 4, 4)
            else:
                self._told_of_quote(at, kind)
            self._raw_quote(body, end)
        elif kind in _ECHO:
            self._echo(at, end)
        elif kind in (13, 14):
            self._identified(at)
        self._sum(at, end, 2, None, is_cut=is_cut)

    def _raw_quote(self, at: int, end: int) -> None:
        self._depth += 1
        if at < min(end, len(self._data)) and self._depth <= _DEEPEST:
            if self._data[at] >> 4 == 4:
                self._ipv4(at, end, quoted=True)
            else:
                self._ipv6(at, end, quoted=True)

    def _told_of_quote(self, at: int, kind: int) -> None:
        """The bytes before a quotation, of four, that are in use (RFC 792, 1191, 4884)."""
        if kind in (3, 11, 12):
            self._keep(at + 5, 1)
        if kind == 12:
            self._keep(at + 4, 1)
        elif kind == 3 and self._data[at + 1] == _TOO_BIG:
            self._keep(at + 6, 2)

    def _echo(self, at: int, end: int) -> None:
        self._identified(at)
        self._fill(at + 8, end)

    def _identified(self, at: int) -> None:
        """An identifier, moved, and a number."""
        self._put(at + 4, self.mapping.moved(b"echo", b"", self._word(at + 4), 16).to_bytes(2))
        self._keep(at + 6, 2)

    def _icmp6(self, at: int, end: int, network: int, *, is_cut: bool) -> None:
        """RFC 4443, 4861, 2710, 3810."""
        if not self._has(at, 4, end):
            return
        kind = self._data[at]
        self._keep(at, 2)
        if kind in _QUOTING_6:
            self._keep(at + 4, 4 if kind in (2, 4) else 1)  # a size, a place; the length of the quotation (RFC 4884)
            self._raw_quote(at + 8, end)
        elif kind in _ECHO_6:
            self._echo(at, end)
        elif kind in (133, 134):
            if kind == 134:
                self._keep(at + 4, 12)
            self._discovered(at + (8 if kind == 133 else 16), end)
        elif kind in (135, 136, 137):
            if kind == 136 and self._has(at, 5, end):
                self._put(at + 4, bytes((self._data[at + 4] & _NEIGHBOUR_FLAGS,)))
            self._address(at + 8, 16)
            if kind == 137:
                self._address(at + 24, 16)
            self._discovered(at + (40 if kind == 137 else 24), end)
        elif kind in (130, 131, 132):
            self._keep(at + 4, 2)
            self._address(at + 8, 16)
        self._sum(at, end, 2, (network, 6, _ICMP6), is_cut=is_cut)

    def _discovered(self, at: int, end: int) -> None:
        """Options of neighbour discovery (RFC 4861, 4.6)."""
        while self._has(at, 8, end):
            kind, size = self._data[at], self._data[at + 1] * 8
            if not size:
                return
            self._keep(at, 2)
            if kind in (1, 2) and size == 8:
                self._mac(at + 2)
            elif kind == 5:
                self._keep(at + 2, 6)
            elif kind == 3 and self._has(at, 32, end):
                self._keep(at + 2, 14)
                bits = min(self._data[at + 2], 128)
                prefix = int.from_bytes(self.mapping.address(self._data[at + 16 : at + 32])) >> (128 - bits)
                self._put(at + 16, (prefix << (128 - bits)).to_bytes(16))
            elif kind == 4:
                self._raw_quote(at + 8, min(end, at + size))
            at += size
