"""Cuts a filter into tokens as Wireshark's scanner does: at each place the longest match, the earlier rule if equal.

Words, numbers, addresses, byte strings and dates overlap (``10.0.0.1``, ``01-02``, ``tcp.port``, ``2023-11-14``);
what is only a value is a LITERAL, everything else that looks like a name stays a WORD.
"""

from __future__ import annotations

import re
from typing import Final

from tcptui.dfilter.errors import FilterError, Hint, Mistake, Span
from tcptui.dfilter.ranges import parse_ranges
from tcptui.dfilter.tokens import Kind, Piece

#: Characters of a filter at most: compiling one of this length takes less than a second.
MAXIMUM_LENGTH: Final = 65_536
#: How deep parentheses and braces may nest: as deep as in tshark 4.0.17, whose parser's stack has 100 places.
MAXIMUM_DEPTH: Final = 97

_WORD: Final = r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
_X: Final = "[0-9A-Fa-f]"
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"
_IPV4: Final = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_H16: Final = f"{_X}{{1,4}}"
_LS32: Final = f"(?:{_H16}:{_H16}|{_IPV4})"
_IPV6: Final = (
    f"(?:{_H16}:){{6}}{_LS32}", f"::(?:{_H16}:){{5}}{_LS32}", f"(?:{_H16})?::(?:{_H16}:){{4}}{_LS32}",
    *(f"(?:(?:{_H16}:){{0,{n}}}{_H16})?::(?:{_H16}:){{{4 - n}}}{_LS32}" for n in range(1, 5)),
    f"(?:(?:{_H16}:){{0,5}}{_H16})?::{_H16}", f"(?:(?:{_H16}:){{0,6}}{_H16})?::",
)  # fmt: skip
_LITERALS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        f"{_X}{{2}}(?::{_X}{{2}})+", f":{_X}{{2}}(?::{_X}{{2}})+", rf":{_X}{{2}}(?:\.{_X}{{2}})+",
        f":{_X}{{2}}(?:-{_X}{{2}})+", f":{_X}+", rf"{_IPV4}(?:/[0-9]{{1,2}})?",
        *(f"{pattern}(?:/[0-9]{{1,3}})?" for pattern in _IPV6),
    )
)  # fmt: skip
_PLAIN_WORD: Final = re.compile(_WORD)
_NAME: Final = re.compile(rf"\.{_WORD}")
_BLANK: Final = re.compile(r"[ \t\n]+")
_QUOTE: Final = re.compile(r'[rR]?"')
_LAYER: Final = re.compile(r"#(?:([0-9]+)|\[([^\]]*)(\]?))")
_SIGN: Final = re.compile(r"===|!==|==|!=|~=|>=|<=|&&|\|\||\^\^|\.\.|[()\[\]{},><~!&+\-*/%@]")

_SIGNS: Final = {
    "(": Kind.LPAREN, ")": Kind.RPAREN, "{": Kind.LBRACE, "}": Kind.RBRACE, ",": Kind.COMMA, "..": Kind.DOTDOT,
    "==": Kind.RELATION, "!=": Kind.RELATION, "===": Kind.RELATION, "!==": Kind.RELATION, "~=": Kind.RELATION,
    ">": Kind.RELATION, ">=": Kind.RELATION, "<": Kind.RELATION, "<=": Kind.RELATION, "~": Kind.MATCHES,
    "!": Kind.NOT, "&&": Kind.AND, "||": Kind.OR, "^^": Kind.XOR, "&": Kind.AMPERSAND, "+": Kind.PLUS,
    "-": Kind.MINUS, "*": Kind.STAR, "/": Kind.SLASH, "%": Kind.PERCENT, "@": Kind.RAW,
}  # fmt: skip
_KEYWORDS: Final = {
    **dict.fromkeys(
        ("eq", "any_eq", "ne", "all_ne", "all_eq", "any_ne", "gt", "ge", "lt", "le"), Kind.RELATION
    ),
    "contains": Kind.CONTAINS, "matches": Kind.MATCHES, "in": Kind.IN, "any": Kind.ANY, "all": Kind.ALL,
    "not": Kind.NOT, "and": Kind.AND, "or": Kind.OR, "bitwise_and": Kind.AMPERSAND,
}  # fmt: skip
#: Operators since 4.4 and later, which 4.0 reads as values: they are operators behind an operand only.
_LATER: Final = {"xor": Kind.XOR, "bitand": Kind.AMPERSAND}
_OPERANDS: Final = frozenset({
    Kind.WORD, Kind.NAME, Kind.LITERAL, Kind.STRING, Kind.CHARACTER, Kind.SLICE, Kind.LAYER, Kind.RPAREN, Kind.RBRACE,
})  # fmt: skip
_ESCAPED: Final = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
#: tshark 4.0.17 refuses a line feed as a character constant.
_ESCAPED_CHARACTERS: Final = {key: value for key, value in _ESCAPED.items() if key != "n"}


def cut(text: str) -> list[Piece]:
    """The tokens of ``text``.  Raises FilterError."""
    if len(text) > MAXIMUM_LENGTH:
        raise FilterError(Mistake.TOO_LONG, Span(0, len(text)), length=len(text), most=MAXIMUM_LENGTH)
    pieces: list[Piece] = []
    place = depth = 0
    while place < len(text):
        blank = _BLANK.match(text, place)
        if blank is not None:
            place = blank.end()
            continue
        piece = _piece(text, place, pieces)
        depth += _deeper(piece, pieces)
        if depth > MAXIMUM_DEPTH:
            raise FilterError(Mistake.TOO_DEEP, piece.span, most=MAXIMUM_DEPTH)
        pieces.append(piece)
        place = piece.span.end
    return pieces


