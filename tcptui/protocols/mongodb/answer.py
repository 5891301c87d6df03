"""What a server's message answers: whether it is an error, and which cursor it leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.model.request import UNKNOWN
from tcptui.protocols.mongodb.bson import ARRAY, DOCUMENT, STRING, document_of, number_of, text_of, whole_number_of
from tcptui.protocols.mongodb.codes import CURSOR_NOT_FOUND, QUERY_FAILURE, REPLY, error_text
from tcptui.protocols.mongodb.message import body_of

if TYPE_CHECKING:
    from tcptui.protocols.mongodb.bson import Document, Element, Source
    from tcptui.protocols.mongodb.command import Command
    from tcptui.protocols.mongodb.message import Content, Message

_LOOKED_AT: Final = 500
_NAME_MOST: Final = 60
_CURSOR_GONE: Final = 43


class Answer(NamedTuple):
    """What an answer says."""

    status: str
    cursor: int = 0
    """The cursor that stays open; 0: none."""
    is_of_tail: bool = False
    """It has what a cursor has that waits for documents: what happened, or nothing though it stays open."""


def answer_of(message: Message, content: Content | None, command: Command) -> Answer:
    """What ``message``, which holds ``content``, answers to ``command``."""
    if content is None:
        return Answer(UNKNOWN)
    cursor = 0
    if content.opcode == REPLY:
        flags, head = content.flags, content.source.read(content.start + 4, 8)
        cursor = int.from_bytes(head, "little", signed=True)
        if flags & CURSOR_NOT_FOUND:
            return Answer(error_text(_CURSOR_GONE))
        if not command.is_document and not flags & QUERY_FAILURE:
            return Answer("OK" if len(head) == 8 else UNKNOWN, cursor)
    body = body_of(content)
    if body is None:
        return Answer("OK" if content.opcode == REPLY and message.complete else UNKNOWN, cursor)
    return _Told(content.source).of(body, cursor)


class _Told:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._ok: bool | None = None
        self._failed = False
        self._code, self._name = 0, ""
        self._inner: str = ""
        """An error of a part of what was asked."""
        self._cursor, self._is_of_tail = 0, False

    def of(self, body: Document, cursor: int) -> Answer:
        """What ``body`` says; ``cursor``: what the message says in front."""
        self._cursor = cursor
        for _, one in zip(range(_LOOKED_AT), body.elements(), strict=False):
            self._take(one)
        if self._failed or self._ok is False:
            status = error_text(self._code, self._name)
        else:
            status = self._inner or ("OK" if self._ok else UNKNOWN)
        return Answer(status, self._cursor, self._is_of_tail)

    def _take(self, one: Element) -> None:
        source = self._source
        if one.name == "ok":
            number = number_of(source, one)
            self._ok = self._ok if number is None else bool(number)
        elif one.name == "code":
            self._code = whole_number_of(source, one)
        elif one.name == "codeName":
            name = text_of(source, one, _NAME_MOST) or ""
            self._name = name if name.isalnum() else ""
        elif one.name in ("$err", "err") and one.kind == STRING:
            self._failed = True
        elif one.name == "writeErrors" and one.kind == ARRAY:
            errors = document_of(source, one)
            first = None if errors is None else next(errors.elements(), None)
            self._inner = self._inner or self._error_in(first)
        elif one.name == "writeConcernError":
            self._inner = self._inner or self._error_in(one)
        elif one.name == "cursor" and one.kind == DOCUMENT:
            self._take_cursor(one)

    def _error_in(self, one: Element | None) -> str:
        """The error that a document within tells."""
        inner = None if one is None else document_of(self._source, one)
        if inner is None:
            return ""
        told = _Told(self._source)
        for element in inner.elements():
            if element.name in ("code", "codeName"):
                told._take(element)
        return error_text(told._code, told._name)

    def _take_cursor(self, one: Element) -> None:
        inner = document_of(self._source, one)
        is_empty = False
        for element in () if inner is None else inner.elements():
            if element.name == "id":
                self._cursor = whole_number_of(self._source, element)
            elif element.name == "nextBatch":
                is_empty = element.stop - element.at == 5
            elif element.name == "postBatchResumeToken":
                self._is_of_tail = True
        self._is_of_tail |= is_empty and self._cursor != 0
