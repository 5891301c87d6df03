"""Which list of a ClientHello is the short one, where a server found nothing in common (RFC 8446, 4.2.3, 4.2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import quoted
from tcptui.protocols.tls.codes import TLS_1_3, is_grease, name_of

if TYPE_CHECKING:
    from tcptui.protocols.tls.lines import Line

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


def short_list(hello: Line) -> dict[str, int | float | str]:
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
