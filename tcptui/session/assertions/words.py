"""The first word of a rule, which says what kind it is; known without what reads filters."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class Kind(Enum):
    """The kind of a rule's claim."""

    NO = "no"
    ALL = "all"
    COUNT = "count"
    PERCENTILE = "p"


#: The word of a percentile.
PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d{1,4})?|100)$")


def kind_of(text: str) -> tuple[Kind, str, str] | None:
    """The kind of the rule ``text``, a percentile's percents as written, and what follows; None: it is no rule."""
    first, _blank, rest = text.strip().partition(" ")
    percentile = PERCENTILE.match(first)
    if not rest or first == Kind.PERCENTILE.value:
        return None
    if percentile is not None:
        return Kind.PERCENTILE, percentile[1], rest.strip()
    kinds = {kind.value: kind for kind in Kind}
    return (kinds[first], "", rest.strip()) if first in kinds else None


def is_rule(text: str) -> bool:
    """Whether ``text`` begins as a rule does, so that it is no name of a file."""
    return kind_of(text) is not None
