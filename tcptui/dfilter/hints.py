"""What somebody who made a mistake probably meant.

Capture filter words (`port 80`) are translated whole; otherwise the one word that is wrong is put right.
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Final

from tcptui.dfilter import syntax
from tcptui.dfilter.capture_words import translate
from tcptui.dfilter.errors import Hint
from tcptui.dfilter.literals import from_word
from tcptui.dfilter.names import nearest, value_string
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from tcptui.dfilter.errors import FilterError
    from tcptui.model.field import Field

_SPOKEN: Final = {
    "AND": "and", "OR": "or", "NOT": "not", "EQ": "==", "NE": "!=", "GT": ">", "LT": "<", "GE": ">=", "LE": "<=",
    "IN": "in", "CONTAINS": "contains", "MATCHES": "matches", "XOR": "xor", "is": "==", "equals": "==",
    "like": "matches", "has": "contains", "<>": "!=", "=>": ">=", "=<": "<=", "&": "and", "^": "xor",
}  # fmt: skip
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE"})
_FLAGS: Final = {"SYN": "syn", "ACK": "ack", "FIN": "fin", "RST": "reset", "PSH": "push", "URG": "urg"}
_ALTERNATIVE: Final = re.compile(r"([A-Za-z_][\w.-]*+)\s*+(?:==|eq)\s*+([^(){}=<>!]++)", re.ASCII)
_AFTER_RELATION: Final = re.compile(r"(?:[=!]==?|\b(?:eq|ne|contains|matches)\b)\s*([^\s\"'(){},=<>!&|]+)")
_MAXIMUM: Final = 2_000
_LAST_PORT: Final = 65_535


def for_unknown(text: str, word: str) -> Hint | None:
    """For a word that should have been a field."""
    if len(text) > _MAXIMUM:
        return None
    words = translate(text)
    if words is not None:
        return Hint("capture-filter", {}, words)
    several = _ALTERNATIVE.fullmatch(text.strip())
    if several is not None and several[1] in FIELDS:
        parts = several[2].replace("||", " or ").split()
        values, joins = parts[::2], parts[1::2]
        if joins and set(joins) == {"or"} and len(values) > len(joins):
            return Hint("set", {}, f"{several[1]} in {{{', '.join(values)}}}")
    whole = text.strip() == word
    if whole and word in _METHODS:
        return Hint("method", {}, f'http.request.method == "{word}"')
    if whole and word.isdecimal() and int(word[:9]) <= _LAST_PORT:
        return Hint("port", {}, f"tcp.port == {word}")
    for family, field in ((socket.AF_INET, "ip.addr"), (socket.AF_INET6, "ipv6.addr")):
        if whole and _is_address(family, word):
            return Hint("address", {}, f"{field} == {word}")
    near = nearest(word)
    if near:
        return Hint("field", {"name": near[0]}, _replaced(text, word, near[0]))
    return Hint("text", {}, f'frame contains "{word}"') if whole and word.isascii() and '"' not in word else None


def _is_address(family: socket.AddressFamily, word: str) -> bool:
    try:
        socket.inet_pton(family, word.partition("/")[0])
    except (OSError, ValueError):
        return False
    return True


def _replaced(text: str, wrong: str, right: str) -> str:
    """``text`` with the first whole word ``wrong`` put right."""
    return re.sub(rf"(?<![\w.-]){re.escape(wrong)}(?![\w.-])", lambda _: right, text, count=1)


def for_unexpected(error: FilterError, text: str) -> Hint | None:
    """For a word that the grammar does not want where it stands."""
    span = error.span
    if len(text) > _MAXIMUM:
        return None
    words = translate(text)
    if words is not None:
        return Hint("capture-filter", {}, words)
    before, word, after = text[: span.offset], text[span.offset : span.end], text[span.end :]
    if word == ">" and before.rstrip().endswith("<"):
        return Hint("write", {"wrong": "<>", "right": "!="}, f"{before.rstrip()[:-1].rstrip()} != {after.lstrip()}")
    if word in _SPOKEN:
        right = _SPOKEN[word]
        return Hint("write", {"wrong": word, "right": right}, f"{before.rstrip()} {right} {after.lstrip()}".strip())
    quoted = for_unquoted(text, span.offset)
    if quoted is not None:
        return quoted
    if word == "(" and before.rstrip().endswith(("==", "!=", *"<>=&+*/-")):
        return Hint("braces", {})
    if re.match(r"[0-9]", word) and before.rfind("{") > before.rfind("}"):
        return Hint("comma", {}, f"{before.rstrip()}, {word}{after}")
    return None


def for_unquoted(text: str, offset: int) -> Hint | None:
    """For a word behind a relation that holds signs, such as a path: it was meant as text."""
    for found in _AFTER_RELATION.finditer(text[:_MAXIMUM]):
        if found.start(1) <= offset < found.end(1) and not found[1][0].isdigit():
            shown = f'"{found[1]}"'
            return Hint("quote", {"text": shown}, text[: found.start(1)] + shown + text[found.end(1) :])
    return None


def for_value(text: str, node: syntax.Value, kind: T, field: Field | None) -> Hint | None:
    """For what is no value of the field's type."""
    if len(text) > _MAXIMUM:
        return None
    shown = text[node.span.offset : node.span.end]
    if field is not None and field.name == "tcp.flags":
        flags = re.findall("[A-Z]+", shown)
        if flags and all(flag in _FLAGS for flag in flags):
            return Hint("flags", {}, " and ".join(f"tcp.flags.{_FLAGS[flag]} == 1" for flag in flags))
    inner = shown.strip("\"'")
    if isinstance(node, syntax.String) and from_word(kind, inner, is_part=False) is not None:
        return Hint("unquote", {"text": inner}, text[: node.span.offset] + inner + text[node.span.end :])
    if kind in (T.IPV4, T.IPV6) and field is not None and field.name.startswith(("ip.", "ipv6.")):
        other, name = (T.IPV6, f"ipv6{field.name[2:]}") if kind is T.IPV4 else (T.IPV4, f"ip{field.name[4:]}")
        if name in FIELDS and from_word(other, inner, is_part=False) is not None:
            return Hint("field", {"name": name}, _replaced(text, field.name, name))
    if kind is T.STRING and not isinstance(node, syntax.String):
        return Hint("quote", {"text": f'"{shown}"'}, f'{text[: node.span.offset]}"{shown}"{text[node.span.end :]}')
    return None


def for_incompatible(text: str, right: syntax.Value, field: Field | None) -> Hint | None:
    """For two values that cannot be compared: a protocol's name may be meant as text."""
    shown = text[right.span.offset : right.span.end]
    if field is None or not isinstance(right, syntax.Word) or len(text) > _MAXIMUM:
        return None
    if field.type is T.STRING or value_string(field.name, shown) is not None:
        return Hint("quote", {"text": f'"{shown}"'}, f'{text[: right.span.offset]}"{shown}"{text[right.span.end :]}')
    return None


def for_constant_first() -> Hint:
    """For a computation that begins with a number."""
    return Hint("field-first", {})
