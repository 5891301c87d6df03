"""Words for findings that a user has defined: the user's own, and what tells them from those of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.words.line_breaking import wrap
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from tcptui.model.finding import Finding, OwnId
    from tcptui.words.catalogue import Words

#: Cells of a finding in a list at most.
_SHORT: Final = 40
#: Parts of a finding that are the same for all of one's own.
_SHARED: Final = frozenset({"known", "sure", "look"})
_TITLE, _SENTENCE = 0, 1


def _user_text(own: OwnId, part: int, words: Words) -> str:
    """What the user wrote, in English where there is no other."""
    return own.words.get(words.language.value, own.words["en"])[part]


def own_name(own: OwnId, words: Words) -> str:
    """The name of such findings, marked as the user's own."""
    return words("own.name", title=_user_text(own, _TITLE, words))


def own_sentence(finding: Finding, own: OwnId, part: str, words: Words) -> str:
    """The sentence for ``part`` of a finding; empty where there is none."""
    match part:
        case "title":
            return own_name(own, words)
        case "short":
            return _cut(own_name(own, words))
        case "happened":
            matched = words("own.happened", n=Count(len(finding.packets)), filter=finding.facts["own_filter"])
            return words("narrative.space").join((_user_text(own, _SENTENCE, words), matched))
        case "meaning":
            return words("own.meaning")
        case _ if part in _SHARED:
            return words(f"own.{part}", id=str(own), filter=finding.facts["own_filter"])
    return ""


def _cut(text: str) -> str:
    """As much of ``text`` as a list shows."""
    return wrap(text, _SHORT)[0].rstrip()
