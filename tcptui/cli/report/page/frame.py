"""What every page begins and ends with: one self-contained document, which loads and runs nothing."""

from __future__ import annotations

from typing import Final

import tcptui
from tcptui.cli.report.page.markup import Markup, element
from tcptui.cli.report.page.style import STYLE, policy
from tcptui.words.language import Language

_TAG: Final = {Language.EN: "en", Language.ZH: "zh-CN"}


def page_begin(title: str, language: Language) -> str:
    """The document up to its contents."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"tcptui {tcptui.__version__}"),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    return f'<!DOCTYPE html>\n<html lang="{_TAG[language]}">\n{head}\n<body>\n'


def page_end(foot: str) -> str:
    """The last line of the contents, and the end of the document."""
    return element("p", foot, cls="soft small") + "\n</body>\n</html>\n"
