"""What a client's message asks: which command, of which collection, in which shape; and whether it asks to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.mongodb.bson import (
    ARRAY,
    BOOLEAN,
    DOCUMENT,
    INT64,
    STRING,
    Document,
    document_of,
    number_of,
    text_of,
    whole_number_of,
)
from tcptui.protocols.mongodb.codes import (
    AWAIT_DATA,
    COMMAND,
    COMPRESSED,
    COMPRESSORS,
    GET_MORE,
    HELLO,
    MSG,
    OF_COLLECTIONS,
    OPCODES,
    QUERY,
    SECRET,
    SEQUENCE,
    ZSTD,
)
from tcptui.protocols.mongodb.message import body_of, sections
from tcptui.protocols.mongodb.shape import shape_of
from tcptui.protocols.secret_store_keys import key_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.mongodb.bson import Element, Source
    from tcptui.protocols.mongodb.message import Content, Message

#: How long a server lets a cursor wait that waits for documents, unless it is told, in ms.
DEFAULT_WAIT_MS: Final = 1_000
_NAME_MOST: Final = 200
#: Elements of a command that are looked at.
_LOOKED_AT: Final = 200
#: Elements that say what a command is about, with what stands before their shapes, in this order.
_SHAPES: Final = {
    "filter": "", "query": "", "q": "", "key": "key ", "u": "update ", "update": "update ", "pipeline": "",
    "sort": "sort ",
}  # fmt: skip
#: Lists of such, and sequences: the first one is told.
_LISTS: Final = frozenset({"updates", "deletes"})


class Command(NamedTuple):
    """What a message asks."""

    name: str
    about: str = ""
    """The collection, or the database."""
    shape: str = ""
    is_secret: bool = False
    waits_ms: int = 0
    """How long it lets the server wait for something to happen."""
    cursor: int = 0
    """From which it asks for more."""
    opens_tail: bool = False
    """Who asks for more from its cursor waits for it."""
    is_document: bool = True
    """Its answer is a document that says whether it is an error, and not documents of a collection."""

    @property
    def operation(self) -> str:
        """``find shop.orders``; text from the message without secrets, not yet safe to print."""
        return f"{self.name} {self.about}".rstrip()

    @property
    def statement(self) -> str:
        """The same with its shape: ``find shop.orders {status: ?}``."""
        return f"{self.operation} {self.shape}" if self.shape else ""


def command_of(message: Message, content: Content | None) -> Command:
    """What ``message`` of a client, which holds ``content``, asks."""
    if content is None:
        return Command(unopened(message))
    if content.opcode == MSG:
        return _of_body(content, body_of(content), "")
    if content.opcode == COMMAND:
        return _of_body(content, body_of(content), _text(content.source, content.start, content.stop))
    name = _text(content.source, content.start + 4, content.stop)
    database, _, collection = name.partition(".")
    if content.opcode == QUERY:
        if collection == "$cmd":
            return _of_body(content, body_of(content), database)
        waits = bool(content.flags & AWAIT_DATA)
        return Command("query", key_text(name.encode()), _shape_of_query(content), opens_tail=waits, is_document=False)
    if content.opcode == GET_MORE:
        at = content.start + 4 + len(name.encode()) + 5
        cursor = int.from_bytes(content.source.read(at, 8), "little", signed=True)
        return Command("getMore", key_text(name.encode()), cursor=cursor, is_document=False)
    return Command(OPCODES.get(content.opcode, "message").partition(" ")[0].lower(), key_text(name.encode()))


def unopened(message: Message) -> str:
    """``compressed (Snappy)``: what is said of a message that is not opened."""
    at = message.start + 24
    how = message.direction.read(at, 1)
    named = "zstd" if how == bytes((ZSTD,)) else COMPRESSORS.get(how[0], str(how[0])) if how else "cut"
    return f"compressed ({named})" if message.opcode == COMPRESSED else "message"


def _text(source: Source, at: int, stop: int) -> str:
    end = source.text_end(at, stop)
    return source.read(at, min(end - at, _NAME_MOST)).decode("utf-8", "replace") if end > at else ""


def _shape_of_query(content: Content) -> str:
    body = body_of(content)
    first = None if body is None else next(body.elements(), None)
    wrapped = first is not None and first.name in ("query", "$query") and first.kind == DOCUMENT
    asked = document_of(content.source, first) if wrapped and first is not None else body
    return "" if asked is None else shape_of(content.source, asked)


class _Told:
    """What the elements of a command say."""

    def __init__(self, content: Content, database: str) -> None:
        self._source, self._content = content.source, content
        self.database, self.collection = database, ""
        self.shapes: dict[str, str] = {}
        self.most_ms = 0
        self.cursor = 0
        self.awaits = self.knows_topology = False

    def take(self, one: Element) -> None:
        """Take what one element says, behind the first one."""
        source, name = self._source, one.name
        if name == "$db" and one.kind == STRING:
            self.database = text_of(source, one, _NAME_MOST) or ""
        elif name == "collection" and one.kind == STRING:
            self.collection = text_of(source, one, _NAME_MOST) or ""
        elif name in ("maxTimeMS", "maxAwaitTimeMS"):
            self.most_ms = whole_number_of(source, one)
        elif name == "topologyVersion":
            self.knows_topology = True
        elif name == "awaitData" and one.kind == BOOLEAN:
            self.awaits |= bool(number_of(source, one))
        elif name in _LISTS and one.kind == ARRAY:
            found = document_of(source, one)
            first = None if found is None else next(found.elements(), None)
            self.take_change(None if first is None else document_of(source, first))
        elif name in _SHAPES and one.kind in (DOCUMENT, ARRAY):
            found = document_of(source, one)
            if found is not None:
                self.shapes[name] = shape_of(source, found, is_array=one.kind == ARRAY, keeps_numbers=name == "sort")
            self.awaits |= name == "pipeline" and self.shapes[name].startswith("[{$changeStream:")

    def take_change(self, one: Document | None) -> None:
        """Take the first of several changes."""
        for element in () if one is None else one.elements():
            if element.name in _SHAPES:
                self.take(element)

    def take_sequences(self) -> None:
        """Take the first documents of sequences, which OP_MSG has beside its body."""
        if self._content.opcode != MSG:
            return
        for section in sections(self._content):
            end = section.name_end
            if (
                section.kind == SEQUENCE
                and self._source.read(section.start + 5, end - section.start - 5).decode("utf-8", "replace") in _LISTS
            ):
                self.take_change(Document(self._source, section.documents, section.stop))


def _of_body(content: Content, body: Document | None, database: str) -> Command:
    if body is None:
        return Command("command", database)
    elements = _unwrapped(content.source, body)
    first = next(elements, None)
    if first is None:
        return Command("command", database)
    name, low = first.name[:_NAME_MOST], first.name.lower()
    told = _Told(content, database)
    if low in OF_COLLECTIONS and first.kind == STRING:
        told.collection = text_of(content.source, first, _NAME_MOST) or ""
    elif low == "getmore" and first.kind == INT64:
        told.cursor = whole_number_of(content.source, first)
    for _, one in zip(range(_LOOKED_AT), elements, strict=False):
        told.take(one)
    told.take_sequences()
    about = ".".join(one for one in (told.database, told.collection) if one)
    shape = " ".join(f"{before}{told.shapes[one]}" for one, before in _SHAPES.items() if one in told.shapes)
    may_wait = (low in HELLO and told.knows_topology) or low == "getmore"
    return Command(
        name, key_text(about.encode()), "" if low in SECRET else shape, low in SECRET,
        max(told.most_ms, 0) if may_wait else 0, told.cursor, told.awaits,
    )  # fmt: skip


def _unwrapped(source: Source, body: Document) -> Iterator[Element]:
    """The elements of a command, which older clients put into one named ``$query``."""
    elements = body.elements()
    first = next(elements, None)
    if first is None:
        return
    if first.name in ("$query", "query") and first.kind == DOCUMENT:
        yield from Document(source, first.at, first.stop).elements()
        return
    yield first
    yield from elements
