"""Numbers of the protocol: capabilities, commands, what the server says of its state."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final


class Capability(IntFlag):
    """What an end can do; both ends use what both have."""

    LONG_PASSWORD = 1 << 0
    CONNECT_WITH_DB = 1 << 3
    COMPRESS = 1 << 5
    PROTOCOL_41 = 1 << 9
    SSL = 1 << 11
    SECURE_CONNECTION = 1 << 15
    PLUGIN_AUTH = 1 << 19
    CONNECT_ATTRS = 1 << 20
    PLUGIN_AUTH_LENENC = 1 << 21
    SESSION_TRACK = 1 << 23
    DEPRECATE_EOF = 1 << 24
    OPTIONAL_METADATA = 1 << 25
    ZSTD = 1 << 26
    QUERY_ATTRIBUTES = 1 << 27
    #: MariaDB's own stand behind the first 32.
    MARIADB_EXTENDED_METADATA = 1 << 35
    MARIADB_CACHE_METADATA = 1 << 36


class Status(IntFlag):
    """What the server says of its state in OK and EOF."""

    IN_TRANSACTION = 1
    AUTOCOMMIT = 2
    MORE_RESULTS = 8
    CURSOR_EXISTS = 64
    LAST_ROW_SENT = 128
    STATE_CHANGED = 1 << 14


class Command(IntEnum):
    """What a client asks, by the first byte of its packet."""

    SLEEP = 0
    QUIT = 1
    INIT_DB = 2
    QUERY = 3
    FIELD_LIST = 4
    CREATE_DB = 5
    DROP_DB = 6
    REFRESH = 7
    SHUTDOWN = 8
    STATISTICS = 9
    PROCESS_INFO = 10
    CONNECT = 11
    PROCESS_KILL = 12
    DEBUG = 13
    PING = 14
    TIME = 15
    DELAYED_INSERT = 16
    CHANGE_USER = 17
    BINLOG_DUMP = 18
    TABLE_DUMP = 19
    CONNECT_OUT = 20
    REGISTER_SLAVE = 21
    STMT_PREPARE = 22
    STMT_EXECUTE = 23
    STMT_SEND_LONG_DATA = 24
    STMT_CLOSE = 25
    STMT_RESET = 26
    SET_OPTION = 27
    STMT_FETCH = 28
    DAEMON = 29
    BINLOG_DUMP_GTID = 30
    RESET_CONNECTION = 31
    CLONE = 32
    STMT_BULK_EXECUTE = 250


COMMANDS: Final = frozenset(Command)
#: Commands that nothing answers.
UNANSWERED: Final = frozenset({Command.QUIT, Command.STMT_SEND_LONG_DATA, Command.STMT_CLOSE})
#: Commands about a prepared statement, whose number follows.
ABOUT_STATEMENT: Final = frozenset(
    {
        Command.STMT_EXECUTE, Command.STMT_SEND_LONG_DATA, Command.STMT_CLOSE, Command.STMT_RESET, Command.STMT_FETCH,
        Command.STMT_BULK_EXECUTE,
    }
)  # fmt: skip
#: Commands whose answer is a result set, or OK …
OF_RESULTS: Final = frozenset({Command.QUERY, Command.PROCESS_INFO, Command.STMT_EXECUTE, Command.STMT_BULK_EXECUTE})
#: … and those whose rows are in binary.
OF_BINARY_ROWS: Final = frozenset({Command.STMT_EXECUTE, Command.STMT_BULK_EXECUTE, Command.STMT_FETCH})
REPLICATION: Final = frozenset({Command.BINLOG_DUMP, Command.BINLOG_DUMP_GTID})
#: The statement that was prepared last (MariaDB), for who does not wait for its number.
LAST_PREPARED: Final = 0xFFFF_FFFF

#: First bytes of the server's packets.
OK, MORE_DATA, INFILE, EOF, ERR = 0x00, 0x01, 0xFB, 0xFE, 0xFF
#: An EOF is shorter than this, a row that begins like one is not.
EOF_LENGTH_LIMIT: Final = 9
#: The error number with which MariaDB tells progress.
PROGRESS: Final = 0xFFFF
