"""Reads a page of `report --html` as a browser would, and says what may not be in one."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser
from typing import Final

#: Elements that a page is made of; any other came out of a packet.
ELEMENTS: Final = frozenset(
    {
        "html", "head", "meta", "title", "style", "body", "header", "section", "div", "h1", "h2", "h3", "h4", "p", "ul",
        "li", "dl", "dt", "dd", "a", "span", "table", "thead", "tbody", "tr", "th", "td", "svg", "rect", "text", "line",
        "path", "g", "tspan",
    }
)  # fmt: skip
ATTRIBUTES: Final = frozenset(
    {
        "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "role", "aria-label", "aria-hidden",
        "viewbox", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "d", "text-anchor", "transform",
        "preserveaspectratio",
        "font-weight",
    }
)  # fmt: skip
_VOID: Final = frozenset({"meta"})


class PageReader(HTMLParser):
    """The text of a page; AssertionError for markup that no page of ours has."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.texts: list[str] = []
        self.style = ""
        self.policy = ""
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.counts: dict[str, int] = {}
        assert page.startswith("<!DOCTYPE html>\n<html lang=")
        self.feed(page)
        self.close()
        assert not self.open, f"left open: {self.open}"
        digest = base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode()
        assert self.policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
        assert "script" not in self.policy
        assert "url(" not in self.style
        assert "@import" not in self.style
        assert {link.removeprefix("#") for link in self.links} <= self.ids
        self.text = "\n".join(self.texts)
        for line in self.texts:
            assert all(char.isprintable() or char in "\n\u00a0" for char in line), repr(line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS, tag
        self.counts[tag] = self.counts.get(tag, 0) + 1
        given = dict(attrs)
        assert given.keys() <= ATTRIBUTES, given
        assert len(given) == len(attrs)
        if given.get("http-equiv"):
            self.policy = given["content"] or ""
        if "href" in given:
            assert (given["href"] or "").startswith("#c")
            self.links.append(given["href"] or "")
        if "id" in given:
            self.ids.add(given["id"] or "")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        elif data.strip():
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        assert decl == "DOCTYPE html"

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")
