"""Fields of HTTP/2 and gRPC."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import Base, Field, Layer, Text, Unit
from tcptui.model.field import FieldType as T

_BYTES: Final = Unit.BYTES
_NONE: Final = Unit.NONE
_HEX: Final = Base.HEXADECIMAL
#: Header fields that have a display filter field of their own in Wireshark.
_HEADERS: Final = (
    "accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "access-control-allow-origin",
    "age", "allow", "authorization", "cache-control", "content-disposition", "content-encoding", "content-language",
    "content-length", "content-location", "content-range", "content-type", "cookie", "date", "etag", "expect",
    "expires", "from", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
    "last-modified", "link", "location", "max-forwards", "proxy-authenticate", "proxy-authorization", "range",
    "referer", "refresh", "retry-after", "server", "set-cookie", "strict-transport-security", "user-agent", "vary",
    "via", "www-authenticate",
)  # fmt: skip
_PSEUDO: Final = ("authority", "method", "path", "scheme", "status")
#: Name of a header field to the name of its field.
HEADER_NAMES: Final = {name: f"http2.headers.{name.replace('-', '_')}" for name in _HEADERS} | {
    f":{name}": f"http2.headers.{name}" for name in _PSEUDO
}
_NUMBERS: Final = {"age": T.UINT64, "content-length": T.UINT64, "max-forwards": T.UINT64, ":status": T.UINT16}

_TABLE: Final = (
    ("stream", T.NONE, "A frame of HTTP/2."),
    ("magic", T.STRING, "The first bytes that a client sends, before its frames."),
    ("length", T.UINT24, "Length of the frame's payload.", _BYTES),
    ("type", T.UINT8, "Type of the frame."),
    ("flags", T.UINT8, "Flags of the frame.", _NONE, _HEX),
    ("flags.end_stream", T.BOOLEAN, "The frame is its sender's last on the stream."),
    ("flags.eh", T.BOOLEAN, "The frame ends a header block."),
    ("flags.padded", T.BOOLEAN, "The frame is padded."),
    ("flags.priority", T.BOOLEAN, "The frame has a priority."),
    ("flags.ack.ping", T.BOOLEAN, "The PING is a reply."),
    ("flags.ack.settings", T.BOOLEAN, "The SETTINGS frame acknowledges the peer's."),
    ("flags.unused", T.UINT8, "Flags without meaning for the frame's type.", _NONE, _HEX),
    ("flags.unused_data", T.UINT8, "Flags without meaning for DATA.", _NONE, _HEX),
    ("flags.unused_headers", T.UINT8, "Flags without meaning for HEADERS.", _NONE, _HEX),
    ("flags.unused_settings", T.UINT8, "Flags without meaning for SETTINGS.", _NONE, _HEX),
    ("flags.unused_ping", T.UINT8, "Flags without meaning for PING.", _NONE, _HEX),
    ("flags.unused_push_promise", T.UINT8, "Flags without meaning for PUSH_PROMISE.", _NONE, _HEX),
    ("flags.unused_continuation", T.UINT8, "Flags without meaning for CONTINUATION.", _NONE, _HEX),
    ("r", T.UINT32, "The reserved bit in front of the stream's number.", _NONE, _HEX),
    ("streamid", T.UINT32, "Number of the stream; 0: the whole connection."),
    ("padding", T.UINT8, "Length of the padding.", _BYTES, _HEX),
    ("pad_length", T.UINT16, "There is no padding.", _BYTES),
    ("unknown", T.BYTES, "The payload of a frame whose type is not known."),
    ("data.segment", T.BYTES, "The part of a longer message that a DATA frame carries."),
    ("data.data", T.BYTES, "Payload of a DATA frame."),
    ("data.padding", T.BYTES, "The padding of a DATA frame."),
    ("body.fragments", T.NONE, "The DATA frames of a body."),
    ("body.fragment", T.FRAMENUM, "A captured frame with a part of the body."),
    ("body.fragment.count", T.UINT32, "How many DATA frames a body has."),
    ("body.reassembled.in", T.FRAMENUM, "The captured frame that completes the body."),
    ("body.reassembled.data", T.BYTES, "The body, reassembled from its DATA frames."),
    ("body_decompression_failed", T.NONE, "The body cannot be decompressed."),
    ("body.reassembled.length", T.UINT32, "Length of the body.", _BYTES),
    ("headers", T.BYTES, "Bytes of a header block, compressed."),
    ("headers.padding", T.BYTES, "The padding of a HEADERS frame."),
    ("headers.weight", T.UINT8, "Weight of the stream, as sent."),
    ("headers.weight_real", T.UINT8, "Weight of the stream: the sent value plus one."),
    ("exclusive", T.BOOLEAN, "The stream alone depends on the other one."),
    ("stream_dependency", T.UINT32, "The stream that this one depends on."),
    ("header", T.NONE, "A decoded header field."),
    ("header.length", T.UINT32, "Length of the decoded header list.", _BYTES),
    ("header.count", T.UINT32, "How many header fields there are."),
    ("header.name", T.STRING, "Name of a header field.", _NONE, Base.DECIMAL, Text.BYTES),
    ("header.name.length", T.UINT32, "Length of the name.", _BYTES),
    ("header.value", T.STRING, "Value of a header field.", _NONE, Base.DECIMAL, Text.BYTES),
    ("header.value.length", T.UINT32, "Length of the value.", _BYTES),
    ("header.unescaped", T.STRING, "Value of a header field, percent-decoded.", _NONE, Base.DECIMAL, Text.BYTES),
    ("header.repr", T.STRING, "How HPACK wrote the header field."),
    ("header.index", T.UINT32, "Where HPACK's table has the header field, or its name."),
    ("header_table_size_update", T.NONE, "The sender changes the size of HPACK's table."),
    ("header_table_size_update.header_table_size", T.UINT32, "The new size of HPACK's table.", _BYTES),
    ("header_size_exceeded", T.NONE, "The decoded header list is too long to show."),
    ("request.full_uri", T.STRING, "The request's URI with scheme and host.", _NONE, Base.DECIMAL, Text.BYTES),
    ("rst_stream.error", T.UINT32, "Why a stream was ended early."),
    ("settings", T.NONE, "A setting."),
    ("settings.id", T.UINT16, "Which setting it is."),
    ("settings.header_table_size", T.UINT32, "Largest table that HPACK may use.", _BYTES),
    ("settings.enable_push", T.UINT32, "Whether the server may push."),
    ("settings.max_concurrent_streams", T.UINT32, "How many streams the peer may have open at a time."),
    ("settings.initial_window_size", T.UINT32, "Initial flow-control window of a stream.", _BYTES),
    ("settings.max_frame_size", T.UINT32, "Largest frame payload that is accepted.", _BYTES),
    ("settings.max_header_list_size", T.UINT32, "Longest decoded header list that is accepted.", _BYTES),
    ("settings.extended_connect", T.UINT32, "Whether CONNECT may name a protocol (RFC 8441)."),
    ("settings.unknown", T.UINT32, "Value of a setting that is not known."),
    ("push_promise.r", T.UINT32, "The reserved bit in front of the promised stream's number.", _NONE, _HEX),
    ("push_promise.promised_stream_id", T.UINT32, "The stream on which the server will push."),
    ("push_promise.padding", T.BYTES, "The padding of a PUSH_PROMISE frame."),
    ("push_promise.header", T.BYTES, "Bytes of the promised request's header block."),
    ("ping", T.BYTES, "Data of a PING."),
    ("pong", T.BYTES, "Data in the reply to a PING."),
    ("goway.r", T.UINT32, "The reserved bit in front of the last stream's number.", _NONE, _HEX),
    ("goaway.last_stream_id", T.UINT32, "The last stream that the sender of GOAWAY has accepted."),
    ("goaway.error", T.UINT32, "Why the connection is ended."),
    ("goaway.addata", T.BYTES, "Debug data in GOAWAY."),
    ("window_update.r", T.UINT32, "The reserved bit in front of the increment.", _NONE, _HEX),
    ("window_update.window_size_increment", T.UINT32, "How much more may be sent.", _BYTES),
    ("altsvc.origin.len", T.UINT16, "Length of the origin that the alternative service is for.", _BYTES),
    ("altsvc.origin", T.STRING, "The origin that the alternative service is for; empty: the stream's."),
    ("altsvc.field_value", T.STRING, "Where the alternative service is, in the syntax of the header field Alt-Svc."),
    ("origin", T.NONE, "An origin for which the connection may be used."),
    ("origin.origin_len", T.UINT16, "Length of the origin.", _BYTES),
    ("origin.origin", T.STRING, "The origin, with scheme, host and port."),
    ("priority_update_stream_id", T.UINT64, "The stream that gets another priority."),
    ("priority_update_field_value", T.STRING, "The priority, in the syntax of the header field Priority (RFC 9218)."),
    ("continuation.header", T.STRING, "Bytes of a header block, continued.", _NONE, Base.DECIMAL, Text.BYTES),
)
_GRPC: Final = (
    ("frame_type", T.UINT8, "Type of the message: data."),
    ("compressed_flag", T.UINT8, "Whether the message is compressed."),
    ("message_length", T.UINT32, "Length of the message, as sent.", _BYTES),
    ("message_data", T.BYTES, "The message, decompressed."),
    ("body_decompression_failed", T.NONE, "The message cannot be decompressed."),
)
_PROTOBUF: Final = (
    ("message.name", T.STRING, "Name of the message's type: unknown without its schema."),
    ("field.name", T.STRING, "Name of the field: unknown without its schema."),
    ("field.type", T.INT32, "Type of the field, by its schema."),
    ("field.number", T.UINT64, "Number of the field."),
    ("field.wiretype", T.UINT8, "How the value is written."),
    ("field.value", T.BYTES, "The value, as written."),
    ("field.value.length", T.UINT64, "Length of the value.", _BYTES),
    ("field.value.double", T.DOUBLE, "The value as a 64-bit floating-point number, by its schema."),
    ("field.value.float", T.FLOAT, "The value as a 32-bit floating-point number, by its schema."),
    ("field.value.int64", T.INT64, "The value as a 64-bit number, by its schema."),
    ("field.value.int32", T.INT32, "The value as a 32-bit number, or of an enum, by its schema."),
    ("field.value.bool", T.BOOLEAN, "Whether the value is true, by its schema."),
    ("field.value.string", T.STRING, "The value as text, by its schema.", _NONE, Base.DECIMAL, Text.BYTES),
    ("field.value.repeated", T.BYTES, "Several values in one field, by its schema."),
    ("field.value.uint32", T.UINT32, "The value as an unsigned 32-bit number."),
    ("field.value.uint64", T.UINT64, "The value as an unsigned 64-bit number."),
)


def _row(
    protocol: str, name: str, kind: T, doc: str,
    unit: Unit = Unit.NONE, base: Base = Base.DECIMAL, text: Text = Text.LABEL,
) -> Field:  # fmt: skip
    """A field.  Each may repeat, because a segment may hold several frames."""
    return Field(f"{protocol}.{name}", kind, doc, unit=unit, repeats=True, base=base, text=text)


HTTP2_FIELDS: Final = (
    Field("http2", T.PROTOCOL, "A frame of HTTP/2 (RFC 9113).", repeats=True, layer=Layer.LISTED | Layer.ONE_A_SEGMENT),
    *(_row("http2", *row) for row in _TABLE),
    *(
        Field(field, _NUMBERS.get(name, T.STRING), f"The header field {name}.", repeats=True, text=Text.BYTES)
        for name, field in sorted(HEADER_NAMES.items())
    ),
    Field("grpc", T.PROTOCOL, "A gRPC message.", repeats=True),
    *(_row("grpc", *row) for row in _GRPC),
    Field("protobuf", T.PROTOCOL, "A message of Protocol Buffers.", repeats=True),
    *(_row("protobuf", *row) for row in _PROTOBUF),
)
