"""Values as text, as ``tshark -T fields`` prints them."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.field import Base
from tcptui.model.field import FieldType as T
from tcptui.model.shared_text import shares_long_texts

if TYPE_CHECKING:
    from tcptui.model.field import Field

#: tshark writes these as C does, others as they are, also those that sound (\a) or feed lines (\v).
_ESCAPES: Final = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b"})
_SECOND: Final = 1_000_000_000
_HEX_DIGITS: Final = {T.UINT8: 2, T.UINT16: 4, T.UINT24: 6, T.UINT32: 8, T.UINT64: 16}


@shares_long_texts
def _string(value: bytes) -> str:
    return str(value, "utf-8", "replace").translate(_ESCAPES)


def value_text(kind: T, value: Any, field: Field | None) -> str:
    """One value of ``field`` (None: something computed) as text."""
    match kind:
        case T.IPV4:
            return str(ipaddress.IPv4Address(value))
        case T.IPV6:
            return socket.inet_ntop(socket.AF_INET6, bytes(value))
        case T.ADDRESS:
            return str(ipaddress.ip_address(value))
        case T.ETHER:
            return str(value.hex(":"))
        case T.BYTES | T.PROTOCOL:
            return str(value.hex())
        case T.STRING:
            return _string(value)
        case T.RELATIVE_TIME:
            whole, rest = divmod(abs(value), _SECOND)
            return f"{'-' if value < 0 else ''}{whole}.{rest:09d}"
        case T.DOUBLE | T.FLOAT:
            return repr(float(value)).removesuffix(".0")
        case T.BOOLEAN:
            return str(int(value != 0))
        case T.NONE:
            return ""
    digits = _HEX_DIGITS.get(kind)
    if digits is not None and field is not None and field.base is Base.HEXADECIMAL:
        return f"0x{value:0{digits}x}"
    return str(value)
