"""Documents of MongoDB in the header tree: each element with its value, but for those that are secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.frame_place import LONGEST_VALUE
from tcptui.protocols.mongodb.bson import (
    ARRAY,
    BINARY,
    BOOLEAN,
    CODE,
    CODE_WITH_SCOPE,
    DATETIME,
    DB_POINTER,
    DOCUMENT,
    DOUBLE,
    EMPTY,
    INT32,
    INT64,
    MAX_KEY,
    MIN_KEY,
    NESTED,
    NULL,
    OBJECT_ID,
    REGEX,
    STRING,
    SYMBOL,
    TEXTS,
    TIMESTAMP,
    UNDEFINED,
    Document,
    number_of,
)
from tcptui.protocols.mongodb.codes import SECRET
from tcptui.protocols.secret_bodies import body_without_secrets
from tcptui.protocols.secret_names import LEFT_OUT, Secrecy, is_hidden, looks_secret, secrecy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.mongodb.bson import Element, Source

#: Elements of one message that are shown, how deep (servers allow 100; each is three lines deeper in the tree), and
#: bytes of a text.
_ELEMENTS_MOST: Final = 2_000
_DEPTH: Final = 40
_TEXT_MOST: Final = LONGEST_VALUE
_KINDS: Final = {
    DOUBLE: "Double", STRING: "String", DOCUMENT: "Document", ARRAY: "Array", BINARY: "Binary",
    UNDEFINED: "Undefined", OBJECT_ID: "Object ID", BOOLEAN: "Boolean", DATETIME: "Datetime", NULL: "NULL",
    REGEX: "Regular Expression", DB_POINTER: "DBPointer", CODE: "JavaScript Code", SYMBOL: "Symbol",
    CODE_WITH_SCOPE: "JavaScript Code w/Scope", INT32: "Int32", TIMESTAMP: "Timestamp", INT64: "Int64",
    MIN_KEY: "Min Key", MAX_KEY: "Max Key",
}  # fmt: skip
#: What a login carries beside names that say so: its tokens, and what is sent with the first question already.
_LOGIN: Final = frozenset({"payload", "speculativeAuthenticate"})


class Documents:
    """Adds documents of one message."""

    def __init__(self, add: Callable[[Branch, str, int, int, str], Branch], source: Source, *, is_secret: bool) -> None:
        """``add``: makes a line below a branch of a label, bytes and a field; ``is_secret``: no value is shown."""
        self._add, self._source, self._is_secret = add, source, is_secret
        self._left = _ELEMENTS_MOST
        self.has_ended = False
        """Nothing behind can be read."""

    @property
    def is_long(self) -> bool:
        """Whether there are more elements than are shown."""
        return self._left < 0

    def add(self, parent: Branch, title: str, field: str, at: int, stop: int) -> int:
        """Append the document at ``at``; returns where it ends."""
        how = Secrecy.SURE if self._is_secret else Secrecy.NONE
        return self._document(parent, title, field, Document(self._source, at, stop), how, 0)

    def _document(self, parent: Branch, title: str, field: str, document: Document, how: Secrecy, depth: int) -> int:
        at = document.at
        if document.is_cut or document.is_wrong:
            self.has_ended = True
            if document.is_wrong:
                parent.concluded("A document does not fit its length")
            return at
        branch = self._add(parent, title, at, document.size, field)
        self._add(branch, f"Document length: {document.size}", at, 4, "mongo.document.length")
        if document.size == EMPTY:
            self._add(branch, "Empty Document", at, EMPTY, "mongo.document.empty")
            return document.stop
        if depth >= _DEPTH:
            branch.concluded(f"Documents within more than {_DEPTH} others are not shown")
            return document.stop
        elements = self._add(branch, "Elements", at + 4, document.size - EMPTY, "mongo.elements")
        for one in document.elements():
            self._left -= 1
            if self._left < 0:
                self.has_ended = True
                break
            if depth == 0 and one.start == at + 4 and one.name.lower() in SECRET:
                how = Secrecy.SURE  # a command that names itself, where nobody knows what it is
            self._element(elements, one, how, depth)
        if document.is_wrong:
            elements.concluded("The rest is no document")
        return document.stop

    def _element(self, parent: Branch, one: Element, how: Secrecy, depth: int) -> None:
        name_size = one.at - one.start - 2
        if how is not Secrecy.NONE and looks_secret(one.name):  # a session by its id, as a key among others
            line = parent.concluded(f"Element: {LEFT_OUT}")
        else:
            line = self._add(parent, f"Element: {one.name}", one.start + 1, name_size, "mongo.element.name")
        kind = f"{_KINDS.get(one.kind, 'Unknown')} (0x{one.kind:02x})"
        self._add(line, f"Type: {kind}", one.start, 1, "mongo.element.type")
        how = Secrecy.SURE if one.name in _LOGIN else max(how, secrecy(one.name))
        if one.kind in NESTED:
            self._nested(line, one, how, depth)
        elif one.kind == CODE_WITH_SCOPE:
            self._code(line, one, how, depth)
        elif not self._hides(one, how):
            self._value(line, one)
        elif one.stop > one.at:
            line.concluded(f"Value: not shown, {one.stop - one.at} bytes")

    def _nested(self, line: Branch, one: Element, how: Secrecy, depth: int) -> None:
        inner = Document(self._source, one.at, one.stop)
        self._document(line, "Document", "mongo.document", inner, how, depth + 1)

    def _hides(self, one: Element, how: Secrecy) -> bool:
        """Whether the value is a secret, by its name and those around it, or by its form."""
        if one.kind in (BOOLEAN, NULL, UNDEFINED, MIN_KEY, MAX_KEY) or how is Secrecy.NONE:
            return one.kind in TEXTS and _has_secrets(self._raw_text(one))
        if how is Secrecy.SURE or one.kind in (BINARY, REGEX, OBJECT_ID):
            return True
        return one.kind in TEXTS and (is_hidden(how, self._raw_text(one)) or _has_secrets(self._raw_text(one)))

    def _raw_text(self, one: Element) -> str:
        size = min(max(one.stop - one.at - 5, 0), _TEXT_MOST)
        return self._source.read(one.at + 4, size).decode("utf-8", "replace")

    def _value(self, line: Branch, one: Element) -> None:
        at, kind = one.at, one.kind
        if kind in TEXTS or kind == DB_POINTER:
            self._text(line, at)
            if kind == DB_POINTER:
                raw = self._source.read(one.stop - 12, 12)
                self._add(line, f"ObjectID: {shortened(raw)}", one.stop - 12, 12, "mongo.element.value.db_ptr")
        elif kind == BINARY:
            self._binary(line, one)
        elif kind == OBJECT_ID:
            self._object_id(line, at)
        elif kind == REGEX:
            middle = self._source.text_end(at, one.stop) + 1
            self._string(line, "Value", at, middle - 1, "mongo.element.value.regex.pattern")
            self._string(line, "Value", middle, one.stop - 1, "mongo.element.value.regex.options")
        else:
            self._number(line, one)

    def _string(self, line: Branch, title: str, start: int, stop: int, field: str) -> None:
        text = self._source.read(start, min(stop - start, _TEXT_MOST)).decode("utf-8", "replace")
        self._add(line, f"{title}: {text}", start, stop - start, field)

    def _text(self, line: Branch, at: int) -> None:
        size = self._source.int32(at)
        if size is None:
            return
        self._add(line, f"Length: {size}", at, 4, "mongo.element.value.length")
        self._string(line, "Value", at + 4, at + 3 + size, "mongo.element.value.string")

    def _binary(self, line: Branch, one: Element) -> None:
        size = max(one.stop - one.at - 5, 0)
        self._add(line, f"Length: {size}", one.at, 4, "mongo.element.value.length")
        raw = self._source.read(one.at + 5, min(size, _TEXT_MOST))
        self._add(line, f"Value: {shortened(raw)}", one.at + 5, size, "mongo.element.value.bytes")

    def _object_id(self, line: Branch, at: int) -> None:
        raw, field = self._source.read(at, 12), "mongo.element.value.objectid"
        if len(raw) < 12:
            return
        branch = self._add(line, f"ObjectID: {raw.hex()}", at, 12, field)
        self._add(branch, f"ObjectID Time: {int.from_bytes(raw[:4], signed=True)}", at, 4, f"{field}.time")
        machine = self._add(branch, f"ObjectID Machine: {raw[4:9].hex()}", at + 4, 5, f"{field}.machine_id")
        self._add(machine, f"ObjectID Host: 0x{int.from_bytes(raw[4:7], 'little'):06x}", at + 4, 3, f"{field}.host")
        self._add(machine, f"ObjectID PID: {int.from_bytes(raw[7:9], 'little')}", at + 7, 2, f"{field}.pid")
        self._add(branch, f"ObjectID Inc: 0x{int.from_bytes(raw[9:]):06x}", at + 9, 3, f"{field}.inc")

    def _number(self, line: Branch, one: Element) -> None:
        value = number_of(self._source, one)
        if value is None:
            return
        names = {DOUBLE: "double", BOOLEAN: "bool", INT32: "int"}
        text = f"{value:.15g}" if one.kind == DOUBLE else str(value)
        field = names.get(one.kind, "int64")
        self._add(line, f"Value: {text}", one.at, one.stop - one.at, f"mongo.element.value.{field}")

    def _code(self, line: Branch, one: Element, how: Secrecy, depth: int) -> None:
        at, size = one.at, one.stop - one.at
        self._add(line, f"Length: {size}", at, 4, "mongo.element.length")
        length = self._source.int32(at + 4)
        if length is None or not 0 < length <= size - 8 - EMPTY or how is not Secrecy.NONE:
            return
        code = self._add(line, "JavaScript code", at + 4, length + 4, "mongo.element.value.js_code")
        self._text(code, at + 4)
        start = at + 8 + length
        scope = self._add(line, "JavaScript scope", start, one.stop - start, "mongo.element.value.js_scope")
        inner = Document(self._source, start, one.stop)
        self._document(scope, "Document", "mongo.document", inner, how, depth + 1)


def _has_secrets(text: str) -> bool:
    """Whether there is something in ``text``, which may be anything, that is a secret."""
    return body_without_secrets(text) != text
