"""Views of a capture: all of it, or numbers and what a redacted copy says.

Tools have a view and never a capture.  Of a redacted view, every text about the capture's packets is read from a copy
without addresses, names and content (`Capture.redacted`); of the capture itself come whole numbers, and names that are
the program's own: of findings, states, severities, protocols.  What is said of content that the copy lacks is told by
these alone.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict
from functools import cached_property
from hashlib import blake2s
from typing import TYPE_CHECKING, Any, Final

from tcptui.api import CollisionError, check_filter, finding_name
from tcptui.model.field import FieldType
from tcptui.model.fields import FIELDS
from tcptui.serve.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.api import Capture, Connection, Finding, Request

#: Packets that are copied redacted: rewriting and searching them takes well under a minute.
COPIED_MOST: Final = 20_000
#: Packets that a filter which reads header trees is asked about.
TREES_MOST: Final = 200_000
_SIDES: Final = frozenset({"client", "server"})
_NUMBERS: Final = ("_s", "_frame", "count", "bytes", "packets")
_DEAR: Final = "packets"
"""Words of `check_filter` about a filter that reads header trees."""
#: What searches content.
_SEARCHING: Final = re.compile(r"\b(?:contains|matches)\b|~")


class View:
    """All of a capture."""

    is_redacted = False

    def __init__(self, capture: Capture, name: str, language: str) -> None:
        self._all = capture
        self.name, self.language = name, language

    @property
    def copy(self) -> Capture:
        """The capture whose texts may be told, and that filters are asked of."""
        return self._all

    def close(self) -> None:
        """Close the files."""
        self._all.close()

    @property
    def packets(self) -> int:
        """Number of packets in the capture."""
        return self._all.packet_count

    @property
    def connections(self) -> int:
        """Number of connections in the capture."""
        return len(self._all.connections)

    @property
    def notice(self) -> str | None:
        """A note where not all of the file could be read."""
        return self._all.notice

    @property
    def left_out(self) -> str | None:
        """A note of what texts and filters leave out; None: nothing."""
        return None

    def require(self, stream: int) -> None:
        """Raises Refusal where there is no such connection."""
        if not 0 <= stream < self.connections:
            raise Refusal("no-connection", f"there is no connection {stream}: there are {self.connections}, from 0")

    def connection(self, stream: int) -> dict[str, Any]:
        """Numbers and ends of a connection."""
        one = self._all.connections[stream]
        return {**_numbers(one), **_ends(one)}

    def findings(self, least: str) -> Iterator[tuple[Finding, dict[str, Any]]]:
        """Each finding with what may be told of it."""
        for one in self._all.findings(least):
            yield one, {**_told(one), **_text(one)}

    def requests(self, stream: int | None) -> Iterator[tuple[Request, dict[str, Any]]]:
        """Each request with what may be told of it."""
        for one in self._all.requests(stream):
            yield one, {**_timed(one), **_said(one)}

    def explain(self, stream: int) -> dict[str, Any] | None:
        """The evidence pack; None where no text may be told of this connection."""
        return self._all.explain(stream)

    def require_filter(self, text: str, fields: Sequence[str] = ()) -> str:
        """The filter that is asked for ``text``, where ``fields`` are to be told.

        Raises Refusal for one that is wrong or may not be asked.
        """
        del fields  # all of them may be told
        checked = check_filter(text, language=self.language)
        if not checked["valid"]:
            raise Refusal(
                "filter", checked["error"]["text"], **{key: checked[key] for key in ("error", "nearest", "hint")}
            )
        if checked["cost"] == _DEAR and self.copy.packet_count > TREES_MOST:
            return f"({text}) && frame.number <= {TREES_MOST}"
        return text


class RedactedView(View):
    """Numbers of a capture, and what a redacted copy of its first packets says."""

    is_redacted = True

    def __init__(self, capture: Capture, name: str, language: str, key: bytes, *, is_drawn: bool) -> None:
        """``key``: the same gives the same replacements in every file.  ``is_drawn``: nobody has it elsewhere."""
        super().__init__(capture, name, language)
        self._key, self._is_drawn = key, is_drawn
        self._salt = secrets.token_bytes(16)
        self._own_key = False

    @cached_property
    def copy(self) -> Capture:
        """The copy, made when somebody first asks.  Raises Refusal and CaptureError."""
        copy = self._copied()
        if copy.frames().tolist() != self._all.frames()[: copy.packet_count].tolist():
            copy.close()
            raise Refusal("not-redacted", "packets of a redacted copy would have other numbers; slice the file first")
        return copy

    def _copied(self) -> Capture:
        """A copy under the key; under one of its own where that makes of one host another and may be exchanged."""
        try:
            return self._all.redacted(self._key, first=COPIED_MOST)
        except CollisionError:
            if not self._is_drawn:
                raise
        self._own_key = True
        return self._all.redacted(first=COPIED_MOST)

    def close(self) -> None:
        """Close the files."""
        if "copy" in self.__dict__:
            self.copy.close()
        super().close()

    @property
    def left_out(self) -> str | None:
        """A note of what texts and filters leave out; None: nothing."""
        left = self.packets - COPIED_MOST  # without the copy, which takes time
        told = [f"the last {left} packets are in counts and findings only, without texts"] if left > 0 else []
        if self._own_key:
            told.append("addresses and names are replaced otherwise than in other files")
        return "; ".join(told) or None

    def connection(self, stream: int) -> dict[str, Any]:
        """Numbers of a connection; its ends as the copy has them."""
        numbers = _numbers(self._all.connections[stream])
        if stream >= len(self.copy.connections):
            return numbers
        return {**numbers, **_ends(self.copy.connections[stream])}

    @cached_property
    def _texts(self) -> dict[tuple[Any, ...], Finding]:
        return {_key(one): one for one in self.copy.findings("note")}

    def findings(self, least: str) -> Iterator[tuple[Finding, dict[str, Any]]]:
        """Each finding, in the copy's words where that has it, too; else by numbers."""
        for one in self._all.findings(least):
            twin = self._texts.get(_key(one))
            yield one, {**_told(one), **(_text(twin) if twin is not None else self._by_numbers(one))}

    def _by_numbers(self, one: Finding) -> dict[str, Any]:
        facts = {key: value for key, value in one.facts.items() if _is_number(key, value) or value in _SIDES}
        return {"name": finding_name(one.id, language=self.language), "facts": facts, "rests_on_content": True}

    def requests(self, stream: int | None) -> Iterator[tuple[Request, dict[str, Any]]]:
        """Each request, in the copy's words where that has it, too; else by numbers."""
        streams = range(self.connections) if stream is None else [stream]
        for number in streams:
            known = number < len(self.copy.connections)
            texts = {_request_key(one): one for one in self.copy.requests(number)} if known else {}
            for one in self._all.requests(number):
                twin = texts.get(_request_key(one))
                yield one, {**_timed(one), **(_said(twin) if twin is not None else self._labelled(one))}

    def _labelled(self, one: Request) -> dict[str, Any]:
        """Equal operations are seen to be equal, and nothing else of them."""
        same = blake2s(f"{one.operation}\0{one.statement}".encode(), key=self._salt, digest_size=4).hexdigest()
        status = one.status if one.status.isdecimal() and len(one.status) <= 5 else ""
        return {"operation_label": same, **({"status": status} if status else {}), "rests_on_content": True}

    def explain(self, stream: int) -> dict[str, Any] | None:
        """The copy's evidence pack, without what is said of the copy alone."""
        if stream >= len(self.copy.connections):
            return None
        pack = self.copy.explain(stream)
        told = {(one.id, one.packets) for one in self._all.findings("note") if stream in one.streams}
        for among in ("findings", "shared"):
            pack[among] = [one for one in pack[among] if (one["id"], tuple(one["packets"])) in told]
        return pack

    def require_filter(self, text: str, fields: Sequence[str] = ()) -> str:
        """As of all; content is neither told nor searched for."""
        asked = super().require_filter(text, fields)
        checked = check_filter(text, language=self.language)
        raw = [
            name for name in (*checked["fields"], *fields) if name in FIELDS and FIELDS[name].type is FieldType.BYTES
        ]
        if raw or _SEARCHING.search(text):
            named = ", ".join(raw) or "contains and matches"
            raise Refusal(
                "payload", f"content is not given, nor searched for ({named}): the user started the server without "
                "--allow-payload",
            )  # fmt: skip
        return asked


