"""What the lines below the prompt and the explanation say about the display filter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.errors import Mistake
from tcptui.model.field import FieldType
from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import grouped
from tcptui.ui.main.explain_pane import Document, Passage
from tcptui.ui.widgets.filter_line import Saying, Voice
from tcptui.words.errors import error_line
from tcptui.words.filter_text import hint_text, remark_text
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.dfilter.errors import FilterError, Hint
    from tcptui.ui.main.matching import Account, Matching
    from tcptui.words.catalogue import Words

#: Most characters of a filter that are shown.
_SHOWN: Final = 200
#: Mistakes of a text that is still being typed, at whose end they are.
_UNFINISHED: Final = frozenset({
    Mistake.UNEXPECTED_END, Mistake.STRING_OPEN, Mistake.BRACKET_OPEN, Mistake.UNEXPECTED, Mistake.UNKNOWN_FIELD,
})  # fmt: skip
#: Characters that begin nothing, but stand inside of fields, addresses and numbers.
_INSIDE_WORDS: Final = frozenset(".:")
_BEGUN_NUMBER: Final = re.compile("0[xXbB]")
_BEGUN_ADDRESS: Final = re.compile(r"\d{1,3}(\.\d{1,3}){0,2}")


def shown_filter(text: str, words: Sequence[str] = ()) -> str:
    """The filter on one line, behind the ``words`` that stand beside it."""
    named = f"/{' '.join(words)}  " if words else ""
    return safe_text(named + text.strip(), _SHOWN)


def is_unfinished(error: FilterError, text: str) -> bool:
    """Whether the mistake is one that goes away when more is typed."""
    span = error.span
    if span.end < len(text.rstrip()):
        return False
    if error.mistake is Mistake.VALUE:
        return _BEGUN_NUMBER.fullmatch(text, span.offset) is not None or _is_begun_address(text)
    return error.mistake in _UNFINISHED or (
        error.mistake is Mistake.CHARACTER and text[span.offset : span.end] in _INSIDE_WORDS
    )


def begun_fields(error: FilterError, text: str) -> list[str]:
    """The fields that the last word of the unfinished ``text`` may become."""
    from tcptui.dfilter.completion import Wanted, fields, place_at_end  # no start waits for it

    if error.mistake is Mistake.UNKNOWN_FIELD:
        return fields(text[error.span.offset : error.span.end])
    place = place_at_end(text)
    is_begun = error.mistake is Mistake.CHARACTER and place.wanted is Wanted.FIELD
    return fields(place.word) if is_begun and place.word else []


def _is_begun_address(text: str) -> bool:
    from tcptui.dfilter.completion import place_at_end

    place = place_at_end(text)
    is_ipv4 = place.field is not None and place.field.type is FieldType.IPV4
    return is_ipv4 and _BEGUN_ADDRESS.fullmatch(place.word) is not None


def unfinished(error: FilterError, text: str, words: Words) -> list[Saying]:
    """What is missing, quietly, and the key that offers it."""
    from tcptui.dfilter.completion import Wanted, has_literals, place_at_end

    place = place_at_end(text)
    if place.wanted is Wanted.VALUE and place.field is not None and has_literals(place.field):
        return [Saying(words("screen.filter.value", field=place.field.name), Voice.QUIET)]
    return [Saying(error_line(error, words), Voice.QUIET)]


def mistake(error: FilterError, words: Words) -> list[Saying]:
    """What is wrong, and what was probably meant."""
    sayings = [Saying(error_line(error, words), Voice.WRONG)]
    if error.suggestion is not None:
        sayings += offer(error.suggestion, words)
    return sayings


def offer(hint: Hint, words: Words) -> list[Saying]:
    """What was probably meant, and the key that takes it."""
    sayings = [Saying(hint_text(hint, words), Voice.TELL)]
    if hint.replacement is not None:
        sayings.append(Saying(words("screen.filter.take", filter=shown_filter(hint.replacement)), Voice.OFFER))
    return sayings


def account(matching: Matching, words: Words) -> list[Saying]:
    """What the filter did, and what it does that one may not expect."""
    sayings = [Saying(counts(matching.account, words), Voice.TELL)]
    sayings += [Saying(text, Voice.QUIET) for text in absences(matching.account, words)]
    return [*sayings, *(Saying(text, Voice.WARN) for text in warnings(matching, words))]


def counts(account: Account, words: Words) -> str:
    """How many packets and connections match."""
    facts = {"matched": grouped(account.matched), "packets": Count(account.packets)}
    return words("screen.filter.matched", **facts) + words("trouble.comma") + connections_count(account, words)


def connections_count(account: Account, words: Words) -> str:
    """How many connections match."""
    facts = {"shown": grouped(account.connections_matched), "connections": Count(account.connections)}
    return words("screen.filter.matched_connections", **facts)


def absences(account: Account, words: Words) -> Iterator[str]:
    """What became of packets that do not have a field, or belong to no connection."""
    for absent in account.absent:
        if absent.hidden:
            yield words("screen.filter.absent_hidden", n=Count(absent.hidden), name=absent.name)
        if absent.shown:
            yield words("screen.filter.absent_shown", n=Count(absent.shown), name=absent.name)
    if account.outside:
        yield words("screen.filter.outside", n=Count(account.outside))


def warnings(matching: Matching, words: Words) -> Iterator[str]:
    """What the filter may have missed, and the traps that it stepped into."""
    account = matching.account
    if account.unread:
        facts = {"n": Count(account.unread), "connections": Count(account.unread_connections)}
        yield words("screen.filter.unread", **facts)
    yield from _remarks(matching, words)


def _remarks(matching: Matching, words: Words) -> Iterator[str]:
    for remark in matching.compiled.remarks:
        text = remark_text(remark, words)
        meant = remark.replacement
        if meant is not None and shown_filter(meant) not in text:
            text = f"{text} {words('filter.hint.try', filter=shown_filter(meant))}"
        yield text


def passages_here(matching: Matching, matched: int, packets: int, words: Words) -> Document:
    """The end of a connection's explanation: ``matched`` of its ``packets`` pass the filter, and what it did."""
    facts = {"filter": shown_filter(matching.text), "matched": grouped(matched), "packets": Count(packets)}
    return passages(matching, words, words("screen.filter.here", **facts))


def passages(matching: Matching, words: Words, *first: str) -> Document:
    """What the filter did, behind the sentences ``first``."""
    texts = [
        *first,
        counts(matching.account, words),
        *absences(matching.account, words),
        *warnings(matching, words),
    ]
    heading = words("screen.filter.heading")
    return tuple(Passage(text, "" if place else heading) for place, text in enumerate(texts))
