"""Which language to speak, and where its words are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Language(Enum):
    """Languages that are complete; a test compares their catalogues."""

    EN = "en"
    ZH = "zh"


def language_from_environment(environment: Mapping[str, str]) -> Language:
    """The language by LC_ALL, LC_MESSAGES, LANG: the first of them that is set decides."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return Language.ZH if value.lower().startswith("zh") else Language.EN
    return Language.EN
