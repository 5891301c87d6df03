"""Fingerprints of hello messages: JA3 and JA3S (Althouse, Atkinson, Atkins 2017), JA4 of the client (FoxIO 2023).

Values that mean nothing (RFC 8701) are left out.  JA4 is read from the order-free lists, so it survives a client that
shuffles its extensions; of the JA4+ family only the client's TLS fingerprint is free to use, and only that is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.tls.codes import Extension, is_grease

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.tls.lines import Line

_TYPE: Final = "handshake.extension.type"
_VERSIONS: Final = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2"}
_LEFT_OUT: Final = frozenset({int(Extension.SERVER_NAME), int(Extension.ALPN)})
_HASHED: Final = 12


def _meaningful(values: Iterable[int]) -> list[int]:
    return [value for value in values if not is_grease(value)]


def _joined(values: Iterable[int]) -> str:
    return "-".join(str(value) for value in _meaningful(values))


def ja3_full(hello: Line) -> str:
    """The text of a ClientHello that JA3 is the MD5 of."""
    lists = (
        "handshake.ciphersuite", _TYPE, "handshake.extensions_supported_group",
        "handshake.extensions_ec_point_format",
    )  # fmt: skip
    return ",".join([_version(hello), *(_joined(hello.numbers(name)) for name in lists)])


def ja3s_full(hello: Line) -> str:
    """The text of a ServerHello that JA3S is the MD5 of."""
    suites = hello.numbers("handshake.ciphersuite")
    return ",".join([_version(hello), "-".join(map(str, suites)), "-".join(map(str, hello.numbers(_TYPE)))])


def _version(hello: Line) -> str:
    return "-".join(map(str, hello.numbers("handshake.version")[:1]))


def ja3(full: str) -> str:
    """The fingerprint made of such a text."""
    import hashlib  # loads OpenSSL, which captures without TLS do without

    return hashlib.md5(full.encode(), usedforsecurity=False).hexdigest()


def ja4(hello: Line) -> str:
    """The JA4 fingerprint of a ClientHello over TCP."""
    suites = _meaningful(hello.numbers("handshake.ciphersuite"))
    kinds = _meaningful(hello.numbers(_TYPE))
    versions = _meaningful(hello.numbers("handshake.extensions.supported_version"))
    version = max(versions or hello.numbers("handshake.version")[:1] or [0])
    named = "d" if Extension.SERVER_NAME in kinds else "i"
    counts = f"{min(len(suites), 99):02}{min(len(kinds), 99):02}"
    first = f"t{_VERSIONS.get(version, '00')}{named}{counts}{_alpn_ends(hello)}"
    listed = ",".join(sorted(f"{kind:04x}" for kind in kinds if kind not in _LEFT_OUT))
    algorithms = ",".join(f"{one:04x}" for one in _meaningful(_signature_algorithms(hello)))
    if algorithms:
        listed += f"_{algorithms}"
    return f"{first}_{_hashed(','.join(sorted(f'{suite:04x}' for suite in suites)))}_{_hashed(listed)}"


def _signature_algorithms(hello: Line) -> list[int]:
    kind = int(Extension.SIGNATURE_ALGORITHMS)
    return [number for line in hello.lines if line.value == kind and not line.field
            for number in line.numbers("handshake.sig_hash_alg")]  # fmt: skip


def _alpn_ends(hello: Line) -> str:
    """First and last character of the first protocol the client offers; of its hexadecimal form where one is odd."""
    offered = hello.texts("handshake.extensions_alpn_str")
    if not offered or not offered[0]:
        return "00"
    ends = offered[0][0] + offered[0][-1]
    if ends.isascii() and ends.isalnum():
        return ends
    raw = offered[0].encode("utf-8", "replace").hex()
    return raw[0] + raw[-1]


def _hashed(text: str) -> str:
    """The beginning of the text's SHA-256; zeros for none."""
    import hashlib  # as above

    return hashlib.sha256(text.encode()).hexdigest()[:_HASHED] if text else "0" * _HASHED
