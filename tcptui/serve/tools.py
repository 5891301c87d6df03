"""The answers of each tool.  All of a capture comes from its view."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tcptui import api
from tcptui.api import CaptureError, FilterError
from tcptui.serve.answers import Answer, Item, rendered
from tcptui.serve.arguments import Arguments
from tcptui.serve.comparing import items_of
from tcptui.serve.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.serve.captures import Captures
    from tcptui.serve.view import View

#: Columns of a packet that are told without being asked for.
_PACKET: Final = ("stream", "from_client", "bytes", "payload", "time_ns")
_PAGE: Final = 100
_MERGED_MOST: Final = 50
_SUFFIX: Final = ".pcapng"


class Tools:
    """The tools over the captures of the folders.  For one thread."""

    def __init__(self, captures: Captures) -> None:
        self._captures = captures
        self._tools: dict[str, Callable[[Arguments], Answer]] = {
            "open": self._open, "overview": self._overview, "findings": self._findings, "explain": self._explain,
            "connection": self._connection, "requests": self._requests, "packets": self._packets,
            "check_filter": self._check_filter, "merge": self._merge, "compare": self._compare,
            "slice": self._slice, "case": self._case,
        }  # fmt: skip

    def call(self, name: str, given: dict[str, Any]) -> str:
        """The answer of the tool ``name``, as JSON.  Raises Refusal."""
        arguments = Arguments.of(name, given)
        try:
            return rendered(self._tools[name](arguments), arguments.text("cursor"))
        except FilterError as error:
            raise Refusal("filter", str(error)) from error
        except CaptureError as error:
            for file in (arguments.text("file"), arguments.text("b")):
                self._captures.forget(file)
            raise Refusal("capture", str(error)) from error

    def _open(self, given: Arguments) -> Answer:
        if "file" not in given:
            names = [Item({"file": name}) for name in self._captures.folders.captures()]
            return Answer(items=names, besides={"captures": len(names)})
        view = self._captures.view(given.text("file"))
        told = {"packets": view.packets, "connections": view.connections, "redacted": view.is_redacted}
        return Answer(view.name, (), {**told, **_reservations(view)})

    def _overview(self, given: Arguments) -> Answer:
        view = self._captures.view(given.text("file"))
        counted: Counter[tuple[str, str]] = Counter()
        first: dict[tuple[str, str], Item] = {}
        for one, told in view.findings("note"):
            key = one.severity, one.id
            counted[key] += 1
            first.setdefault(key, Item({**told, "packets": told["packets"][:5]}, one.packets[:5]))
        worst = sorted(first, key=lambda key: (_RANK[key[0]], -counted[key], key[1]))
        return Answer(
            view.name,
            [Item({"kind": "worst", "count": counted[key], **first[key].told}, first[key].packets) for key in worst],
            {
                "packets": view.packets, "connections": view.connections, "redacted": view.is_redacted,
                "untrusted_doubts": list(view.copy.doubts), **_reservations(view),
                "not_decidable_here": _elsewhere(view, [first[key].told for key in worst]),
            },
        )  # fmt: skip

    def _findings(self, given: Arguments) -> Answer:
        view = self._captures.view(given.text("file"))
        stream, named = given.number("stream"), given.text("finding")
        if stream is not None:
            view.require(stream)
        least = given.text("least") or ("note" if named else "warning")

        def items() -> Iterator[Item]:
            for one, told in view.findings(least):
                if stream in (None, *one.streams) and named in ("", one.id):
                    yield Item(told, one.packets)

        return Answer(view.name, items(), _reservations(view))

    def _explain(self, given: Arguments) -> Answer:
        view = self._captures.view(given.text("file"))
        stream = given.stream(view)
        pack = view.explain(stream)
        quoted = [] if pack is None else [*pack["shared"], *pack["findings"]]
        said = {(one["id"], tuple(one["packets"])) for one in quoted}
        by_numbers = [
            Item({"part": "finding", **numbers}, finding.packets)
            for finding, numbers in view.findings("note")
            if stream in finding.streams and (finding.id, finding.packets) not in said
        ]
        items = [Item({"part": "connection", **view.connection(stream)}), *map(_explained, quoted), *by_numbers]
        if pack is None:
            return Answer(view.name, items, _reservations(view))
        there = pack["connection"]["capture_there"]
        if there is not None:
            items.append(Item({"part": "not_decidable_here", **_there(there, view, stream)}))
        items += map(_quoted, pack["packets"])
        filters = {key: pack["filters"][key] for key in ("connection", "problems")}
        return Answer(view.name, items, {"filters": filters, **_reservations(view)})

    def _connection(self, given: Arguments) -> Answer:
        view = self._captures.view(given.text("file"))
        streams = range(view.connections) if given.number("stream") is None else [given.stream(view)]
        return Answer(view.name, (Item(view.connection(one)) for one in streams), _reservations(view))

    def _requests(self, given: Arguments) -> Answer:
        view = self._captures.view(given.text("file"))
        stream = None if given.number("stream") is None else given.stream(view)

        def items() -> Iterator[Item]:
            for one, told in view.requests(stream):
                yield Item(told, [at for of in (one.request, one.response) if of for at in (of.first, of.last)])

        return Answer(view.name, items(), _reservations(view))

    def _packets(self, given: Arguments) -> Answer:
        view = self._captures.view(given.text("file"))
        fields = given.texts("fields")
        frames = given.numbers("frames")
        asked = given.text("filter")
        if frames:
            chosen = f"frame.number in {{{', '.join(map(str, frames))}}}"
            asked = f"({asked}) && {chosen}" if asked else chosen
        asked = view.require_filter(asked, fields)
        found = view.copy.frames(asked)

        def items() -> Iterator[Item]:
            for at in range(0, len(found), _PAGE):
                page = found[at : at + _PAGE].tolist()
                columns = view.copy.packets(f"frame.number in {{{', '.join(map(str, page))}}}", fields)
                for row, frame in enumerate(page):
                    told = {name: columns[name][row].item() for name in _PACKET}
                    if fields:
                        told["untrusted_fields"] = {name: columns[name][row] for name in fields}
                    yield Item({"frame": frame, **told}, [frame])

        return Answer(view.name, items(), {"matching": len(found), **_reservations(view)})

    def _check_filter(self, given: Arguments) -> Answer:
        checked = api.check_filter(given.text("filter"), language=self._captures.language)
        return Answer(items=[Item(checked)])

    def _merge(self, given: Arguments) -> Answer:
        a, b = (self._captures.view(given.text(name)) for name in ("file", "b"))
        merged = a.copy.merge(b.copy)
        items = []
        for one in merged["streams"]:
            few = {side: one[side][:_MERGED_MOST] for side in ("only_a", "only_b")}
            frames = {side: [packet["frame"] for packet in packets] for side, packets in few.items()}
            items.append(Item({**one, **few}, frames["only_a"], frames["only_b"]))
        points = [{"name": one["name"], "clock": one["clock"]} for one in merged["points"]]
        return Answer(a.name, items, {"points": points, **_reservations_of_both(a, b)}, b.name)

    def _compare(self, given: Arguments) -> Answer:
        a, b = (self._captures.view(given.text(name)) for name in ("file", "b"))
        if a is b:
            raise Refusal("arguments", "file and b are the same file")
        group = given.text("group")
        fields = [group] if group else []
        where = [view.require_filter(given.text("filter"), fields) for view in (a, b)]
        told = api.compare(a.copy, b.copy, a_where=where[0], b_where=where[1], group=group)
        besides = {
            "comparable": told["comparable"], "compared": told["compared"], "confidence": told["confidence"],
            **{side: {key: told[side][key] for key in ("connections", "clients")} for side in ("a", "b")},
        }  # fmt: skip
        return Answer(a.name, items_of(told, a.copy, b.copy), {**besides, **_reservations_of_both(a, b)}, b.name)

    def _slice(self, given: Arguments) -> Answer:
        view = self._captures.view(given.text("file"))
        out, streams = given.text("out"), given.numbers("streams")
        if not out.endswith(_SUFFIX):
            raise Refusal("name", f"the name of a slice ends in {_SUFFIX}")
        asked = given.text("filter")
        for stream in streams:
            if not 0 <= stream < len(view.copy.connections):
                raise Refusal("no-connection", f"there is no connection {stream} in what can be written")
        if bool(asked) == bool(streams):
            raise Refusal("arguments", "either filter or streams")
        if asked:
            asked = view.require_filter(asked)
        place = self._captures.folders.place(out)
        try:
            path = Path(f"/proc/self/fd/{place.folder}") / place.last
            written = view.copy.slice(path, asked, streams=streams)
        except CaptureError as error:
            if os.path.lexists(path):
                raise Refusal("exists", f"{out} exists; choose another name") from error
            raise Refusal("not-written", str(error).replace(str(path), out)) from error
        finally:
            os.close(place.folder)
        return Answer(view.name, (), {"written": out, "packets": written, "redacted": view.is_redacted})

    def _case(self, given: Arguments) -> Answer:
        words = given.text("words").split()[:20]
        found = api.cases(*words, language=self._captures.language)
        exact = [one for one in found if one.id == given.text("words")]
        with suppress(ValueError):
            api.finding_name(given.text("words"))
            exact = exact or [one for one in found if given.text("words") in one.findings]
        if len(found) != 1 and not exact:
            return Answer(items=[Item({"case": one.id, "title": one.title, "findings": one.findings}) for one in found])
        one = (exact or found)[0]
        about = {"case": one.id, "title": one.title, "captures": [Path(name).name for name in one.captures]}
        others = [other.id for other in (exact or found)[1:9]]
        steps = [
            Item({"step": at, "title": step.title, "capture": Path(one.captures[step.capture]).name,
                  "packets": step.packets, "text": _paragraphs(step.text), "question": _paragraphs(step.question),
                  "answer": _paragraphs(step.answer)})
            for at, step in enumerate(one.steps, 1)
        ]  # fmt: skip
        return Answer(items=[Item({"story": _paragraphs(one.story)}), *steps], besides={**about, "others": others})


def _paragraphs(text: str) -> list[str]:
    return text.strip().split("\n\n")


_RANK: Final = {"error": 0, "warning": 1, "note": 2}
_ELSEWHERE_MOST: Final = 2
#: What an evidence pack says of a finding: names and numbers, and sentences, which may quote packets.
_NAMED: Final = ("severity", "event_confidence", "cause_confidence", "packets")
_SENTENCES: Final = ("title", "what_happened", "meaning", "how_we_know", "how_sure", "look_next", "alternatives")


def _explained(one: dict[str, Any]) -> Item:
    told = {key: one[key] for key in _NAMED}
    sentences = {key: one[key] for key in _SENTENCES if one[key]}
    return Item({"part": "finding", "finding": one["id"], **told, "untrusted": sentences}, one["packets"])


def _quoted(one: dict[str, Any]) -> Item:
    told = {key: one[key] for key in ("frame", "time", "from", "cited_by")}
    return Item({"part": "packet", **told, "untrusted_info": one["info"]}, [one["frame"]])


def _reservations(view: View) -> dict[str, Any]:
    """Limits of everything that is said of a capture; empty: none."""
    told = {"left_out": view.left_out, "notice": view.notice}
    return {name: text for name, text in told.items() if text}


def _reservations_of_both(a: View, b: View) -> dict[str, Any]:
    return {**_reservations(a), **{f"{name}_b": text for name, text in _reservations(b).items()}}


def _elsewhere(view: View, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The captures that would decide about the worst findings."""
    asked = dict.fromkeys(one["streams"][0] for one in findings if one["severity"] != "note" and one["streams"])
    found = []
    for stream in list(asked)[:_ELSEWHERE_MOST]:
        pack = view.explain(stream)
        there = None if pack is None else pack["connection"]["capture_there"]
        if there is not None:
            found.append({"stream": stream, **_there(there, view, stream)})
    return found


def _there(there: dict[str, Any], view: View, stream: int) -> dict[str, Any]:
    told = {key: there[key] for key in ("at", "findings", "tcpdump", "then")}
    if view.is_redacted:
        told["addresses_replaced"] = (
            f"the user gets the command with the addresses by: tcptui explain FILE --stream {stream}"
        )
    return told
