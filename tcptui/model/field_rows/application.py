"""Fields of UDP, HTTP, WebSocket, SMTP and Redis, and of bytes that nothing explains."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import AnyOf, Base, Field, FieldType, Layer, Place, Text, Unit

_BYTES: Final = Unit.BYTES


def _http(name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *, text: Text = Text.LABEL) -> Field:
    """A field of HTTP.  Each may repeat, because a segment may hold several messages."""
    return Field(f"http.{name}", kind, doc, unit=unit, repeats=True, text=text)


def _header(name: str, title: str) -> Field:
    """A header field, whose line is all of it."""
    return _http(name, FieldType.STRING, f"The header field {title}.", text=Text.BEHIND_COLON)


_UDP: Final = (
    Field("udp", FieldType.PROTOCOL, "The UDP header.", repeats=True, layer=Layer.LISTED | Layer.DESCRIBED),
    Field("udp.srcport", FieldType.UINT16, "Port of the sender.", repeats=True, place=Place("udp", 0, 2)),
    Field("udp.dstport", FieldType.UINT16, "Port of the receiver.", repeats=True, place=Place("udp", 2, 2)),
    Field("udp.port", FieldType.UINT16, "Port of the sender or the receiver.", AnyOf(("udp.srcport", "udp.dstport")),
          repeats=True),
    Field("udp.length", FieldType.UINT16, "Length of the datagram, including the header.", unit=_BYTES, repeats=True,
          place=Place("udp", 4, 2)),
    Field("udp.checksum", FieldType.UINT16, "Checksum of the datagram.", repeats=True, base=Base.HEXADECIMAL,
          place=Place("udp", 6, 2)),
    Field("udp.checksum.status", FieldType.UINT8, "Whether the datagram's checksum is right.", repeats=True),
    Field("udp.payload", FieldType.BYTES, "The payload's bytes.", repeats=True),
)  # fmt: skip

_DATA: Final = (
    Field(
        "data",
        FieldType.PROTOCOL,
        "Bytes that no protocol decodes.",
        repeats=True,
        layer=Layer.LISTED | Layer.WITH_REST,
    ),
    Field("data.data", FieldType.BYTES, "The bytes that no protocol decodes.", repeats=True),
    Field("data.len", FieldType.INT32, "How many bytes no protocol decodes.", unit=_BYTES, repeats=True),
    Field("data-text-lines", FieldType.PROTOCOL, "A body of text, line by line.", repeats=True, layer=Layer.DESCRIBED),
)

_HTTP: Final = (
    Field(
        "http",
        FieldType.PROTOCOL,
        "An HTTP message.",
        repeats=True,
        layer=Layer.LISTED | Layer.ONE_A_SEGMENT | Layer.WITH_REST,
    ),
    _http("chat", FieldType.NONE, "The note with the first line of a message."),
    _http("request", FieldType.BOOLEAN, "The message is a request."),
    _http("request_number", FieldType.UINT32, "Number of the request in its connection, from 1."),
    _http("prev_request_in", FieldType.FRAMENUM, "The frame with the connection's previous request."),
    _http("next_request_in", FieldType.FRAMENUM, "The frame with the connection's next request."),
    _http("response", FieldType.BOOLEAN, "The message is a response."),
    _http("response_number", FieldType.UINT32, "Number of the response in its connection, from 1."),
    _http("prev_response_in", FieldType.FRAMENUM, "The frame with the connection's previous response."),
    _http("next_response_in", FieldType.FRAMENUM, "The frame with the connection's next response."),
    _http("request.method", FieldType.STRING, "Method of the request.", text=Text.BYTES),
    _http("request.uri", FieldType.STRING, "What the request asks for.", text=Text.BYTES),
    _http(
        "request.uri.path", FieldType.STRING, "The part of the request's URI before the question mark.", text=Text.BYTES
    ),
    _http(
        "request.uri.query",
        FieldType.STRING,
        "The part of the request's URI after the question mark.",
        text=Text.BYTES,
    ),
    _http("request.uri.query.parameter", FieldType.STRING, "One parameter of the query.", text=Text.BYTES),
    _http("request.version", FieldType.STRING, "HTTP version of the request.", text=Text.BYTES),
    _http("request.full_uri", FieldType.STRING, "The request's URI with scheme and host."),
    _http("request.line", FieldType.STRING, "A header field of the request.", text=Text.BYTES),
    _http("request_in", FieldType.FRAMENUM, "The frame with the request."),
    _http("response.version", FieldType.STRING, "HTTP version of the response.", text=Text.BYTES),
    _http("response.code", FieldType.UINT16, "Status code of the response."),
    _http("response.code.desc", FieldType.STRING, "What the status code means."),
    _http("response.phrase", FieldType.STRING, "Reason phrase of the response.", text=Text.BYTES),
    _http("response.line", FieldType.STRING, "A header field of the response.", text=Text.BYTES),
    _http("response_in", FieldType.FRAMENUM, "The frame with the response."),
    _http("response_for.uri", FieldType.STRING, "The URI that the response is for."),
    _http("proxy_connect_host", FieldType.STRING, "The host that the CONNECT of this tunnel asked for."),
    _http("proxy_connect_port", FieldType.UINT16, "The port that the CONNECT of this tunnel asked for."),
    _http("time", FieldType.RELATIVE_TIME, "Time from the request to its response.", Unit.SECONDS),
    _header("accept", "Accept"),
    _header("accept_encoding", "Accept-Encoding"),
    _header("accept_language", "Accept-Language"),
    _header("authorization", "Authorization"),
    _header("cache_control", "Cache-Control"),
    _header("connection", "Connection"),
    _header("content_encoding", "Content-Encoding"),
    _header("content_length_header", "Content-Length, as text"),
    _http("content_length", FieldType.UINT64, "Length of the body according to its header field.", _BYTES),
    _header("content_type", "Content-Type"),
    _header("cookie", "Cookie"),
    _http("cookie_pair", FieldType.STRING, "One cookie with its value."),
    _header("date", "Date"),
    _header("host", "Host"),
    _header("http2_settings", "HTTP2-Settings"),
    _header("last_modified", "Last-Modified"),
    _header("location", "Location"),
    _header("proxy_authenticate", "Proxy-Authenticate"),
    _header("proxy_authorization", "Proxy-Authorization"),
    _header("referer", "Referer"),
    _header("sec_websocket_accept", "Sec-WebSocket-Accept"),
    _header("sec_websocket_extensions", "Sec-WebSocket-Extensions"),
    _header("sec_websocket_key", "Sec-WebSocket-Key"),
    _header("sec_websocket_protocol", "Sec-WebSocket-Protocol"),
    _header("sec_websocket_version", "Sec-WebSocket-Version"),
    _header("server", "Server"),
    _header("set_cookie", "Set-Cookie"),
    _header("transfer_encoding", "Transfer-Encoding"),
    _header("upgrade", "Upgrade"),
    _header("user_agent", "User-Agent"),
    _header("www_authenticate", "WWW-Authenticate"),
    _header("x_forwarded_for", "X-Forwarded-For"),
    _http("chunk_size", FieldType.UINT32, "Length of a chunk.", _BYTES),
    _http("chunk_data", FieldType.BYTES, "The bytes of a chunk."),
    _http("chunk_boundary", FieldType.BYTES, "The line end after a chunk."),
    _http("chunked_trailer_part", FieldType.STRING, "Header fields after the last chunk.", text=Text.BYTES),
    _http("file_data", FieldType.STRING, "The decoded body.", text=Text.BYTES),
)


def _websocket(
    name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *,
    base: Base = Base.DECIMAL, text: Text = Text.LABEL,
) -> Field:  # fmt: skip
    """A field of WebSocket.  Each may repeat, because a segment may hold several frames."""
    return Field(f"websocket.{name}", kind, doc, unit=unit, repeats=True, base=base, text=text)


_WEBSOCKET: Final = (
    Field("websocket", FieldType.PROTOCOL, "A WebSocket frame (RFC 6455).", repeats=True, layer=Layer.LISTED),
    _websocket("fin", FieldType.BOOLEAN, "The frame is its message's last."),
    _websocket("rsv", FieldType.UINT8, "The reserved bits.", base=Base.HEXADECIMAL),
    _websocket("pmc", FieldType.BOOLEAN, "The message is compressed (RFC 7692)."),
    _websocket("opcode", FieldType.UINT8, "Kind of the frame."),
    _websocket("mask", FieldType.BOOLEAN, "The payload is masked."),
    _websocket("payload_length", FieldType.UINT8, "The length's first seven bits.", _BYTES),
    _websocket("payload_length_ext_16", FieldType.UINT16, "Length of the payload, in 16 bits.", _BYTES),
    _websocket("payload_length_ext_64", FieldType.UINT64, "Length of the payload, in 64 bits.", _BYTES),
    _websocket("masking_key", FieldType.BYTES, "What the payload is masked with."),
    _websocket("masked_payload", FieldType.NONE, "The payload as it was sent."),
    _websocket("payload", FieldType.NONE, "The payload without its mask."),
    _websocket("payload.text", FieldType.STRING, "The text of a message.", text=Text.BYTES),
    _websocket("payload.ping", FieldType.BYTES, "What a Ping carries."),
    _websocket("payload.pong", FieldType.BYTES, "What a Pong carries."),
    _websocket("payload.close", FieldType.NONE, "What a Close carries."),
    _websocket("payload.close.status_code", FieldType.UINT16, "Why the connection is closed, as a code."),
    _websocket("payload.close.reason", FieldType.STRING, "Why the connection is closed, in words.", text=Text.BYTES),
    _websocket("fragments", FieldType.NONE, "The frames of a message."),
    _websocket("fragment", FieldType.FRAMENUM, "A captured frame with a part of the message."),
    _websocket("fragment.count", FieldType.UINT32, "How many frames the message has."),
    _websocket("reassembled.length", FieldType.UINT32, "Length of the message.", _BYTES),
)


def _smtp(name: str, kind: FieldType, doc: str) -> Field:
    """A field of SMTP.  Each may repeat, because a segment may hold several commands or replies."""
    return Field(f"smtp.{name}", kind, doc, repeats=True)


_SMTP: Final = (
    Field(
        "smtp",
        FieldType.PROTOCOL,
        "SMTP commands, replies and messages (RFC 5321).",
        repeats=True,
        layer=Layer.ONE_A_SEGMENT,
    ),
    _smtp("command_line", FieldType.STRING, "A command with its parameter."),
    _smtp("req.command", FieldType.STRING, "The command's verb."),
    _smtp("req.parameter", FieldType.STRING, "What follows the command's verb."),
    _smtp("response", FieldType.STRING, "A line of a reply."),
    _smtp("response.code", FieldType.UINT32, "Code of the reply."),
    _smtp("rsp.parameter", FieldType.STRING, "Text of the reply."),
    _smtp("message", FieldType.STRING, "The mail itself."),
    _smtp("eom", FieldType.NONE, "The full stop that ends the mail."),
    _smtp("auth.username_password", FieldType.STRING, "Credentials; their text is never shown."),
)


def _resp(name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *, text: Text = Text.LABEL) -> Field:
    """A field of Redis.  Each may repeat, because a segment may hold many values."""
    return Field(f"resp.{name}", kind, doc, unit=unit, repeats=True, text=text)


_RESP: Final = (
    Field(
        "resp",
        FieldType.PROTOCOL,
        "Redis commands and replies (RESP).",
        repeats=True,
        layer=Layer.LISTED | Layer.ONE_A_SEGMENT,
    ),
    _resp("string", FieldType.STRING, "A simple string, such as OK.", text=Text.BYTES),
    _resp("error", FieldType.STRING, "An error; its first word is its kind.", text=Text.BYTES),
    _resp("integer", FieldType.INT64, "A whole number."),
    _resp("bulk_string", FieldType.NONE, "A string of a given length."),
    _resp("bulk_string.length", FieldType.INT32, "Length of the string; -1: null.", _BYTES),
    _resp("bulk_string.value", FieldType.BYTES, "The string's bytes; those of secrets are never shown."),
    _resp("array", FieldType.NONE, "An array: a command, or a reply of several values."),
    _resp("array.length", FieldType.INT64, "How many values the array has; -1: null."),
)

#: Name and title of protocols that the header tree shows without fields of their own, or with those of other modules.
_BY_NAME: Final[tuple[tuple[str, str] | tuple[str, str, Layer], ...]] = (
    ("chdlc", "Cisco HDLC"), ("dhcp", "Dynamic Host Configuration Protocol"),
    ("dns", "Domain Name System", Layer.LISTED | Layer.ONE_A_SEGMENT), ("esp", "Encapsulating Security Payload"),
    ("geneve", "Generic Network Virtualization Encapsulation"), ("gre", "Generic Routing Encapsulation"),
    ("igmp", "Internet Group Management Protocol"), ("llc", "Logical-Link Control"),
    ("llmnr", "Link-local Multicast Name Resolution"), ("mdns", "Multicast Domain Name System"),
    ("mpls", "an MPLS label"),
    ("ntp", "Network Time Protocol"), ("ppp", "Point-to-Point Protocol"), ("pppoes", "a PPP-over-Ethernet session"),
    ("sctp", "Stream Control Transmission Protocol"), ("snmp", "Simple Network Management Protocol"),
    ("stp", "Spanning Tree Protocol"), ("vxlan", "Virtual eXtensible Local Area Network"),
)  # fmt: skip


def _by_name(name: str, title: str, layer: Layer = Layer.NONE) -> Field:
    return Field(name, FieldType.PROTOCOL, f"The frame has {title}.", repeats=True, layer=layer)


_OTHERS: Final = tuple(_by_name(*row) for row in _BY_NAME)

APPLICATION_FIELDS: Final = (*_UDP, *_DATA, *_HTTP, *_WEBSOCKET, *_SMTP, *_RESP, *_OTHERS)
