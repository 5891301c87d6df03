"""What is wrong with a display filter, what was meant, and what a right one does, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.words.errors import safe_facts

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