def _key(one: Finding) -> tuple[Any, ...]:
    return one.id, one.severity, one.confidence, one.packets, one.streams


def _request_key(one: Request) -> tuple[Any, ...]:
    ends = [None if of is None else (of.first, of.last, of.bytes) for of in (one.request, one.response)]
    return one.protocol, *ends


def _told(one: Finding) -> dict[str, Any]:
    """The part of a finding that is the program's own."""
    where = "-".join(map(str, one.streams[:3])) or "all"
    return {
        "ref": f"{where}:{one.id}:{one.packets[0] if one.packets else 0}",
        "finding": one.id, "severity": one.severity, "confidence": one.confidence,
        "cause_confidence": one.cause_confidence, "streams": list(one.streams[:20]),
        "packets": list(one.packets[:20]), "packet_count": len(one.packets), "seconds_lost": round(one.seconds_lost, 6),
    }  # fmt: skip


def _text(one: Finding) -> dict[str, Any]:
    return {"untrusted_text": f"{one.title}. {one.what_happened}".strip(), "alternatives": list(one.alternatives)}


def _numbers(one: Connection) -> dict[str, Any]:
    told = asdict(one)
    for name in ("client", "server", "community_id"):
        del told[name]
    told["time_budget"] = {part: ns for part, ns in told["time_budget"].items() if ns}
    return {"ref": f"connection:{one.stream}", **told}


def _ends(one: Connection) -> dict[str, Any]:
    return {"client": str(one.client), "server": str(one.server), "community_id": one.community_id}


def _timed(one: Request) -> dict[str, Any]:
    messages = {
        name: None if of is None else {"first": of.first, "last": of.last, "bytes": of.bytes}
        for name, of in (("request", one.request), ("response", one.response))
    }
    first = one.request.first if one.request else one.response.first if one.response else 0
    return {
        "ref": f"request:{one.stream}:{first}", "stream": one.stream, "protocol": one.protocol, **messages,
        "duration_ns": one.duration_ns, "time": dict(one.time),
    }  # fmt: skip


def _said(one: Request) -> dict[str, Any]:
    said = {"untrusted_operation": one.operation, "untrusted_statement": one.statement, "status": one.status}
    return {name: text for name, text in said.items() if text}


def _is_number(key: str, value: object) -> bool:
    """True if a fact is a time, a packet, a size or a count, which is no content."""
    return isinstance(value, int | float) and key.endswith(_NUMBERS)
