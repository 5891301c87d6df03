"""Extensions of hello messages, read into lines (RFC 8446, 4.2; RFC 6066; RFC 7301).  Others are shown as bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tcptui.protocols.tls.certificate import distinguished_name
from tcptui.protocols.tls.codes import Extension, name_of
from tcptui.protocols.tls.lines import LIST_MOST, Line, Reader, ShortError
from tcptui.protocols.tls.signed_timestamps import read_signature_algorithm, read_timestamps

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Reads one extension: the line it stands in, its bytes, whether the client sent it.
_Read = Callable[[Line, Reader, bool], None]
#: A status request, or answer, for OCSP (RFC 6066, 8).
_OCSP: Final = 1


def read_extensions(body: Line, reader: Reader, *, from_client: bool) -> None:
    """The extensions of a hello, each a line with its own below; at most `LIST_MOST`."""
    for _ in range(LIST_MOST):
        if not reader.left:
            return
        start = reader.at
        kind, size = reader.number(2), reader.number(2)
        name = name_of("tls.handshake.extension.type", kind) or "Unknown type"
        label = name if name != "Unknown type" else f"Unknown type {kind}"
        line = body.add(f"Extension: {label} (len={size})", start, 4 + size, "", kind)
        line.add(f"Type: {name if label == name else 'Unknown'} ({kind})", start, 2, "handshake.extension.type", kind)
        line.add(f"Length: {size}", start + 2, 2, "handshake.extension.len", size)
        _read(line, kind, reader.inside(size), from_client)


def _read(line: Line, kind: int, inside: Reader, from_client: bool) -> None:
    read = _READERS.get(kind)
    if read is None:
        _data(line, inside, from_client)
        return
    try:
        read(line, inside, from_client)
        if inside.left:
            line.add("Undecoded trailing data", inside.at, inside.left)
    except ShortError:
        line.add("Malformed: the extension ends before what it announces", inside.at, inside.left)


def _server_name(line: Line, reader: Reader, _from_client: bool) -> None:
    if not reader.left:
        return
    names = line.add("Server Name Indication extension", reader.at, reader.left)
    reader.count(names, 2, "Server Name list length", "handshake.extensions_server_name_list_len")
    for _ in _while_left(reader):
        reader.name(names, 1, "Server Name Type", "handshake.extensions_server_name_type")
        size = reader.count(names, 2, "Server Name length", "handshake.extensions_server_name_len")
        reader.text(names, size, "Server Name", "handshake.extensions_server_name")


def _max_fragment_length(line: Line, reader: Reader, _from_client: bool) -> None:
    reader.name(line, 1, "Maximum Fragment Length", "handshake.max_fragment_length")


def _status_request(line: Line, reader: Reader, _from_client: bool) -> None:
    if not reader.left:
        return
    kind = reader.name(line, 1, "Certificate Status Type", "handshake.extensions_status_request_type")
    if kind == _OCSP:
        field = "handshake.extensions_status_request_responder_ids_len"
        reader.inside(reader.count(line, 2, "Responder ID list Length", field))
        field = "handshake.extensions_status_request_exts_len"
        reader.inside(reader.count(line, 2, "Request Extensions Length", field))


def _groups(line: Line, reader: Reader, _from_client: bool) -> None:
    field = "handshake.extensions_supported_group"
    size = reader.count(line, 2, "Supported Groups List Length", f"{field}s_length")
    groups = line.add(f"Supported Groups ({size // 2} groups)", reader.at, size, f"{field}s")
    reader.inside(size).names(groups, 2, "Supported Group", field, 4)


def _point_formats(line: Line, reader: Reader, _from_client: bool) -> None:
    field = "handshake.extensions_ec_point_format"
    size = reader.count(line, 1, "EC point formats Length", f"{field}s_length")
    formats = line.add(f"Elliptic curves point formats ({size})", reader.at, size, f"{field}s")
    reader.inside(size).names(formats, 1, "EC point format", field)


def read_signature_algorithms(line: Line, reader: Reader, _from_client: bool = True) -> None:
    """A list of signature algorithms, with its length in front."""
    size = reader.count(line, 2, "Signature Hash Algorithms Length", "handshake.sig_hash_alg_len")
    title = f"Signature Hash Algorithms ({size // 2} algorithms)"
    algorithms = line.add(title, reader.at, size, "handshake.sig_hash_algs")
    inside = reader.inside(size)
    for _ in _while_left(inside):
        read_signature_algorithm(algorithms, inside)


def _heartbeat(line: Line, reader: Reader, _from_client: bool) -> None:
    reader.name(line, 1, "Mode", "handshake.extension.heartbeat.mode")


def _alpn(line: Line, reader: Reader, _from_client: bool) -> None:
    size = reader.count(line, 2, "ALPN Extension Length", "handshake.extensions_alpn_len")
    names = line.add("ALPN Protocol", reader.at, size, "handshake.extensions_alpn_list")
    inside = reader.inside(size)
    for _ in _while_left(inside):
        length = inside.count(names, 1, "ALPN string length", "handshake.extensions_alpn_str_len")
        inside.text(names, length, "ALPN Next Protocol", "handshake.extensions_alpn_str")


def _padding(line: Line, reader: Reader, _from_client: bool) -> None:
    if reader.left:
        reader.raw(line, reader.left, "Padding Data", "handshake.extensions_padding_data")


def _compress_certificate(line: Line, reader: Reader, _from_client: bool) -> None:
    size = reader.count(line, 1, "Algorithms Length", "compress_certificate.algorithms_length")
    reader.inside(size).names(line, 2, "Algorithm", "compress_certificate.algorithm")


def _record_size_limit(line: Line, reader: Reader, _from_client: bool) -> None:
    reader.count(line, 2, "Record Size Limit", "record_size_limit")


def _data(line: Line, reader: Reader, _from_client: bool) -> None:
    """An extension that is not read further, or whose data are opaque."""
    size = reader.left
    data = reader.take(size)
    line.add(f"Data ({size} bytes)", reader.at - size, size, "handshake.extension.data", data)


def _pre_shared_key(line: Line, reader: Reader, from_client: bool) -> None:
    shared = line.add("Pre-Shared Key extension", reader.at, reader.left)
    field = "handshake.extensions.psk"
    if not from_client:
        reader.count(shared, 2, "Selected Identity", f"{field}.identity.selected")
        return
    identities = reader.inside(reader.count(shared, 2, "Identities Length", f"{field}.identities.length"))
    for _ in _while_left(identities):
        size = identities.number(2)
        one = shared.add(f"PSK Identity (length: {size})", identities.at - 2, size + 6)
        one.add(f"Identity Length: {size}", identities.at - 2, 2, f"{field}.identity.identity_length", size)
        identities.raw(one, size, "Identity", f"{field}.identity.identity")
        identities.count(one, 4, "Obfuscated Ticket Age", f"{field}.identity.obfuscated_ticket_age")
    size = reader.count(shared, 2, "PSK Binders length", f"{field}.binders_len")
    reader.inside(size)
    shared.add("PSK Binders", reader.at - size, size, f"{field}.binders")


def _early_data(line: Line, reader: Reader, _from_client: bool) -> None:
    if reader.left:  # in a NewSessionTicket
        reader.count(line, 4, "Maximum Early Data Size", "early_data.max_early_data_size")


def _supported_versions(line: Line, reader: Reader, from_client: bool) -> None:
    if from_client:
        size = reader.count(line, 1, "Supported Versions length", "handshake.extensions.supported_versions_len")
        reader = reader.inside(size)
    reader.names(line, 2, "Supported Version", "handshake.extensions.supported_version", 4)


def _cookie(line: Line, reader: Reader, _from_client: bool) -> None:
    size = reader.count(line, 2, "Cookie length", "handshake.extensions.cookie_len")
    reader.raw(line, size, "Cookie", "handshake.extensions.cookie")


def _psk_modes(line: Line, reader: Reader, _from_client: bool) -> None:
    size = reader.count(line, 1, "PSK Key Exchange Modes Length", "extension.psk_ke_modes_length")
    reader.inside(size).names(line, 1, "PSK Key Exchange Mode", "extension.psk_ke_mode")


def _key_share(line: Line, reader: Reader, from_client: bool) -> None:
    shares = line.add("Key Share extension", reader.at, reader.left)
    field = "handshake.extensions_key_share"
    if from_client:
        reader = reader.inside(reader.count(shares, 2, "Client Key Share Length", f"{field}_client_length"))
    elif reader.left == 2:  # a HelloRetryRequest
        reader.name(shares, 2, "Selected Group", f"{field}_selected_group")
        return
    for _ in _while_left(reader):
        start = reader.at
        group, size = reader.number(2), reader.number(2)
        name = name_of(f"tls.{field}_group", group) or "Unknown"
        title = f"Key Share Entry: Group: {name}, Key Exchange length: {size}"
        entry = shares.add(title, start, 4 + size)
        entry.add(f"Group: {name} ({group})", start, 2, f"{field}_group", group)
        entry.add(f"Key Exchange Length: {size}", start + 2, 2, f"{field}_key_exchange_length", size)
        reader.raw(entry, size, "Key Exchange", f"{field}_key_exchange")


def _renegotiation_info(line: Line, reader: Reader, _from_client: bool) -> None:
    told = line.add("Renegotiation Info extension", reader.at, reader.left)
    field = "handshake.extensions_reneg_info"
    size = reader.count(told, 1, "Renegotiation info extension length", f"{field}_len")
    if size:
        reader.raw(told, size, "Renegotiation info", field)


def _next_protocol(line: Line, reader: Reader, _from_client: bool) -> None:
    for _ in _while_left(reader):
        size = reader.count(line, 1, "Protocol string length", "handshake.extensions_npn_str_len")
        reader.text(line, size, "Next Protocol", "handshake.extensions_npn")


def _timestamps(line: Line, reader: Reader, _from_client: bool) -> None:
    if reader.left:
        read_timestamps(line, reader)


def read_authorities(line: Line, reader: Reader, _from_client: bool = True) -> None:
    """Names of certificate authorities that an end trusts, with their length in front (RFC 8446, 4.2.4)."""
    size = reader.count(line, 2, "Distinguished Names Length", "handshake.dnames_len")
    if not size:
        return
    names = line.add(f"Distinguished Names ({size} bytes)", reader.at, size, "handshake.dnames")
    inside = reader.inside(size)
    for _ in _while_left(inside):
        length = inside.count(names, 2, "Distinguished Name Length", "handshake.dname_len")
        raw = inside.take(length)
        label = f"Distinguished Name: ({distinguished_name(raw)})"
        names.add(label, inside.at - length, length, "handshake.dname", raw)


def _delegated_credentials(line: Line, reader: Reader, from_client: bool) -> None:
    if from_client:
        read_signature_algorithms(line, reader)
    else:
        _data(line, reader, from_client)


def _application_settings(line: Line, reader: Reader, from_client: bool) -> None:
    if not from_client:
        _data(line, reader, from_client)
        return
    field = "handshake.extensions_alps"
    size = reader.count(line, 2, "ALPS Extension Length", f"{field}_len")
    names = line.add("Supported ALPN List", reader.at, size, f"{field}_alpn_list")
    inside = reader.inside(size)
    for _ in _while_left(inside):
        length = inside.count(names, 1, "Supported ALPN Length", f"{field}_alpn_str_len")
        inside.text(names, length, "Supported ALPN", f"{field}_alpn_str")


def _nothing(_line: Line, _reader: Reader, _from_client: bool) -> None:
    """An extension that says all by being there."""


def _while_left(reader: Reader) -> Iterator[int]:
    """One step for each value of a list, as long as bytes are left; at most `LIST_MOST`."""
    for step in range(LIST_MOST):
        if not reader.left:
            return
        yield step


_READERS: Final[dict[int, _Read]] = {
    Extension.SERVER_NAME: _server_name,
    Extension.MAX_FRAGMENT_LENGTH: _max_fragment_length,
    Extension.STATUS_REQUEST: _status_request,
    Extension.SUPPORTED_GROUPS: _groups,
    Extension.EC_POINT_FORMATS: _point_formats,
    Extension.SIGNATURE_ALGORITHMS: read_signature_algorithms,
    Extension.SIGNATURE_ALGORITHMS_CERT: read_signature_algorithms,
    Extension.HEARTBEAT: _heartbeat,
    Extension.ALPN: _alpn,
    Extension.SIGNED_CERTIFICATE_TIMESTAMP: _timestamps,
    Extension.DELEGATED_CREDENTIALS: _delegated_credentials,
    Extension.PADDING: _padding,
    Extension.COMPRESS_CERTIFICATE: _compress_certificate,
    Extension.RECORD_SIZE_LIMIT: _record_size_limit,
    Extension.SESSION_TICKET: _data,
    Extension.PRE_SHARED_KEY: _pre_shared_key,
    Extension.EARLY_DATA: _early_data,
    Extension.SUPPORTED_VERSIONS: _supported_versions,
    Extension.COOKIE: _cookie,
    Extension.PSK_KEY_EXCHANGE_MODES: _psk_modes,
    Extension.KEY_SHARE: _key_share,
    Extension.APPLICATION_SETTINGS: _application_settings,
    Extension.NEXT_PROTOCOL: _next_protocol,
    Extension.ENCRYPT_THEN_MAC: _nothing,
    Extension.EXTENDED_MASTER_SECRET: _nothing,
    Extension.CERTIFICATE_AUTHORITIES: read_authorities,
    Extension.POST_HANDSHAKE_AUTH: _nothing,
    Extension.RENEGOTIATION_INFO: _renegotiation_info,
}
