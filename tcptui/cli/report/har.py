"""HTTP requests as an HTTP archive, HAR 1.2 (w3c.github.io/web-performance/specs/HAR/Overview.html).

Secrets are left out (`tcptui.protocols.secrets_out`): cookies altogether, values of header fields, parameters and
members of bodies by their names.  Bodies are there as text, bounded; binary ones are not.  ``_tcptui`` of an entry has
the connection, the packets and the parts of the time, which HAR's timings cannot tell apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from tcptui.cli.report.har_archive import HEADS_USUAL, HarEntry
from tcptui.model.request import RequestPart
from tcptui.model.safe_text import safe_text
from tcptui.protocols.http.body import body_of
from tcptui.protocols.http.conversation import full_uri, scheme_of
from tcptui.protocols.parts import is_text
from tcptui.protocols.secret_bodies import body_without_secrets
from tcptui.protocols.secret_names import LEFT_OUT, hides, without_known_secrets
from tcptui.protocols.secrets_out import header_without_secrets, uri_without_secrets, words_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.model.endpoint import Endpoint
    from tcptui.model.request import Request
    from tcptui.protocols.http.head import MessageHead
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.interface import Exchange
    from tcptui.words.catalogue import Words

#: Bytes of a decoded body that are written at most …
BODY_MOST: Final = 65_536
#: … and characters of a header field's value, and of a URI.
VALUE_MOST: Final = 8_192
_NAME_MOST: Final = 256
#: Parameters of a URI that are listed.
_PARAMETERS: Final = 500
_NS_PER_MS: Final = 1_000_000
_CACHED_MOST: Final = 2_048
#: An object of JSON.
_Object = dict[str, Any]
#: HAR's value for a time that does not apply.
_NOT: Final = -1


@dataclass(frozen=True, slots=True)
class HarEntries:
    """Entries of one connection."""

    entries: list[HarEntry]
    left_out: int
    """Requests that are no entry: of other protocols, and answers whose request was not captured."""

    @classmethod
    def of(
        cls, pairs: Iterable[tuple[Request, Exchange]], client: Endpoint, server: Endpoint, words: Words
    ) -> HarEntries:
        """The entries of ``pairs``, whose exchanges have their messages.  Raises OSError when the spool is gone."""
        entries, left_out = [], 0
        for request, exchange in pairs:
            asked, answer = exchange.messages
            if asked is None:
                left_out += 1
                continue
            entries.append(_forms(request.start_ns, _entry(request, asked, answer, client, server, words), words))
        return cls(entries, left_out)


def _forms(start_ns: int, entry: _Object, words: Words) -> HarEntry:
    """``entry`` in all its forms, of which it is the last one afterwards."""
    whole = without_texts = _json(entry)
    asked, answer = entry["request"], entry["response"]
    has_texts = False
    for part in (asked.get("postData"), answer["content"]):
        if part and part.pop("text", None):
            part["comment"] = words("requests.har.body-left-out")
            has_texts = True
    if has_texts:
        without_texts = _json(entry)
    if len(without_texts) <= HEADS_USUAL:
        return HarEntry(start_ns, whole, without_texts, without_texts)
    asked.update(url=asked["url"][:_NAME_MOST], headers=[], queryString=[], comment=words("requests.har.head-left-out"))
    answer.update(redirectURL=answer["redirectURL"][:_NAME_MOST], headers=[])
    if answer["status"]:
        answer["comment"] = words("requests.har.head-left-out")
    return HarEntry(start_ns, whole, without_texts, _json(entry))


def _json(value: object) -> bytes:
    # Escaped to ASCII: bodies keep their characters, and no terminal that the file is written to gets them raw.
    return json.dumps(value).encode("ascii")


def _entry(
    request: Request, asked: HttpMessage, answer: HttpMessage | None, client: Endpoint, server: Endpoint, words: Words
) -> _Object:
    timings = _timings(request)
    entry: _Object = {
        "startedDateTime": _moment(request.start_ns),
        "time": request.duration_ns / _NS_PER_MS,
        "request": _request(asked, server, words),
        "response": _response(answer, words),
        "cache": {},
        "timings": timings,
        "serverIPAddress": safe_text(server.host),
        "connection": str(request.stream),
    }
    if not request.complete:
        entry["comment"] = words("requests.har.incomplete")
    entry["_tcptui"] = {
        "client": str(client),
        "server": str(server),
        "packets": {
            side: None if message is None else {"first": message.first, "last": message.last, "bytes": message.bytes}
            for side, message in (("request", request.request), ("response", request.response))
        },
        "time": {
            part.label: None if spent is None else spent / 1e9
            for part, spent in zip(RequestPart, request.time, strict=True)
        },
    }
    return entry


def _timings(request: Request) -> dict[str, float]:
    """HAR's timings, in ms: they add up to the entry's time, as what does not apply is -1."""
    asked, answer = request.request, request.response
    assert asked is not None  # an answer alone is no entry
    connect = request.time[RequestPart.CONNECT]
    queue = request.spent_ns(RequestPart.QUEUE)
    end_ns = request.end_ns
    begun_ns = max(asked.first_ns, request.start_ns)
    sent_ns = min(asked.last_ns, end_ns)
    heard_ns = end_ns if answer is None else min(max(answer.first_ns, begun_ns), end_ns)
    sent_ns = max(min(sent_ns, heard_ns), begun_ns)
    wait_ns = heard_ns - sent_ns
    queue = min(queue, wait_ns)
    before_ns = begun_ns - request.start_ns
    blocked_ns = before_ns - min(connect or 0, before_ns) + queue
    return {
        "blocked": blocked_ns / _NS_PER_MS if blocked_ns else _NOT,
        "dns": _NOT,
        "connect": _NOT if connect is None else min(connect, before_ns) / _NS_PER_MS,
        "ssl": _NOT,
        "send": (sent_ns - begun_ns) / _NS_PER_MS,
        "wait": (wait_ns - queue) / _NS_PER_MS,
        "receive": (end_ns - heard_ns) / _NS_PER_MS,
    }


def _moment(time_ns: int) -> str:
    """ISO 8601 in UTC, in microseconds."""
    seconds, rest = divmod(time_ns, 10**9)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        moment = datetime.fromtimestamp(0, UTC)  # a broken clock's time has no calendar
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"


def _request(request: HttpMessage, server: Endpoint, words: Words) -> _Object:
    head = request.head
    url = safe_text(uri_without_secrets(_url(request, server)), VALUE_MOST)
    made: _Object = {
        "method": safe_text(head.method, _NAME_MOST),
        "url": url,
        "httpVersion": safe_text(head.version, _NAME_MOST),
        "cookies": [],
        "headers": _headers(head),
        "queryString": _parameters(url),
        "headersSize": head.end - head.start,
        "bodySize": request.body_length if request.has_body else 0,
    }
    if request.has_body:
        text, _size, comment = _body(request, words)
        posted: _Object = {"mimeType": safe_text(head.value("Content-Type"), _NAME_MOST), "text": text or ""}
        if comment:
            posted["comment"] = comment
        made["postData"] = posted
    return made


def _url(request: HttpMessage, server: Endpoint) -> str:
    head = request.head
    if head.method == "CONNECT" and not head.uri.startswith("/"):  # with a path: to WebSocket (RFC 8441)
        return f"http://{head.uri}"
    host = f"[{server.host}]" if ":" in server.host else server.host
    path = head.uri if head.uri.startswith("/") else f"/{head.uri}"
    return full_uri(request) or f"{scheme_of(request)}://{host}:{server.port}{path}"


def _response(answer: HttpMessage | None, words: Words) -> _Object:
    if answer is None:  # as browsers write a request that failed
        return {
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
            "content": {"size": 0, "mimeType": ""}, "redirectURL": "", "headersSize": _NOT, "bodySize": _NOT,
            "comment": words("requests.har.no-answer"),
        }  # fmt: skip
    head = answer.head
    content: _Object = {"size": 0, "mimeType": safe_text(head.value("Content-Type"), _NAME_MOST)}
    if answer.has_body:
        text, size, comment = _body(answer, words)
        content["size"] = size
        if text is not None:
            content["text"] = text
        if comment:
            content["comment"] = comment
    return {
        "status": head.status,
        "statusText": safe_text(words_without_secrets(head.phrase), _NAME_MOST),
        "httpVersion": safe_text(head.version, _NAME_MOST),
        "cookies": [],
        "headers": _headers(head),
        "content": content,
        "redirectURL": safe_text(uri_without_secrets(head.value("Location")), VALUE_MOST),
        "headersSize": head.end - head.start,
        "bodySize": answer.body_length if answer.has_body else 0,
    }


def _headers(head: MessageHead) -> list[dict[str, str]]:
    fields = []
    for line in head.headers:
        name, value = (_cached_field if len(line.value) <= _CACHED_MOST else _field)(line.name[:_NAME_MOST], line.value)
        fields.append({"name": name, "value": value})
    return fields


def _field(name: str, value: str) -> tuple[str, str]:
    """A header field as it is written."""
    return safe_text(name), safe_text(header_without_secrets(name, value), VALUE_MOST)


#: `_field`, cached for what messages have alike; it remembers values up to `_CACHED_MOST` characters.
_cached_field: Final = lru_cache(maxsize=4_096)(_field)


def _parameters(url: str) -> list[dict[str, str]]:
    query = url.partition("#")[0].partition("?")[2]
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [
        {
            "name": safe_text(unquote_plus(name), _NAME_MOST),
            "value": safe_text(
                LEFT_OUT
                if hides(unquote_plus(name), unquote_plus(value))
                else without_known_secrets(unquote_plus(value))
            ),
        }
        for name, _, value in islice(pairs, _PARAMETERS)
    ]


def _body(message: HttpMessage, words: Words) -> tuple[str | None, int, str]:
    """The body's beginning as text without secrets, None of a binary one; its bytes; what is left out and why."""
    body = body_of(message, limit=BODY_MOST + 1)
    data = b""
    for block in body:
        data += block[: BODY_MOST + 1 - len(data)]
        if len(data) > BODY_MOST:
            break
    size = len(data) if len(data) <= BODY_MOST and body.problem is None else message.body_length
    if not is_text(data):
        return None, size, words("requests.har.binary")
    comment = words("requests.har.body-cut", n=BODY_MOST) if len(data) > BODY_MOST else ""
    text = body_without_secrets(data[:BODY_MOST].decode("utf-8", "replace"), message.head.media_type)
    return text, size, comment
