"""Numbers of MongoDB's wire protocol, with their names as Wireshark has them, and error codes (``error_codes.yml``)."""

from __future__ import annotations

from typing import Final

#: Bytes of a message's header, and those that tell its length.
HEADER: Final = 16
LENGTH: Final = 4
#: Longest message (``maxMessageSizeBytes`` is 48,000,000; what is compressed is no longer).
LONGEST: Final = 1 << 26

REPLY, MESSAGE, UPDATE, INSERT, RESERVED, QUERY, GET_MORE, DELETE = 1, 1000, 2001, 2002, 2003, 2004, 2005, 2006
KILL_CURSORS, COMMAND, COMMAND_REPLY, COMPRESSED, MSG = 2007, 2010, 2011, 2012, 2013
OPCODES: Final = {
    REPLY: "Reply", MESSAGE: "Message", UPDATE: "Update document", INSERT: "Insert document", RESERVED: "Reserved",
    QUERY: "Query", GET_MORE: "Get More", DELETE: "Delete document", KILL_CURSORS: "Kill Cursors",
    COMMAND: "Command Request", COMMAND_REPLY: "Command Reply", COMPRESSED: "Compressed Data",
    MSG: "Extensible Message Format",
}  # fmt: skip
#: What each side may send.
ASKS: Final = frozenset({UPDATE, INSERT, QUERY, GET_MORE, DELETE, KILL_CURSORS, COMMAND, COMPRESSED, MSG})
ANSWERS: Final = frozenset({REPLY, COMMAND_REPLY, COMPRESSED, MSG})
#: Older messages that nobody answers.
UNANSWERED: Final = frozenset({UPDATE, INSERT, DELETE, KILL_CURSORS})

#: Flags of OP_MSG; of the lower sixteen bits none may be set that is not known.
CHECKSUM_PRESENT, MORE_TO_COME, EXHAUST_ALLOWED = 1, 2, 1 << 16
MSG_REQUIRED: Final = 0xFFFF
CHECKSUM: Final = 4
#: Flags of OP_QUERY and of OP_REPLY.
AWAIT_DATA: Final = 1 << 5
CURSOR_NOT_FOUND, QUERY_FAILURE = 1, 2
BODY, SEQUENCE = 0, 1

#: Bytes in front of what is compressed: its opcode, its size, and how.
COMPRESSED_HEAD: Final = 9
NOOP, SNAPPY, ZLIB, ZSTD = 0, 1, 2, 3
#: As Wireshark 4.0 has them, which knows no zstd.
COMPRESSORS: Final = {NOOP: "Noop (Uncompressed)", SNAPPY: "Snappy", ZLIB: "Zlib"}

#: Commands about accounts and logins: nothing in them is shown, nor in what answers them.
SECRET: Final = frozenset(
    {
        "saslstart", "saslcontinue", "authenticate", "getnonce", "copydbgetnonce", "copydbsaslstart", "createuser",
        "updateuser", "logout",
    }
)  # fmt: skip
#: Commands whose own value is the name of a collection.
OF_COLLECTIONS: Final = frozenset(
    {
        "aggregate", "collmod", "collstats", "compact", "convertcapped", "count", "create", "createindexes",
        "createsearchindexes", "delete", "distinct", "drop", "dropindexes", "dropsearchindex", "explain", "filemd5",
        "find", "findandmodify", "geonear", "geosearch", "insert", "killcursors", "listindexes", "mapreduce",
        "plancacheclear", "reindex", "storagedetails", "update", "updatesearchindex", "validate",
    }
)  # fmt: skip
#: Commands by which drivers watch a server, whatever their case.
HELLO: Final = frozenset({"hello", "ismaster"})

_ERRORS: Final = """
1 InternalError 2 BadValue 9 FailedToParse 11 UserNotFound 13 Unauthorized 14 TypeMismatch 18 AuthenticationFailed
20 IllegalOperation 24 LockTimeout 26 NamespaceNotFound 43 CursorNotFound 46 LockBusy 48 NamespaceExists
50 MaxTimeMSExpired 52 DollarPrefixedFieldName 59 CommandNotFound 61 ShardKeyNotFound 64 WriteConcernTimeout
66 ImmutableField 67 CannotCreateIndex 68 IndexAlreadyExists 89 NetworkTimeout 91 ShutdownInProgress 96 OperationFailed
100 UnsatisfiableWriteConcern 112 WriteConflict 117 ConflictingOperationInProgress 121 DocumentValidationFailure
189 PrimarySteppedDown 237 CursorKilled 251 NoSuchTransaction 262 ExceededTimeLimit 10107 NotWritablePrimary
10334 BSONObjectTooLarge 11000 DuplicateKey 11600 InterruptedAtShutdown 11601 Interrupted
11602 InterruptedDueToReplStateChange 13388 StaleConfig 13435 NotPrimaryNoSecondaryOk 13436 NotPrimaryOrSecondary
"""
#: Names of errors where an answer does not name them: old ones, and those within (``writeErrors``).
ERRORS: Final = dict(zip(map(int, _ERRORS.split()[::2]), _ERRORS.split()[1::2], strict=True))


def error_text(code: int, name: str = "") -> str:
    """``11000 DuplicateKey``: an error's code with the ``name`` that an answer gives it, or the one that it has."""
    return f"{code} {name or ERRORS.get(code, 'error')}"
