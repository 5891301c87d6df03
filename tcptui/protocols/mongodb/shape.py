"""The shape of a document that asks for something: names and operators, without the values that vary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.mongodb.bson import ARRAY, document_of, number_of
from tcptui.protocols.secret_names import LEFT_OUT, Secrecy, looks_secret, secrecy
from tcptui.protocols.secret_store_keys import key_text

if TYPE_CHECKING:
    from tcptui.protocols.mongodb.bson import Document, Element, Source

#: How deep, how many names, and how many characters of a name are told.
_DEPTH: Final = 8
_NAMES: Final = 60
_NAME_MOST: Final = 60
_VALUE: Final = "?"
_MORE: Final = "…"


def shape_of(source: Source, document: Document, *, is_array: bool = False, keeps_numbers: bool = False) -> str:
    """``{status: ?, total: {$gt: ?}}``: text from the message, not yet safe to print.

    ``keeps_numbers``: as in a sort, where 1 and -1 are no values.  Alike elements of an array are told once.
    """
    return _Shape(source, keeps_numbers=keeps_numbers).of(document, is_array=is_array, depth=0)


class _Shape:
    def __init__(self, source: Source, *, keeps_numbers: bool) -> None:
        self._source, self._keeps, self._left = source, keeps_numbers, _NAMES

    def of(self, document: Document, *, is_array: bool, depth: int, how: Secrecy = Secrecy.NONE) -> str:
        """The shape of ``document``; a document in it is at ``depth`` + 1; ``how``: what names around it say."""
        told: dict[str, None] = {}
        for one in document.elements():
            if self._left <= 0:
                told[_MORE] = None
                break
            self._left -= 1
            value = self._value(one, depth, max(how, secrecy(one.name)))
            told[value if is_array else f"{_name(one.name[:_NAME_MOST], how)}: {value}"] = None
        text = ", ".join(told)
        return f"[{text}]" if is_array else f"{{{text}}}"

    def _value(self, one: Element, depth: int, how: Secrecy) -> str:
        inner = document_of(self._source, one)
        if inner is not None:
            return self.of(inner, is_array=one.kind == ARRAY, depth=depth + 1, how=how) if depth < _DEPTH else _MORE
        if self._keeps and (number := number_of(self._source, one)) in (1, -1):
            return f"{number:g}"
        return _VALUE


def _name(name: str, how: Secrecy) -> str:
    """``name`` without what is secret in it."""
    return LEFT_OUT if how is not Secrecy.NONE and looks_secret(name) else key_text(name.encode())
