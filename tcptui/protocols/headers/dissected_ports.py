"""Which payload Wireshark hands to a protocol that is not read here, so that it has no ``data`` field there.

By the port (``tshark -G decodes``, 4.0.17), or by how the payload, or its connection, begins.  What such a protocol
then refuses is ``data`` in Wireshark, and here where `_TAKEN` knows what it takes.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Ports, and stretches of them; without those of HTTP, which shows as ``data`` what begins no message.
_TCP: Final = (
    "0 7 13 19-23 25 37 42-43 49 53 70 79 88 102 104 110-111 119 123 139 143 161-162 179 199 210 323-324 389 427 443 "
    "445 464-465 473 500 502 512-515 524 547-548 554 564 587 636 639 646-647 674 705 802 829 853-854 862 873 925 988 "
    "993 995 1080 1090 1099 1102 1153 1194 1213 1300 1344 1433 1521 1533 1547 1723 1755 1861 1863 1883 1935 1978-1979 "
    "1998 2000-2001 2065 2099 2123 2126 2152 2190 2221 2234 2240 2269 2321-2322 2345 2401 2404 2424 2427 2433 2443 "
    "2501-2502 2571 2575 2600 2727 2812 2855 2944-2945 3002-3003 3006 3014 3016-3019 3050 3205 3245-3252 3268 3288 "
    "3306 3333-3334 3357 3369 3386 3389 3452 3478 3496 3567 3632 3671 3724 3804 3860 3863 3868 3918 4002 4058 4155 "
    "4189 4222-4224 4249-4250 4321 4342 4369 4420 4551 4555-4556 4661-4663 4712 4730 4737 4739 4788 4840 4880 5000 "
    "5010 5060-5061 5066 5084 5094 5190 5222 5253 5353 5432 5445 5500-5501 5534 5555 5671-5672 5683-5684 5701 5721 "
    "5868 5900-5901 5997 6000-6063 6068 6075 6084 6121 6160 6346 6379 6417 6653 6666-6668 6881-6889 7000 7075 "
    "7171-7172 7236 7275-7276 7871 7890 7900 7911 7930 8004 8009-8010 8023 8074 8085 8554 8567 8883 9000 9009 9042 "
    "9092 9168 9300 9418 9600 9955-9956 9999-10000 10288 11207 11210-11211 13400 13819 14001 15740 17500 17755-17756 "
    "19006 19042-19043 19506 19543 19999-20000 20256 21064 22222 24800 27017 29418 30000-30200 34980 44321-44322 "
    "44818 48049 48898 57000"
)
_UDP: Final = (
    "0 7 13 19 37 49 53 67-69 88 111 123 137-138 161-162 173 177 213 269 319-320 389 427 434 464 473 496 500 502 "
    "513-514 520-521 524-525 539 546-547 573 623 631 646 654 664 698-699 701 750 853-854 910 921 925 1001 1044 1052 "
    "1069 1089-1091 1101 1113 1153 1194 1293 1547 1628-1629 1645-1646 1700-1701 1718-1719 1745 1755 1812-1813 1900 "
    "1985 2029 2048 2055 2067 2099 2123 2152 2157 2190 2221-2222 2231 2246 2268-2269 2313 2345 2424 2427-2428 2727 "
    "2887 2944-2945 2948-2949 2960 3000 3121 3130 3205 3222 3250 3333 3343 3357 3386 3389 3452 3455 3478 3483 3503 "
    "3540 3544 3567 3622 3671 3784-3785 3792 3799 3804 3819 3863 3956 4000 4011 4058 4305-4307 4341-4342 4500 "
    "4533-4534 4551 4555-4556 4569 4665 4672 4713 4729 4739 4754 4784 4789-4791 4991 5000-5001 5031 5050 5060 5072 "
    "5094 5246-5247 5264-5265 5350-5351 5353 5355 5404-5405 5436 5555 5567 5678 5683-5684 5868 6060 6073 6081 6084 "
    "6087 6118 6160 6343 6543 6635 6666 6696 6784 6970 7000-7010 7021 7074-7075 7255 7275 7784 8000 8116 8161 8200 "
    "8211 8600 8611-8614 8755 8767 8805 8848 9003 9200-9203 9214 9600 9875 9877 9899 9901 9955-9956 9996 9999 10253 "
    "10500 11211 11273 11898 12000-12004 12220 12222-12223 13400 13819 13907 13910 17220 17500 17754-17756 18246 "
    "19132 19788 19948 19999-20000 20561 22222 23272 24576-24577 25826 26000 27036 27500 27910 27950-27953 "
    "27960-27963 30030 32000 32512 34962 34980 37008 41170 44818 45564 47000 47808 49999 54328 56000-56001 "
    "56500-56501 57000-57001 57032-57033 57500-57501 57532-57533 59000-59001 59032-59033 59500-59501 59532-59533 "
    "60001"
)

#: TLS, VNC, FIX and ONC RPC (a call or an answer behind its record mark).
_TCP_BEGINS: Final = re.compile(
    rb"[\x14-\x17]\x03[\x00-\x04]|RFB [0-9]{3}\.[0-9]{3}\n|8=FIX|"
    rb"[\x80-\xff].{7}(?:\x00{3}\x00\x00{3}\x02\x00[\x00-\xff]{3}|\x00{3}\x01\x00{3}[\x00\x01])",
    re.DOTALL,
)
#: Of these ports: how a payload, or its connection, begins that the port's protocol takes.  Cisco's SCCP (a length, and
#: one of its versions) and S101 (the mark of a frame); asked of tshark with made frames.
_TAKEN: Final = {
    2000: re.compile(rb"(?![\x00-\x03]\x00{3}).{4}[\x00\x0a\x0b\x0f-\x16]\x00{3}", re.DOTALL),
    9000: re.compile(rb"[\xf8\xfe]"),
}
#: DTLS, STUN, and the long header of QUIC.
_UDP_BEGINS: Final = re.compile(
    rb"[\x14-\x19](?:\xfe[\xfd\xff]|\x01\x00)|[\x00-\x3f].{3}\x21\x12\xa4\x42|[\xc0-\xff]\x00\x00\x00[\x01\x02]",
    re.DOTALL,
)


def has_tcp_dissector(ports: tuple[int, int], beginnings: Iterable[bytes]) -> bool:
    """Whether a segment between ``ports`` is another protocol's, where its payload, or a direction, begins so."""
    begins = tuple(beginnings)
    taking = [_TAKEN.get(port) for port in _numbers(_TCP).intersection(ports)]
    return any(form is None or any(map(form.match, begins)) for form in taking) or any(map(_TCP_BEGINS.match, begins))


def has_udp_dissector(ports: tuple[int, int], payload: bytes) -> bool:
    """Whether a datagram between ``ports`` is another protocol's, by them or by how its ``payload`` begins."""
    return not _numbers(_UDP).isdisjoint(ports) or _UDP_BEGINS.match(payload) is not None


@cache
def _numbers(listed: str) -> frozenset[int]:
    ends = [part.partition("-") for part in listed.split()]
    return frozenset(port for low, _, high in ends for port in range(int(low), int(high or low) + 1))