def _deeper(piece: Piece, before: list[Piece]) -> int:
    if piece.kind in (Kind.LPAREN, Kind.LBRACE):
        # A call takes two places of tshark's stack: its name and its parenthesis.
        return 2 if piece.kind is Kind.LPAREN and before and before[-1].kind is Kind.WORD else 1
    return -1 if piece.kind in (Kind.RPAREN, Kind.RBRACE) else 0


def _piece(text: str, place: int, before: list[Piece]) -> Piece:
    quote = _QUOTE.match(text, place)
    if quote is not None:
        return _string(text, place, quote.end(), is_raw=quote.end() - place == len('r"'))
    if text[place] == "'":
        return _character(text, place)
    if text[place] == "#":
        return _layer(text, place)
    if text[place] == "[":
        return _slice(text, place)
    if text.startswith("${", place):
        raise FilterError(Mistake.REFERENCE, Span(place, 2))
    return _word(text, place, before)


def _word(text: str, place: int, before: list[Piece]) -> Piece:
    kind, end = Kind.WORD, place
    for pattern in _LITERALS:
        found = pattern.match(text, place)
        if found is not None and found.end() > end:
            kind, end = Kind.LITERAL, found.end()
    for pattern, its in ((_PLAIN_WORD, Kind.WORD), (_NAME, Kind.NAME), (_SIGN, None)):
        found = pattern.match(text, place)
        if found is not None and found.end() > end:
            kind, end = its or _SIGNS.get(found[0], Kind.WORD), found.end()
    span = Span(place, max(end - place, 1))
    word = text[place : span.end]
    if end == place or word == "]":
        raise FilterError(Mistake.CHARACTER, span, _meant(text, place), text=word)
    if kind is Kind.WORD:
        kind = _KEYWORDS.get(word, kind)
        if word in _LATER and before and before[-1].kind in _OPERANDS:
            kind = _LATER[word]
    return Piece(kind, word, span)


def _meant(text: str, place: int) -> Hint | None:
    """The likely intention of a character that no token begins with."""
    for wrong, right in (("=>", ">="), ("=<", "<="), ("=~", "matches"), ("=", "=="), ("|", "or"), (";", "and")):
        if text.startswith(wrong, place):
            fixed = f"{text[:place].rstrip()} {right} {text[place + len(wrong) :].lstrip()}".strip()
            return Hint("write", {"wrong": wrong, "right": right}, fixed)
    return None


def _string(text: str, start: int, place: int, *, is_raw: bool) -> Piece:
    value = bytearray()
    while place < len(text) and text[place] != '"':
        if text[place] == "\\" and place + 1 < len(text):
            if is_raw:
                value += text[place : place + 2].encode("utf-8", "surrogatepass")
                place += 2
            else:
                code, place = _escape(text, place, _ESCAPED)
                value.append(code)
            continue
        value += text[place].encode("utf-8", "surrogatepass")
        place += 1
    if place >= len(text):
        raise FilterError(Mistake.STRING_OPEN, Span(start, len(text) - start), Hint("close-quote", {"quote": '"'}))
    return Piece(Kind.STRING, text[start : place + 1], Span(start, place + 1 - start), bytes(value))


def _escape(text: str, place: int, known: dict[str, int]) -> tuple[int, int]:
    """The byte of the escape sequence at ``place``, and where it ends."""
    found = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2}))").match(text, place)
    if found is not None:
        code = int(found[1], 8) if found[1] else int(found[2], 16)
        if code > 0xFF:
            raise FilterError(Mistake.ESCAPE_TOO_BIG, Span(place, len(found[0])), text=found[0])
        return code, found.end()
    letter = text[place + 1]
    if letter not in known:
        sequence = text[place : place + 2]
        raise FilterError(Mistake.ESCAPE, Span(place, 2), Hint("double-backslash", {"text": sequence}), text=sequence)
    return known[letter], place + 2


def _character(text: str, start: int) -> Piece:
    end = start + 1
    while end < len(text) and text[end] != "'":
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise FilterError(Mistake.STRING_OPEN, Span(start, len(text) - start), Hint("close-quote", {"quote": "'"}))
    span = Span(start, end + 1 - start)
    inner, code = text[start + 1 : end], -1
    if inner.startswith("\\") and len(inner) > 1:
        try:
            code, after = _escape(text, start + 1, _ESCAPED_CHARACTERS)
        except FilterError as error:
            raise FilterError(Mistake.CHARACTER_CONSTANT, span, text=text[start : span.end]) from error
        code = code if after == end else -1
    elif len(inner) == 1 and " " <= inner <= "~":
        code = ord(inner)
    if code < 0:
        hint = Hint("double-quotes", {"text": f'"{inner}"'}) if len(inner) > 1 else None
        raise FilterError(Mistake.CHARACTER_CONSTANT, span, hint, text=text[start : span.end])
    return Piece(Kind.CHARACTER, text[start : span.end], span, code)


def _layer(text: str, place: int) -> Piece:
    found = _LAYER.match(text, place)
    if found is None or (found[1] is None and not found[3]):
        raise FilterError(Mistake.LAYER, Span(place, 1))
    span = Span(place, found.end() - place)
    return Piece(Kind.LAYER, found[0], span, parse_ranges(found[1] or found[2], span))


def _slice(text: str, place: int) -> Piece:
    end = text.find("]", place)
    if end < 0:
        raise FilterError(Mistake.BRACKET_OPEN, Span(place, len(text) - place), Hint("close-bracket", {}))
    span = Span(place, end + 1 - place)
    return Piece(Kind.SLICE, text[place : end + 1], span, parse_ranges(text[place + 1 : end], span))
