"""Messages of MongoDB in the header tree of the packet that completed them, in Wireshark's terms; without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.headers.builder import Joined
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.mongodb.bson import Source
from tcptui.protocols.mongodb.codes import (
    BODY,
    CHECKSUM_PRESENT,
    COMMAND,
    COMMAND_REPLY,
    COMPRESSED,
    COMPRESSED_HEAD,
    COMPRESSORS,
    DELETE,
    EXHAUST_ALLOWED,
    GET_MORE,
    HEADER,
    INSERT,
    KILL_CURSORS,
    MORE_TO_COME,
    MSG,
    OPCODES,
    QUERY,
    REPLY,
    UPDATE,
    ZSTD,
)
from tcptui.protocols.mongodb.message import Content, opened, sections
from tcptui.protocols.mongodb.tree_documents import Documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.mongodb.conversation import Said
    from tcptui.protocols.mongodb.message import Message, Section

#: Most messages in one packet's tree, and numbers of cursors in one message.
_MESSAGES_SHOWN: Final = 200
_CURSORS_MOST: Final = 200
_WORD: Final = 32
_QUERY_FLAGS: Final = (
    (1, "Tailable Cursor", "tailable_cursor"), (2, "Slave OK", "slave_ok"), (3, "Op Log Reply", "op_log_reply"),
    (4, "No Cursor Timeout", "no_cursor_timeout"), (5, "AwaitData", "awaitdata"), (6, "Exhaust", "exhaust"),
    (7, "Partial", "partial"),
)  # fmt: skip
_REPLY_FLAGS: Final = (
    (0, "Cursor Not Found", "cursornotfound"), (1, "Query Failure", "queryfailure"),
    (2, "Shared Config Stale", "sharedconfigstale"), (3, "Await Capable", "awaitcapable"),
)  # fmt: skip
_UPDATE_FLAGS: Final = ((0, "Upsert", "upsert"), (1, "Multi Update", "multiupdate"))
_INSERT_FLAGS: Final = ((0, "ContinueOnError", "continueonerror"),)
_DELETE_FLAGS: Final = ((0, "Single Remove", "singleremove"),)
_MSG_FLAGS: Final = (
    (CHECKSUM_PRESENT, "ChecksumPresent", "checksumpresent"), (MORE_TO_COME, "MoreToCome", "moretocome"),
    (EXHAUST_ALLOWED, "ExhaustAllowed", "exhaustallowed"),
)  # fmt: skip


def add_mongodb(dissection: Dissection, place: FramePlace, said: Sequence[Said]) -> None:
    """Append a layer for each message of MongoDB that the packet completed."""
    for one in said[:_MESSAGES_SHOWN]:
        message = one.message
        if not place.holds(message.start, message.stop):
            # Any document may have secrets somewhere.
            add_reassembled(dissection, place.direction, message.start, message.stop, bytes_shown=False)
        dissection.protocols.append("mongo")
        size = message.stop - message.start
        layer = place.add(dissection.parent, "Mongo Wire Protocol", message.start, size, "mongo")
        layer.target = 0
        _header(layer, place, message)
        content = message.content()
        if message.opcode == COMPRESSED:
            outer = Content(
                Source(message.direction.read, message.stop), COMPRESSED, message.start + HEADER, message.end
            )
            content = _compression(layer, place, outer)
        if content is not None:
            is_secret = one.asked is None or one.asked.command.is_secret
            _Lines(layer, place, content, is_secret=is_secret, is_known=one.asked is not None).write()
        if not message.complete:
            layer.concluded("Not all of it was captured")
    if len(said) > _MESSAGES_SHOWN:
        dissection.parent.concluded("More messages of MongoDB are not shown")


def _header(layer: Branch, place: FramePlace, message: Message) -> None:
    start = message.start
    place.add(layer, f"Message Length: {message.size}", start, 4, "mongo.message_length")
    place.add(layer, f"Request ID: 0x{message.id:08x} ({message.id})", start + 4, 4, "mongo.request_id")
    text = f"Response To: 0x{message.answers:08x} ({message.answers})"
    place.add(layer, text, start + 8, 4, "mongo.response_to")
    place.add(layer, f"OpCode: {_opcode(message.opcode)}", start + 12, 4, "mongo.opcode")


def _opcode(number: int) -> str:
    return f"{OPCODES.get(number, 'Unknown')} ({number})"


def _compression(layer: Branch, place: FramePlace, outer: Content) -> Content | None:
    """The lines of how a message is compressed; returns what it is opened to."""
    start, source = outer.start, outer.source
    head = source.read(start, COMPRESSED_HEAD)
    if len(head) < COMPRESSED_HEAD:
        return None
    info = place.add(layer, "Compression Info", start, COMPRESSED_HEAD, "mongo.compression")
    opcode, size = (int.from_bytes(head[at : at + 4], "little", signed=True) for at in (0, 4))
    field = "mongo.compression"
    place.add(info, f"Original OpCode: {_opcode(opcode)}", start, 4, f"{field}.original_opcode")
    place.add(info, f"Uncompressed Size: {size}", start + 4, 4, f"{field}.original_size")
    how = head[8]
    named = f"{COMPRESSORS.get(how, 'zstd' if how == ZSTD else 'Unknown')} ({how})"
    place.add(info, f"Compressor: {named}", start + 8, 1, f"{field}.compressor")
    behind = start + COMPRESSED_HEAD
    place.add(info, "Compressed Data", behind, max(outer.stop - behind, 0), f"{field}.compressed_data")
    found = opened(outer)
    if found is None:
        text = f"Unsupported Compressed Data: {named} is not opened here"
        place.add(info, text, behind, max(outer.stop - behind, 0), f"{field}.unsupported_compressed")
    elif found.source is not source:
        if size > found.source.stop:
            info.concluded(f"Only its first {found.source.stop:,} bytes are opened")
        layer.within = Joined(found.source.read(0, found.source.stop))
    return found


class _Lines:
    """The lines of what a message holds."""

    def __init__(self, layer: Branch, place: FramePlace, content: Content, *, is_secret: bool, is_known: bool) -> None:
        self._layer, self._place, self._content, self._source = layer, place, content, content.source
        self._at, self._stop = content.start, content.stop
        self._documents = Documents(self._add, content.source, is_secret=is_secret and is_known)

    def _add(self, parent: Branch, label: str, start: int, size: int, field: str) -> Branch:
        if parent.within is not None:  # it is opened: its bytes are not those of the packet
            return parent.add(label, start, size, field)
        return self._place.add(parent, label, start, size, field)

    def _line(self, label: str, size: int, field: str) -> Branch:
        line = self._add(self._layer, label, self._at, size, f"mongo.{field}")
        self._at += size
        return line

    def write(self) -> None:
        """All lines."""
        writers = {
            MSG: self._msg, QUERY: self._query, REPLY: self._reply, GET_MORE: self._get_more, INSERT: self._insert,
            UPDATE: self._update, DELETE: self._delete, KILL_CURSORS: self._kill_cursors, COMMAND: self._command,
            COMMAND_REPLY: self._command_reply,
        }  # fmt: skip
        writer = writers.get(self._content.opcode)
        if writer is not None and self._at < self._source.stop:
            writer()
        if self._documents.is_long:
            self._layer.concluded("More elements are not shown")

    # -- values ------------------------------------------------------------------------------------
    def _number(self, title: str, size: int, field: str) -> int:
        found = self._source.read(self._at, size)
        value = int.from_bytes(found, "little", signed=True)
        if len(found) == size:
            self._line(f"{title}: {value}", size, field)
        return value

    def _zero(self) -> None:
        self._line(f"Zero: {self._source.read(self._at, 4).hex()}", 4, "document.zero")

    def _flags(self, title: str, field: str, bits: tuple[tuple[int, str, str], ...]) -> None:
        value = int.from_bytes(self._source.read(self._at, 4), "little")
        start = self._at
        branch = self._line(title, 4, field)
        for bit, name, end in bits:
            self._bit(branch, start, value, 1 << bit, name, f"{field}.{end}")

    def _bit(self, branch: Branch, start: int, value: int, mask: int, name: str, field: str) -> None:
        text = f"{name}: {'Yes' if value & mask else 'No'}"
        self._add(branch, bits_label(value, mask, _WORD, text), start, 4, f"mongo.{field}")

    def _text(self, title: str, field: str) -> str:
        """A text that ends with a zero byte; where there is none, nothing that follows is read."""
        end = self._source.text_end(self._at, self._stop)
        if end < 0:
            self._at = self._stop
            return ""
        text = self._source.read(self._at, end - self._at).decode("utf-8", "replace")
        self._line(f"{title}: {text}", end + 1 - self._at, field)
        return text

    def _collection(self) -> None:
        start = self._at
        end = self._source.text_end(start, self._stop)
        if end < 0:
            self._at = self._stop
            return
        raw = self._source.read(start, end - start)
        branch = self._line(f"fullCollectionName: {raw.decode('utf-8', 'replace')}", len(raw), "full_collection_name")
        self._at += 1
        database, dot, collection = raw.partition(b".")
        if dot:
            text = f"Database Name: {database.decode('utf-8', 'replace')}"
            self._add(branch, text, start, len(database), "mongo.database_name")
            text = f"Collection Name: {collection.decode('utf-8', 'replace')}"
            self._add(branch, text, start + len(database) + 1, len(collection), "mongo.collection_name")

    def _document(self, title: str, field: str) -> bool:
        """A document; whether another one may follow."""
        if self._at >= self._stop:
            return False
        self._at = self._documents.add(self._layer, title, f"mongo.{field}", self._at, self._stop)
        return self._at < self._stop and not self._documents.has_ended

    # -- messages ----------------------------------------------------------------------------------
    def _msg(self) -> None:
        value, start = self._content.flags, self._at
        branch = self._line(f"Message Flags: 0x{value:08x}", 4, "msg.flags")
        for mask, name, end in _MSG_FLAGS:
            self._bit(branch, start, value, mask, name, f"msg.flags.{end}")
        for one in sections(self._content):
            self._section(one)

    def _section(self, one: Section) -> None:
        at = one.start
        section = self._add(self._layer, "Section", at, one.stop - at, "mongo.msg.sections.section")
        kind = "Body" if one.kind == BODY else "Document Sequence"
        self._add(section, f"Kind: {kind} ({one.kind})", at, 1, "mongo.msg.sections.section.kind")
        if one.kind == BODY:
            field = "mongo.msg.sections.section.body"
            self._documents.add(section, "BodyDocument", field, at + 1, one.stop)
            return
        size = self._source.int32(at + 1)
        self._add(section, f"Size: {size}", at + 1, 4, "mongo.msg.sections.section.size")
        name = self._source.read(at + 5, one.name_end - at - 5).decode("utf-8", "replace")
        field = "mongo.msg.sections.section.doc_sequence_id"
        self._add(section, f"SeqID: {name}", at + 5, one.name_end + 1 - at - 5, field)
        begin = one.documents
        field = "mongo.msg.sections.section.doc_sequence"
        sequence = self._add(section, "DocumentSequence", begin, one.stop - begin, field)
        while begin < one.stop and not self._documents.has_ended:
            begin = self._documents.add(sequence, "Document", "mongo.document", begin, one.stop)

    def _query(self) -> None:
        self._flags("Query Flags", "query.flags", _QUERY_FLAGS)
        self._collection()
        self._number("Number To Skip", 4, "number_to_skip")
        self._number("Number to Return", 4, "number_to_return")
        goes_on = self._document("Query", "query")
        while goes_on:
            goes_on = self._document("Return Field Selector", "return_field_selector")

    def _reply(self) -> None:
        self._flags("Reply Flags", "reply.flags", _REPLY_FLAGS)
        self._number("Cursor ID", 8, "cursor_id")
        self._number("Starting From", 4, "starting_from")
        left = self._number("Number Returned", 4, "number_returned")
        while left > 0 and self._document("Document", "document"):
            left -= 1

    def _get_more(self) -> None:
        self._zero()
        self._collection()
        self._number("Number to Return", 4, "number_to_return")
        self._number("Cursor ID", 8, "cursor_id")

    def _insert(self) -> None:
        self._flags("Insert Flags", "insert.flags", _INSERT_FLAGS)
        self._collection()
        while self._document("Document", "document"):
            pass

    def _update(self) -> None:
        self._zero()
        self._collection()
        self._flags("Update Flags", "update.flags", _UPDATE_FLAGS)
        self._document("Selector", "selector")
        self._document("Update", "update")

    def _delete(self) -> None:
        self._zero()
        self._collection()
        self._flags("Delete Flags", "delete.flags", _DELETE_FLAGS)
        self._document("Selector", "selector")

    def _kill_cursors(self) -> None:
        self._zero()
        self._number("Number of Cursor IDS", 4, "number_to_cursor_ids")
        for _ in range(_CURSORS_MOST):
            if self._at + 8 > min(self._stop, self._source.stop):
                return
            self._number("Cursor ID", 8, "cursor_id")

    def _command(self) -> None:
        self._text("database", "database")
        self._text("commandName", "commandname")
        if self._document("metadata", "metadata"):
            self._document("CommandArgs", "commandargs")

    def _command_reply(self) -> None:
        if self._document("metadata", "metadata") and self._document("CommandReply", "commandreply"):
            self._document("OutputDocs", "outputdocs")
