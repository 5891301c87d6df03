"""Text from outside becomes text that a terminal can only print."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hostile_captures import ATTACKS
from terminal_bytes import LINE_CONTROLS, MAX_COMBINING_MARKS, offences, unprintable

from tcptui.model import safe_text as module
from tcptui.model.safe_text import reason_of, safe_text


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_becomes_text_that_still_shows_its_marker(name: str) -> None:
    attack = ATTACKS[name].replace(b"%s", b"MARK")

    for shown in (safe_text(attack), safe_text(attack.decode("utf-8", "surrogateescape"))):
        assert offences(shown.encode(), set(), frozenset()) == []
        assert "MARK" in shown


def test_every_character_alone_and_in_a_row_is_harmless() -> None:
    whole = "".join(map(chr, range(sys.maxunicode + 1)))

    assert unprintable(safe_text(whole, len(whole))) is None
    for code in [*range(0x3000), *range(0xA000, 0xAC00), *range(0xD7FF, 0x10000), *range(0x10000, 0x1F000)]:
        assert unprintable(safe_text(chr(code) * (MAX_COMBINING_MARKS + 1))) is None, hex(code)


def test_marks_are_no_higher_than_letters_bear_and_none_is_lost_unseen() -> None:
    shown = safe_text("Z" + "\u0300" * 12)

    assert shown.startswith("Z" + "\u0300" * module.MAX_COMBINING_MARKS + "\ufffd")
    assert len(shown) == 13


@pytest.mark.parametrize(
    "text",
    [
        "plain", "你好，世界 — ±½ ÅÄÖ", "e\u0301tude Việt Nam", "ที่นี่ ก็ได้", "हिन्दी क्षत्रिय", "עִבְרִית", "மொழி",
        "\u0f40\u0f71\u0f74\u0f7e",
    ],
)  # fmt: skip
def test_language_is_left_as_it_is(text: str) -> None:
    assert safe_text(text) == text


def test_text_is_cut_before_it_costs_anything() -> None:
    assert safe_text("a" * 10_000, 7) == "a" * 7
    assert safe_text(b"\xff" * 10_000_000, 7) == "\ufffd" * 7


def test_every_mark_is_known_to_be_one() -> None:
    """The quick look for piles misses no mark of Unicode's."""
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char) in ("Mn", "Me") and safe_text(char) == char:
            assert unprintable(safe_text("a" + char * 9)) is None, hex(code)


def test_lines_may_hold_line_ends_only_where_lines_are_drawn() -> None:
    assert offences(b"a\r\nb\tc", set(), LINE_CONTROLS) == []
    assert safe_text("a\r\nb\tc") == "a␍␊b␉c"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(13, "Permission denied", "/secret"), "Permission denied"),
        (OSError("no number \x1b[2J"), "no number ␛[2J"),
        (OSError(), "OSError"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_reason_is_what_the_system_says_without_the_path(error: OSError | ValueError, reason: str) -> None:
    assert reason_of(error) == reason
