"""The selected request in words: what was asked and answered, by which packets, where the time went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from tcptui.protocols.registry import REQUEST_KINDS
from tcptui.protocols.statements.statement import as_sent
from tcptui.session.other_tables import asked_hosts
from tcptui.ui.cell_text import fit, span
from tcptui.ui.requests.bars import STYLES
from tcptui.words.budget_text import percent_text
from tcptui.words.line_breaking import wrap
from tcptui.words.quantities import NO_BREAK, Count, byte_size, unbroken_duration
from tcptui.words.request_text import largest_parts, part_meaning, part_name, part_percents

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.request import MessagePackets, Request, RequestPart
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: A run of text and the name of its palette style.
Run = tuple[str, str]
#: Cells between a part and what it is.
_MEANING_GAP: Final = 2


def detail_parts(
    request: Request, session: OpenCapture, width: int, height: int, glyphs: Glyphs, words: Words
) -> list[list[list[Run]]]:
    """Parts of the words, each of lines no wider than ``width``; what matters most first.

    Where ``height`` lines hold all, each part of the time has its own line, with what it is.
    """
    # A target has no place to break at.
    operation = as_sent(request.operation, request.statement) or words("requests.not-captured")
    first = set_cell_size(operation, width).rstrip()
    rest = operation[len(first) :].lstrip()
    title: list[list[Run]] = [[(first, "strong")]]
    if rest:
        title.append([(fit(rest, width, glyphs.ellipsis).rstrip(), "strong")])
    known = [
        _paragraph(_packets(request, words), "plain", width),
        _paragraph(_who(request, session, words), "faint", width),
    ]
    doubt = [_paragraph(text, "plain", width) for text in _doubt(request, words)]
    parts = [title, _time_parts(request, width, glyphs, words), *doubt, *known]
    if sum(map(len, parts)) <= height:
        return parts
    where = _paragraph(_where(request, words), "plain", width)
    return [title, *([line] for line in _legend(request, width, glyphs, words)), where, *doubt, *known]


def whole_parts(parts: list[list[list[Run]]], height: int) -> list[list[Run]]:
    """The lines of those of ``parts`` that fit whole into ``height``; what does not is followed by what does."""
    lines: list[list[Run]] = []
    for part in parts:
        if len(lines) + len(part) <= height:
            lines += part
    return lines


def _paragraph(text: str, style: str, width: int) -> list[list[Run]]:
    return [[(line, style)] for line in wrap(text, width)]


def plain_text(request: Request, session: OpenCapture, words: Words) -> str:
    """The details of ``request`` as one text of lines, for the clipboard."""
    parts = [f"{part_name(part, words)} {_time(request.spent_ns(part), words)}" for part in largest_parts(request)]
    asked = as_sent(request.operation, request.statement) or words("requests.not-captured")
    said = [asked, _where(request, words), *_doubt(request, words)]
    said += [words("requests.detail.join").join(parts), _packets(request, words), _who(request, session, words)]
    return "\n".join(line.replace(NO_BREAK, " ") for line in said if line)


def _time_parts(request: Request, width: int, glyphs: Glyphs, words: Words) -> list[list[Run]]:
    """The parts that took time, each with what it is; the longest first."""
    parts = largest_parts(request)
    shown = [_measured(request, part, glyphs, words) for part in parts]
    column = max(map(cell_len, shown), default=0)
    lines: list[list[Run]] = []
    for part, text in zip(parts, shown, strict=True):
        sign = glyphs.request_fills[part]
        indent = cell_len(sign) + column + _MEANING_GAP
        meaning = wrap(part_meaning(part, words), max(width - indent, 1))
        lines.append([(sign, STYLES[part]), (set_cell_size(text, column + _MEANING_GAP), "plain")])
        lines[-1] += [(first, "faint") for first in meaning[:1]]
        lines += [[(" " * indent + more, "faint")] for more in meaning[1:]]
    return lines


def _measured(request: Request, part: RequestPart, glyphs: Glyphs, words: Words) -> str:
    """A part's name, time and share."""
    return f" {part_name(part, words)} {span(request.spent_ns(part), glyphs.micro)} {_share(request, part, words)}"


def _share(request: Request, part: RequestPart, words: Words) -> str:
    return percent_text(part_percents(request)[part], words)


def _legend(request: Request, width: int, glyphs: Glyphs, words: Words) -> list[list[Run]]:
    """The parts that took time: fill character, name, time, share; the longest first."""
    lines: list[list[Run]] = []
    used = width
    parts = largest_parts(request)
    for part in parts:
        sign = glyphs.request_fills[part]
        text = _measured(request, part, glyphs, words)
        size = cell_len(sign + text)
        if used + 2 + size > width:
            lines.append([])
            used = -2
        elif lines[-1]:
            lines[-1].append(("  ", "plain"))
        used += 2 + size
        lines[-1] += [(sign, STYLES[part]), (text, "plain")]
    return lines


def _where(request: Request, words: Words) -> str:
    parts = largest_parts(request)
    if not parts:
        return ""
    most = parts[0]
    return words("requests.detail.most", share=_share(request, most, words), meaning=part_meaning(most, words))


def _doubt(request: Request, words: Words) -> list[str]:
    """Whether it is one for every reader; what may have been the server's time, and why that is not certain."""
    doubt = [words("requests.detail.one-reading")] if request.one_reading else []
    together = request.together
    if together is not None and together.server_ns:
        others = Count(together.stop - together.first - 1)
        return [*doubt, words("requests.detail.together", n=others, server=_time(together.server_ns, words))]
    if together is None and request.unsure_ns:
        return [*doubt, words("requests.detail.unsure", server=_time(request.unsure_ns, words))]
    return doubt


def _packets(request: Request, words: Words) -> str:
    parts = [_message("sent", request.request, "", words) or words("requests.detail.no-request")]
    parts.append(_message("got", request.response, request.status, words) or words("requests.detail.no-answer"))
    if not request.complete and request.request is not None and request.response is not None:
        parts.append(words("requests.detail.cut"))
    if request.truncated is not None:
        parts.append(words("requests.detail.truncated", frame=request.truncated))
    text = words("requests.detail.join").join(parts)
    return text[:1].upper() + text[1:] + words("requests.detail.end")


def _message(key: str, message: MessagePackets | None, status: str, words: Words) -> str:
    if message is None:
        return ""
    shape = key if message.first == message.last else f"{key}-several"
    facts = {"first": message.first, "last": message.last, "size": byte_size(message.bytes), "status": status}
    return words(f"requests.detail.{shape}", **facts)


def _who(request: Request, session: OpenCapture, words: Words) -> str:
    client, server = session.streams.ends(request.stream)
    facts = {
        "protocol": REQUEST_KINDS[request.protocol].title,
        "stream": request.stream,
        "client": client,
        "server": server,
    }
    store = session.store
    begun_ns = request.begun_ns - int(store.time_ns[store.first])
    said = [words("requests.detail.what", **facts) + words("requests.detail.end")]
    host = asked_hosts(session).of(request.stream)
    if host is not None:
        said.append(words("requests.detail.host", name=host.name, field=host.source))
    said.append(words("requests.detail.when", start=_time(begun_ns, words), duration=_time(request.own_ns, words)))
    if request.opening_ns:
        opening = _time(request.opening_ns, words), _time(request.duration_ns, words)
        said.append(words("requests.detail.opening", opening=opening[0], whole=opening[1]))
    return words("narrative.space").join(said)


def _time(time_ns: int, words: Words) -> str:
    return unbroken_duration(max(time_ns, 0), words)
