"""What the values of fields are texts of that may hold secrets, by the fields' names."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final


class Said(Enum):
    """What a value is, or the lines of a layer are."""

    URI = auto()
    QUERY = auto()
    """What stands behind the question mark of a URI, or a parameter of it."""
    HOST = auto()
    LINE = auto()
    """A header field with its name."""
    HEAD = auto()
    """Several of them; of a layer: its lines, of which the first may be a start line."""
    SECRET = auto()
    WORDS = auto()
    """A reason."""
    TEXT = auto()
    """A body; of a layer: its lines, which are read together."""
    COMMAND = auto()
    """A comment, which may be the command line of a program."""


SAID: Final[dict[str, Said]] = {
    **dict.fromkeys(
        (
            "http.request.uri", "http.request.uri.path", "http.request.full_uri", "http.response_for.uri",
            "http.location", "http.referer", "http2.request.full_uri", "http2.headers.path",
            "mqtt.topic", "mqtt.willtopic", "mqtt.clientid", "mqtt.username", "mqtt.prop_string",
        ),
        Said.URI,
    ),
    "http.request.uri.query": Said.QUERY,
    "http.request.uri.query.parameter": Said.QUERY,
    "http.host": Said.HOST,
    "http2.headers.authority": Said.HOST,
    "http.request.line": Said.LINE,
    "http.response.line": Said.LINE,
    "http.unknown_header": Said.LINE,
    "http.chunked_trailer_part": Said.HEAD,
    "http.cookie_pair": Said.SECRET,
    "http.response.phrase": Said.WORDS,
    "websocket.payload.close.reason": Said.WORDS,
    "mqtt.prop_value": Said.WORDS,
    "http.file_data": Said.TEXT,
    "websocket.payload.text": Said.TEXT,
    "frame.comment": Said.COMMAND,
}  # fmt: skip
#: Layers of whose lines some have no field.
LAYERS_SAID: Final[dict[str, Said]] = {
    "http": Said.HEAD,
    **dict.fromkeys(("data-text-lines", "json", "xml", "media", "urlencoded-form", "mime_multipart"), Said.TEXT),
}
#: How the titles of such layers begin that have no field.
TITLES_SAID: Final = (
    "Line-based text data", "JavaScript Object Notation", "eXtensible Markup Language", "Media Type", "HTML Form",
    "MIME Multipart",
)  # fmt: skip
#: A header field that is a line with others below it: of its name, and of its value.
HEADER: Final = "http2.header"
HEADER_NAME: Final = "http2.header.name"
HEADER_VALUES: Final = frozenset({"http2.header.value", "http2.header.unescaped"})
_HEADERS: Final = frozenset(
    {
        "accept", "authorization", "cache_control", "content_type", "cookie", "http2_settings", "proxy_authenticate",
        "proxy_authorization", "sec_websocket_accept", "sec_websocket_extensions", "sec_websocket_key",
        "sec_websocket_protocol", "server", "set_cookie", "upgrade", "user_agent", "www_authenticate",
        "x_forwarded_for",
    }
)  # fmt: skip


def header_name(field: str) -> str:
    """The name of the header field whose value ``field`` is; empty where it is none."""
    if field.startswith("http2.headers."):
        return field.removeprefix("http2.headers.").replace("_", "-")
    family, _, name = field.partition(".")
    return name.replace("_", "-") if family == "http" and name in _HEADERS else ""
