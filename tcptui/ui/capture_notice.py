"""The sentence that says where reading of a capture stopped early, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from tcptui.access.progress import Notice
    from tcptui.words.catalogue import Words


def notice_text(notice: Notice | None, words: Words) -> str:
    """``notice`` as a sentence, empty without one; of a file only its name is given: there is little room."""
    if notice is None:
        return ""
    facts = dict(notice.facts)
    if "name" in facts:
        facts["name"] = str(facts["name"]).rpartition("/")[2]
    return safe_text(words(notice.key, **facts))
