"""The languages of the program, and the choice of one by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Language(Enum):
    """The languages; the value names the package of the catalogue.  A test checks that each one is complete."""

    EN = "en"
    ZH = "zh"


def language_from_environment(environment: Mapping[str, str]) -> Language:
    """The language of the locale: by the first of LC_ALL, LC_MESSAGES and LANG that is set and not empty.

    English on the Linux console, whose font has no Chinese.
    """
    if environment.get("TERM", "").startswith("linux"):
        return Language.EN
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return Language.ZH if value.lower().startswith("zh") else Language.EN
    return Language.EN
