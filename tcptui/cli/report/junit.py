"""Results of rules as JUnit XML, which systems of continuous integration show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence


class TestCase(NamedTuple):
    """One rule: its name, and why it does not hold; None: it does."""

    name: str
    failure: str | None


def junit_xml(suite: str, cases: Sequence[TestCase]) -> str:
    """The file; ``suite`` names the captures.  Every text is made safe, so that the XML is well-formed."""
    failed = sum(case.failure is not None for case in cases)
    counts = f'tests="{len(cases)}" failures="{failed}" errors="0" skipped="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>"]
    lines.append(f"  <testsuite name={_attribute(suite)} {counts}>")
    for case in cases:
        head = f"    <testcase classname={_attribute(suite)} name={_attribute(case.name)}"
        if case.failure is None:
            lines.append(f"{head}/>")
        else:
            message = _attribute(case.failure)
            lines += [f"{head}>", f"      <failure message={message}>{escape(safe_text(case.failure))}</failure>"]
            lines.append("    </testcase>")
    return "\n".join([*lines, "  </testsuite>", "</testsuites>", ""])


def _attribute(text: str) -> str:
    return quoteattr(safe_text(text))
