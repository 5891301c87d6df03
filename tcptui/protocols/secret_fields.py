"""Which fields of the header tree may hold secrets, and how their values are shown without these.

A display filter compares what was sent; what is printed, copied or drawn of a value has no secret in it.  Fields of raw
bytes (``tcp.payload``, ``data.data``) are printed as bytes, as a hex dump is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from tcptui.model.field_rows.said import HEADER_VALUES, SAID, Said, header_name
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.protocols.secrets_out import (
    command_without_secrets,
    head_without_secrets,
    header_without_secrets,
    host_without_secrets,
    line_without_secrets,
    query_without_secrets,
    uri_without_secrets,
    words_without_secrets,
)

Clean = Callable[[str], str]


def _body(text: str) -> str:
    from tcptui.protocols.secret_bodies import body_without_secrets  # few trees have a body

    if "\\n" not in text:
        return body_without_secrets(text)
    # Line ends are written out in values; within a string of JSON they were so before.
    if text.lstrip()[:1] in ("{", "["):
        return _lines(body_without_secrets(text))
    return body_without_secrets(_lines(text))


def _lines(text: str) -> str:
    from tcptui.protocols.secret_bodies import body_without_secrets

    shown = body_without_secrets(text.replace("\\r\\n", "\r\n").replace("\\n", "\n"))
    return shown.replace("\r\n", "\\r\\n").replace("\n", "\\n")


def _escaped_head(text: str) -> str:
    """Header fields whose line ends are written out."""
    return head_without_secrets(text.replace("\\r\\n", "\r\n")).replace("\r\n", "\\r\\n")


_CLEAN: Final[dict[Said, Clean]] = {
    Said.URI: uri_without_secrets,
    Said.QUERY: query_without_secrets,
    Said.HOST: host_without_secrets,
    Said.LINE: line_without_secrets,
    Said.HEAD: _escaped_head,
    Said.SECRET: lambda text: LEFT_OUT if text else text,
    Said.WORDS: words_without_secrets,
    Said.TEXT: _body,
    Said.COMMAND: command_without_secrets,
}


def may_be_secret(field: str) -> bool:
    """Whether values of ``field`` may hold secrets."""
    return field in HEADER_VALUES or cleaner_of(field) is not None


def cleaner_of(field: str) -> Clean | None:
    """What makes of a value of ``field``, as text, what may be shown; None where it may hold no secret."""
    said = SAID.get(field)
    if said is not None:
        return _CLEAN[said]
    name = header_name(field)
    return partial(header_without_secrets, name) if name else None
