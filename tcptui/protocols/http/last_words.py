"""What a client's message asks of its server, of HTTP/1: see `tcptui.protocols.last_words`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import Asks

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

_REQUEST: Final = re.compile(
    rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND|REPORT|SEARCH|MKCOL|COPY|MOVE|LOCK|UNLOCK)"
    rb" [^\x00-\x20]+(?: HTTP/1\.[0-9]\r?\n|$)|[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40} [^\x00-\x20]+ HTTP/1\.[0-9]\r?\n"
)


def http_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a request line asks; None where ``payload`` does not begin with one."""
    return Asks.ANSWER if _REQUEST.match(payload) else None
