"""What is wrong with a display filter, what was meant, and what a right one does, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.words.errors import error_line, safe_facts

if TYPE_CHECKING:
    from tcptui.dfilter.errors import Hint
    from tcptui.dfilter.remarks import Remark
    from tcptui.words.catalogue import Words


def remark_text(remark: Remark, words: Words) -> str:
    """One remark about a filter that is right."""
    return words(f"filter.remark.{remark.key.value}", **safe_facts(remark.facts))


def hint_text(hint: Hint, words: Words) -> str:
    """What was probably meant by a filter that is wrong."""
    return words(f"filter.hint.{hint.key}", **safe_facts(hint.facts))


def mistake_of(text: str, words: Words) -> str:
    """What is wrong with the filter ``text``; empty: nothing."""
    from tcptui.dfilter.compile import compile_filter  # lark: imported where there is a filter
    from tcptui.dfilter.errors import FilterError

    try:
        compile_filter(text)
    except FilterError as error:
        return error_line(error, words)
    return ""
