"""SQL without its literals: ``SELECT name FROM users WHERE id IN (?)``.

A tokenizer of its own, for a parser (sqlglot) wants a whole statement of one dialect and takes milliseconds for it,
and here texts are cut, hostile, and many; sqlparse's tokens know neither dollar quotes nor MySQL's backslashes.
Lexical rules: PostgreSQL 17, 4.1; MySQL 8.4, 11.1 and 11.7.  What is no SQL comes out as some text, never as an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: What stands for a literal, or for a list of them.
VALUE: Final = "?"
_LIST: Final = f"({VALUE})"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How literals and comments are written."""

    tokens: re.Pattern[str]
    """One token; its group says of which kind."""

    @classmethod
    def of(cls, blank: str, text: str, more: str = "") -> Dialect:
        """A dialect by verbose patterns of blank space, which comments of a line are, of texts, and of more groups."""
        groups = f"(?P<blank> {blank} ) | (?P<comment> /\\* ) | (?P<text> {text} ) {more} {_REST}"
        return cls(re.compile(groups, _FLAGS))


#: In safe text a control character is a picture of itself (`tcptui.model.safe_text`).
BREAK: Final = "\n\u240a"
BLANK: Final = "\\s\u2400-\u2420"
#: A quote that the text's cut left open ends with it.
PLAIN: Final = "'(?:[^']|'')*(?:'|$)"
ESCAPED: Final = r"'(?:[^'\\]|\\.|'')*(?:'|\\?$)"
_REST: Final = rf"""
 | (?P<value> 0x[0-9a-f]+\b | (?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)? | \$\d+ | \? | %s | %\(\w+\)s
     | (?<![:\w]):[a-z_]\w* )
 | (?P<name> `(?:[^`]|``)*(?:`|$) | [^\W\d][\w$]* )
 | (?P<sign> <=> | <> | <= | >= | != | := | :: | \|\| | ->> | -> | \#>> | \#> | @> | <@ | && | [^\w{BLANK}] )
"""
_FLAGS: Final = re.VERBOSE | re.IGNORECASE | re.DOTALL
_COMMENT_ENDS: Final = re.compile(r"/\*|\*/")
#: Words in capitals wherever they stand, so that two spellings are one statement; those with which a list may follow …
_LISTING: Final = """
    ALL AND ANY AS BETWEEN BY DISTINCT ELSE EXCEPT EXISTS FROM HAVING IN INTERSECT IS LIKE LIMIT NOT OFFSET ON OR
    OVER RETURNING ROW SELECT SET SOME THEN UNION USING VALUE VALUES WHEN WHERE WITH
"""
#: … and the others.
_OTHERS: Final = """
    ALTER ANALYZE ASC BEGIN CALL CASE CAST COMMIT CONFLICT COPY CREATE CROSS DEALLOCATE DECLARE DEFAULT DELETE
    DESC DISCARD DO DROP DUPLICATE END ESCAPE EXECUTE EXPLAIN FALSE FETCH FIRST FOR FOREIGN FULL GROUP IF IGNORE
    ILIKE INDEX INNER INSERT INTERVAL INTO JOIN KEY LAST LATERAL LEFT LISTEN LOCK NATURAL NOTHING NOTIFY NULL
    NULLS ONLY ORDER OUTER PARTITION PREPARE PRIMARY RECURSIVE REFERENCES RELEASE REPLACE RIGHT ROLLBACK ROWS
    SAVEPOINT SHARE SHOW START TABLE TEMPORARY TO TRANSACTION TRUE TRUNCATE UNIQUE UPDATE USE VACUUM VIEW WINDOW
"""
_BEFORE_LIST: Final = frozenset(_LISTING.split())
_KEYWORDS: Final = _BEFORE_LIST | frozenset(_OTHERS.split())
#: Words that are values where a value may stand.
_CONSTANTS: Final = frozenset({"NULL", "TRUE", "FALSE", "DEFAULT"})
_NO_BLANK_BEFORE: Final = frozenset({",", ")", ";", ".", "::", "]"})
_NO_BLANK_AFTER: Final = frozenset({"(", ".", "::", "[", "@", ":"})
_SIGNED: Final = frozenset({"-", "+"})
#: Deepest nesting of parentheses that is told apart; a deeper one is flat.
_DEPTH_MOST: Final = 100


def without_values(text: str, dialect: Dialect) -> str:
    """The statement ``text`` with `VALUE` for each literal, parameter and list of them, and without comments."""
    levels: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        found = dialect.tokens.match(text, at)
        if found is None:  # hidden or odd: a character that is none of these
            at += 1
            continue
        at, kind = found.end(), found.lastgroup
        if kind == "comment":
            at = _comment_end(text, at)
        elif kind == "sign" and found[0] == "(" and len(levels) < _DEPTH_MOST:
            levels.append([])
        elif kind == "sign" and found[0] == ")" and len(levels) > 1:
            _close(levels)
        elif kind != "blank":
            _add(levels[-1], found[0], is_value=kind in ("value", "text", "tag"), is_name=kind == "name")
    while len(levels) > 1:  # the text was cut
        inner = levels.pop()
        levels[-1] += ["(", *inner]
    told = _joined(levels[0])
    return told.rstrip("; ")


def _comment_end(text: str, at: int) -> int:
    """Where the comment ends whose inside begins at ``at``; comments nest in PostgreSQL, and nobody else opens two."""
    depth = 1
    for mark in _COMMENT_ENDS.finditer(text, at):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    return len(text)


def _add(level: list[str], token: str, *, is_value: bool, is_name: bool) -> None:
    upper = token.upper() if is_name else ""
    if is_value or (upper in _CONSTANTS and _may_be_value(level)):
        if level[-1:] and level[-1] in _SIGNED and _may_be_value(level[:-1]):
            level.pop()
        level.append(VALUE)
    else:
        level.append(upper if upper in _KEYWORDS else token)


def _may_be_value(level: list[str]) -> bool:
    """Whether a value may follow: at the beginning of a list, behind a comma, an operator or a keyword."""
    last = level[-1] if level else ","
    return last in _BEFORE_LIST - {"IS", "NOT"} or not (last[-1].isalnum() or last[-1] in "_)]?`\"'")


def _close(levels: list[list[str]]) -> None:
    """Puts the innermost list into the one around it: one of values only is `_LIST`, and so are several of them."""
    inner, level = levels.pop(), levels[-1]
    last = level[-1] if level else ""
    is_call = last[-1:].isalnum() and last not in _BEFORE_LIST
    is_list = VALUE in inner or _LIST in inner
    if is_list and not is_call and all(one in (VALUE, _LIST, ",") for one in inner):
        made = _LIST
    else:
        made = f"({_joined(inner)})"
    if level[-2:] == [made, ","]:
        level.pop()
    elif is_call:
        level[-1] += made
    else:
        level.append(made)


def _joined(tokens: list[str]) -> str:
    said: list[str] = []
    before = ""
    for token in tokens:
        if said and token not in _NO_BLANK_BEFORE and before not in _NO_BLANK_AFTER:
            said.append(" ")
        said.append(token)
        before = token
    return "".join(said)
