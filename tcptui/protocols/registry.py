"""The application protocols that are parsed here, one row each; nothing above this package knows them by name.

A row is all that the program has of a protocol, but for its package, its fields (`tcptui.model.field_rows`), its words
and its rules.  How to add one is said in the docs, *Add a protocol* of contributing.

Imported with the session, before the first packet is shown, and by ``--help``: nothing here may import a parser, or
arrays.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final

from tcptui.protocols.lazy import Lazy
from tcptui.protocols.row import ApplicationProtocol, ErrorCodes, RequestKind, Summary, Tables, TsharkLayer, Written

if TYPE_CHECKING:
    from tcptui.protocols.interface import MakePrefilter
    from tcptui.protocols.row import OpenStreams, Parse, RequestReader


def _asking(kind: Lazy) -> MakePrefilter:
    """Chooses the connections in which commands of ``kind`` are seen."""
    return partial(Lazy("command_prefilter", "prefilter_of"), kind)


BEGINS_TLS: Final = Lazy("tls.detection", "begins_tls")
#: Open what is inside TLS, from the connection's start and behind plain commands.
PLAIN: Final = Lazy("tls.parse", "plain_streams")
TURNED: Final = Lazy("tls.parse", "turned_streams")
#: Names the host of a connection whose TLS nothing opened.
CLOSED: Final = Lazy("tls.closed", "closed_host")

_TLS: Final = ApplicationProtocol(
    "tls", ("tls",), BEGINS_TLS, Lazy("tls.parse", "parse_tls"),
    parse_late=Lazy("tls.parse", "parse_starttls"),
    # A handshake record that begins with ClientHello or ServerHello of less than 64 KiB (RFC 8446, 4, 5.1).
    client_begins=((0x16, 3, None, None, None, 1, 0),), server_begins=((0x16, 3, None, None, None, 2, 0),),
    # Records: type, major version.
    summaries=(Summary(Lazy("tls.summary", "tls_summary"), {bytes((kind, 3)) for kind in range(20, 25)}),),
    notes=(Lazy("tls.alert_rows", "AlertRows"), Lazy("tls.alert_rows", "HelloRows")),
    farewells=Lazy("tls.alert_rows", "alert_places"), prefilter=Lazy("tls.prefilter", "TlsPrefilter"), judged=True,
    asks=Lazy("tls.last_words", "tls_asks"), asked_host=Lazy("tls.server_name", "asked_host"), host_field="SNI",
    port=443,
)  # fmt: skip

#: How names of the fields of encryption itself begin, whatever is inside.
TLS_FAMILIES: Final = _TLS.families

_HTTP2_SUMMARY: Final = Lazy("http2.summary", "http2_summary")
_PATH: Final = Lazy("statements.names", "path_pattern")
_HTTP2: Final = ApplicationProtocol(
    "http2", ("http2", "grpc", "protobuf"), Lazy("http2.parse", "begins_http2"), Lazy("http2.parse", "parse_http2"),
    shows=("data-text-lines",),
    parse_late=Lazy("http2.parse", "parse_http2_without_start"),
    kinds=(
        RequestKind("http2", "HTTP/2", _PATH, has_files=True, has_ids=True, is_numbered=True),
        RequestKind("grpc", "gRPC", has_files=True, has_ids=True, is_numbered=True),
    ),
    requests=Lazy("http2.parse", "http2_requests"),
    requests_late=Lazy("http2.parse", "http2_requests_without_start"),
    client_begins=(b"PRI * HT",),
    # What a client says first; types of frames.
    summaries=(Summary(_HTTP2_SUMMARY, (b"PR",)), Summary(_HTTP2_SUMMARY, {bytes((kind,)) for kind in range(10)}, 3)),
    notes=(Lazy("http2.preface_rows", "PrefaceRows"), Lazy("http2.settings_rows", "SettingsRows")),
    prefilter=Lazy("http2.prefilter", "Http2Prefilter"), judged=True, is_shared=True,
    held_back=Lazy("http2.parse", "http2_held_back"),
    tables=Tables("http2", Lazy("http2.table_fields", "table_fields"), Lazy("http2.frame_table", "table_of")),
    asks=Lazy("http2.last_words", "http2_asks"), has_preface=True,
    asked_host=Lazy("http2.authority", "asked_host"), host_field=":authority",
)  # fmt: skip

_HTTP: Final = ApplicationProtocol(
    "http", ("http", "websocket", "data-text-lines"), Lazy("http.head", "begins_http"),
    Lazy("http.http_stream", "parse_http"), shows=("http2",),
    title="HTTP",
    kinds=(
        RequestKind("http", "HTTP", _PATH, has_files=True),
        RequestKind("websocket", "WebSocket", has_files=True, has_ids=True),
    ),
    requests=Lazy("http.requests", "http_requests"),
    behind_requests=Lazy("http.tunnel", "tunnelled_streams"),
    client_begins=(
        b"GET /", b"HEAD /", b"POST /", b"PUT /", b"GET http", b"POST htt", b"CONNECT ", b"OPTIONS ",
    ),
    server_begins=(b"HTTP/1.",),
    notes=(Lazy("http.status_lines", "ResponseRows"),), prefilter=Lazy("http.prefilter", "HttpPrefilter"), judged=True,
    as_tshark=(
        TsharkLayer("http", lines=Lazy("http.as_tshark", "as_tshark_has")),
        TsharkLayer("websocket", header=Lazy("websocket.frames", "header_of")),
    ),
    asks=Lazy("http.last_words", "http_asks"), asked_host=Lazy("http.asked_host", "asked_host"), host_field="Host",
    port=80,
)  # fmt: skip

_SMTP: Final = ApplicationProtocol(
    "smtp", ("smtp",), Lazy("smtp.conversation", "begins_smtp"), Lazy("smtp.smtp_stream", "parse_smtp"),
    title="SMTP", kinds=(RequestKind("smtp", "SMTP"),),
    requests=Lazy("smtp.smtp_stream", "smtp_requests"), behind_requests=TURNED,
    client_begins=(b"EHLO ", b"HELO "),
    # AUTH, of other protocols, too: credentials stand in the same line.
    summaries=(Summary(Lazy("secrets_out", "credentials_summary"), (b"AU", b"Au", b"au")),),
    port=25,
)  # fmt: skip

_REDIS_ROWS: Final = Lazy("redis.command_rows", "RedisRows")
_REDIS: Final = ApplicationProtocol(
    "resp", ("resp",), Lazy("redis.detection", "begins_redis"), Lazy("redis.redis_stream", "parse_redis"),
    title="Redis",
    kinds=(
        RequestKind(
            "redis", "Redis", Lazy("statements.names", "key_pattern"),
            openings=("AUTH", "HELLO", "CLIENT SETINFO", "CLIENT SETNAME"), fine=frozenset({"QUEUED", "nil"}),
            written=Written.READ_TOGETHER, is_database=True, is_serial=True,
            begins_session=("AUTH", "HELLO", "CLIENT ", "SELECT", "PING"),
            codes=ErrorCodes(
                refused=frozenset({"WRONGPASS", "NOAUTH"}),
                ordinary=frozenset({"MOVED", "ASK", "NOSCRIPT"}),  # redirects in a cluster; a script to be sent first
            ),
        ),
    ),
    requests=Lazy("redis.redis_stream", "redis_requests"),
    # A command: an array, how many words it has.
    summaries=(Summary(Lazy("redis.summary", "redis_summary"), {b"*%d" % digit for digit in range(1, 10)}),),
    notes=(_REDIS_ROWS,), prefilter=_asking(_REDIS_ROWS), judged=True,
    asked_to_wait=Lazy("redis.waiting", "redis_waits"),
    asks=Lazy("redis.last_words", "redis_asks"),
    port=6379,
)  # fmt: skip

_MQTT_ROWS: Final = Lazy("mqtt.connect_rows", "ConnectRows")
_MQTT: Final = ApplicationProtocol(
    "mqtt", ("mqtt",), Lazy("mqtt.beginning", "begins_mqtt"), Lazy("mqtt.mqtt_stream", "parse_mqtt"),
    title="MQTT",
    kinds=(
        RequestKind(
            "mqtt", "MQTT", _PATH, openings=("CONNECT", "AUTH", "PINGREQ"),
            fine=frozenset({"16 No matching subscribers", "17 No subscription existed", "24 Continue authentication"}),
            is_numbered=True,
        ),
    ),
    requests=Lazy("mqtt.mqtt_stream", "mqtt_requests"),
    # Packets that may have secrets: CONNECT, CONNACK, AUTH.
    summaries=(Summary(Lazy("mqtt.summary", "mqtt_summary"), (b"\x10", b"\x20", b"\xf0"), least=4),),
    notes=(_MQTT_ROWS,), prefilter=_asking(_MQTT_ROWS), judged=True,
    asked_to_wait=Lazy("mqtt.waiting", "mqtt_waits"),
    asks=Lazy("mqtt.last_words", "mqtt_asks"),
    port=1883,
)  # fmt: skip

_MEMCACHED_ROWS: Final = Lazy("memcached.command_rows", "MemcachedRows")
_MEMCACHED: Final = ApplicationProtocol(
    "memcache", ("memcache",), Lazy("memcached.detection", "begins_memcached"),
    Lazy("memcached.memcached_stream", "parse_memcached"),
    title="memcached",
    kinds=(
        RequestKind(
            "memcached", "memcached", Lazy("statements.names", "key_pattern"),
            openings=("version", "sasl_list", "sasl_auth", "sasl_step"),
            fine=frozenset(
                {
                    "miss", "NOT_FOUND", "NOT_STORED", "EXISTS", "NF", "NS", "EX",
                    "1 Key not found", "2 Key exists", "5 Item not stored", "33 Authentication continues",
                }
            ),
            written=Written.READ_TOGETHER, is_database=True,
            begins_session=("version", "sasl_list", "sasl_auth", "sasl_step", "verbosity"),
            codes=ErrorCodes(refused=frozenset({"32"})),
        ),
    ),
    requests=Lazy("memcached.memcached_stream", "memcached_requests"),
    # Headers of the binary protocol, and lines before which, or behind which, stand values and keys.
    summaries=(
        Summary(Lazy("memcached.summary", "memcached_summary"), (b"\x80", b"\x81"), least=24),
        Summary(
            Lazy("memcached.summary", "memcached_summary"),
            (
                b"get", b"gat", b"set", b"add", b"rep", b"app", b"pre", b"cas", b"del", b"inc", b"dec", b"tou", b"mg ",
                b"ms ", b"md ", b"ma ", b"VAL", b"VA ",
            ),
        ),
    ),
    notes=(_MEMCACHED_ROWS,), prefilter=_asking(_MEMCACHED_ROWS), judged=True,
    asks=Lazy("memcached.last_words", "memcached_asks"),
    port=11211,
)  # fmt: skip

_AMQP_ROWS: Final = Lazy("amqp.opening_rows", "OpeningRows")
_AMQP: Final = ApplicationProtocol(
    "amqp", ("amqp",), Lazy("amqp.detection", "begins_amqp"), Lazy("amqp.amqp_stream", "parse_amqp"),
    title="AMQP",
    kinds=(
        RequestKind(
            "amqp", "AMQP", _PATH,
            openings=("connection.start-ok", "connection.secure-ok", "connection.open", "channel.open"),
            fine=frozenset({"empty"}), is_numbered=True,
        ),
    ),
    requests=Lazy("amqp.amqp_stream", "amqp_requests"),
    client_begins=(b"AMQP",),
    # Methods of the connection: some have secrets.
    summaries=(Summary(Lazy("amqp.summary", "amqp_summary"), (b"\x01\0\0",), least=12),),
    notes=(_AMQP_ROWS,), prefilter=_asking(_AMQP_ROWS), judged=True,
    asked_to_wait=Lazy("amqp.amqp_stream", "amqp_waits"),
    asks=Lazy("amqp.last_words", "amqp_asks"),
    port=5672,
)  # fmt: skip

_KAFKA_ROWS: Final = Lazy("kafka.opening_rows", "OpeningRows")
_KAFKA: Final = ApplicationProtocol(
    "kafka", ("kafka",), Lazy("kafka.detection", "begins_kafka"), Lazy("kafka.kafka_stream", "parse_kafka"),
    title="Kafka",
    kinds=(
        RequestKind(
            "kafka", "Kafka", Lazy("kafka.message", "kafka_statement"),
            openings=("ApiVersions", "SaslHandshake", "SaslAuthenticate"),
            # A member is told its name; an older broker is asked again; of a partition a replica is down.
            fine=frozenset({"79 MEMBER_ID_REQUIRED", "35 UNSUPPORTED_VERSION", "9 REPLICA_NOT_AVAILABLE"}),
            is_numbered=True,
        ),
    ),
    requests=Lazy("kafka.kafka_stream", "kafka_requests"),
    # Requests that may hold secrets, by their number; a length of less than 64 KiB, behind which a login may stand.
    summaries=(
        Summary(
            Lazy("kafka.summary", "kafka_summary"),
            {bytes((0, api)) for api in (32, 33, 36, 38, 39, 40, 41, 44, 51, 58)}, at=4, least=15,
        ),
        Summary(Lazy("kafka.summary", "token_summary"), (b"\0\0",), least=8),
    ),
    notes=(_KAFKA_ROWS,), prefilter=_asking(_KAFKA_ROWS), judged=True,
    asked_to_wait=Lazy("kafka.kafka_stream", "kafka_waits"),
    asks=Lazy("kafka.last_words", "kafka_asks"),
    port=9092,
)  # fmt: skip

_MYSQL_ROWS: Final = Lazy("mysql.command_rows", "MysqlRows")
_MYSQL: Final = ApplicationProtocol(
    "mysql", ("mysql", "mariadb"), Lazy("mysql.detection", "begins_mysql"), Lazy("mysql.mysql_stream", "parse_mysql"),
    title="MySQL",
    kinds=(
        RequestKind(
            "mysql", "MySQL", Lazy("mysql.dialect", "mysql_statement"), ("LOGIN", "CHANGE_USER"),
            is_database=True, is_sql=True, begins_session=("LOGIN", "CONNECT", "SET ", "INIT_DB", "PING"),
            codes=ErrorCodes(  # numbers: behind them stands the SQLSTATE
                refused=frozenset({"1045", "1698"}), full=frozenset({"1040", "1203", "1226"}),
                cancelled=frozenset({"1317"}),
                timed_out=frozenset({"1969", "3024"}),  # MariaDB: max_statement_time; MySQL: max_execution_time
                lock_timed_out=frozenset({"1205"}), deadlocked=frozenset({"1213"}),
                session_ended=frozenset({"1053", "1927"}), gives_up=frozenset({"1153", "1053", "1927"}),
            ),
        ),
    ),
    requests=Lazy("mysql.mysql_stream", "mysql_requests"),
    # Number and command of a packet, whose length comes before: number 0, and the server's greeting; or another, up to
    # 15 behind a login, and what an answer begins with: OK, an error, how many columns.
    summaries=(
        Summary(
            Lazy("mysql.summary", "mysql_summary"),
            {
                b"\x00\x01", b"\x00\x03", b"\x00\x0a", b"\x00\x16", b"\x00\xff",
                *(bytes((1, first)) for first in range(251)),
                *(bytes((number, first)) for number in range(1, 16) for first in (0, 0xFF)),
            },
            at=3,
        ),
    ),
    notes=(_MYSQL_ROWS,), prefilter=_asking(_MYSQL_ROWS), judged=True,
    asks=Lazy("mysql.last_words", "mysql_asks"),
    port=3306,
)  # fmt: skip

_MONGODB_ROWS: Final = Lazy("mongodb.opening_rows", "OpeningRows")
_MONGODB: Final = ApplicationProtocol(
    "mongo", ("mongo",), Lazy("mongodb.detection", "begins_mongodb"), Lazy("mongodb.mongodb_stream", "parse_mongodb"),
    title="MongoDB",
    kinds=(
        RequestKind(
            "mongodb", "MongoDB",
            openings=(
                "hello", "isMaster", "ismaster", "saslStart", "saslContinue", "authenticate", "getnonce", "logout",
                "ping", "buildInfo", "buildinfo", "endSessions",
            ),
            is_database=True, is_numbered=True,
            begins_session=(
                "hello", "isMaster", "ismaster", "saslStart", "saslContinue", "authenticate", "getnonce", "ping",
                "buildInfo", "buildinfo",
            ),
            codes=ErrorCodes(
                refused=frozenset({"13", "18"}), cancelled=frozenset({"11601"}),
                timed_out=frozenset({"50", "262"}),  # maxTimeMS of the client's, or of the server's own
                lock_timed_out=frozenset({"24"}), session_ended=frozenset({"91", "11600"}),
                gives_up=frozenset({"91", "11600"}),
            ),
        ),
    ),
    requests=Lazy("mongodb.mongodb_stream", "mongodb_requests"),
    # The opcode, behind length and numbers.
    summaries=(
        Summary(
            Lazy("mongodb.summary", "mongodb_summary"),
            {code.to_bytes(4, "little") for code in (1, *range(2001, 2008), 2010, 2011, 2012, 2013)}, at=12, least=21,
        ),
    ),
    notes=(_MONGODB_ROWS,), prefilter=_asking(_MONGODB_ROWS), judged=True,
    asked_to_wait=Lazy("mongodb.mongodb_stream", "mongodb_waits"),
    asks=Lazy("mongodb.last_words", "mongodb_asks"),
    port=27017,
)  # fmt: skip

_POSTGRESQL_ROWS: Final = Lazy("postgresql.command_rows", "PostgresqlRows")
_POSTGRESQL: Final = ApplicationProtocol(
    "pgsql", ("pgsql",), Lazy("postgresql.detection", "begins_postgresql"),
    Lazy("postgresql.postgresql_stream", "parse_postgresql"),
    title="PostgreSQL",
    kinds=(
        RequestKind(
            "postgresql", "PostgreSQL", Lazy("postgresql.dialect", "postgresql_statement"),
            openings=("STARTUP", "SSLREQUEST", "GSSENCREQUEST", "CANCEL"),
            fine=frozenset({"suspended", "S", "G", "N"}),  # letters answer a request for encryption
            written=Written.UNTIL_READY, is_database=True, is_sql=True,
            begins_session=("SSLREQUEST", "GSSENCREQUEST", "STARTUP", "SET "),
            codes=ErrorCodes(  # SQLSTATE
                refused=frozenset({"28000", "28P01"}), full=frozenset({"53300"}),
                cancelled=frozenset({"57014"}),  # a timeout has that one, too
                lock_timed_out=frozenset({"55P03"}), deadlocked=frozenset({"40P01"}),
                session_ended=frozenset({"57P01", "57P02", "57P05", "25P03"}),
                gives_up=frozenset({"57P01", "57P02"}),  # idle time-outs have findings of their own
            ),
        ),
    ),
    requests=Lazy("postgresql.postgresql_stream", "postgresql_requests"),
    # A message: its type, the first byte of a length below 16 MiB.
    summaries=(
        Summary(
            Lazy("postgresql.summary", "postgresql_summary"),
            {bytes((letter, 0)) for letter in b"\0pQPBEDCHSFdcfXRK123tTInNsZAVGWv"},
        ),
    ),
    notes=(_POSTGRESQL_ROWS,), prefilter=_asking(_POSTGRESQL_ROWS), judged=True,
    asks=Lazy("postgresql.last_words", "postgresql_asks"),
    port=5432,
)  # fmt: skip

_DNS: Final = ApplicationProtocol(
    "dns", ("dns",), Lazy("dns.beginning", "begins_dns"), Lazy("dns.dns_stream", "parse_dns"),
    over_udp=True, title="DNS",
    kinds=(
        RequestKind(
            "dns", "DNS", fine=frozenset({"NOERROR"}), is_numbered=True, has_results=Lazy("dns.codes", "is_transfer"),
        ),
    ),
    requests=Lazy("dns.dns_stream", "dns_requests"),
    # The flags, behind length and number: OPCODE 0, 4 and 5, the bits QR, AA, TC and RD.  At least a question has a
    # length, a header, the root, type and class.
    summaries=(
        Summary(
            Lazy("dns.summary", "dns_summary"),
            {bytes((qr | code << 3 | bits,)) for qr in (0, 0x80) for code in (0, 4, 5) for bits in range(8)},
            at=4, least=19,
        ),
    ),
    notes=(Lazy("dns.transfer_rows", "TransferRows"),),
    prefilter=Lazy("dns.prefilter", "DnsPrefilter"), judged=True,
    asks=Lazy("dns.last_words", "dns_asks"),
    port=53,
)  # fmt: skip

#: The first protocol in this order that recognises a connection parses it: one that is hard to tell comes late.
PROTOCOLS: Final = (
    _TLS,
    _HTTP2,
    _HTTP,
    _SMTP,
    _REDIS,
    _MQTT,
    _AMQP,
    _MEMCACHED,
    _MYSQL,
    _POSTGRESQL,
    _DNS,
    _KAFKA,
    _MONGODB,
)


@cache
def parsers(first: str = "") -> tuple[tuple[Parse, ApplicationProtocol], ...]:
    """All parsers of a connection in the order in which they are tried, those of the row ``first`` before others."""
    late = [(row.parse_late, row) for row in PROTOCOLS if row.parse_late is not None]
    each = [(row.parse, row) for row in PROTOCOLS] + late
    return tuple(sorted(each, key=lambda one: one[1].name != first))


@cache
def request_readers(first: str = "") -> tuple[tuple[RequestReader, OpenStreams | None], ...]:
    """All readers of requests, in that order, each with what opens the TLS that a connection turns to behind them."""
    each = [(row.requests, row.behind_requests, row.name) for row in PROTOCOLS if row.requests is not None]
    each += [(row.requests_late, None, row.name) for row in PROTOCOLS if row.requests_late is not None]
    return tuple((read, behind) for read, behind, name in sorted(each, key=lambda one: one[2] != first))


#: Rows whose requests share a connection: several are open at a time.
SHARED: Final = tuple(row for row in PROTOCOLS if row.is_shared)
#: Kinds of requests by `tcptui.model.request.Request.protocol`.
REQUEST_KINDS: Final = {kind.name: kind for row in PROTOCOLS for kind in row.kinds}
#: Names of kinds of requests that are made over UDP, too.
OVER_UDP: Final = frozenset(kind.name for row in PROTOCOLS if row.over_udp for kind in row.kinds)
#: Titles of databases by the name of their kind.
DATABASE_NAMES: Final = {kind.name: kind.title for kind in REQUEST_KINDS.values() if kind.is_database}
#: Rows whose requests are read, in the order in which sentences list them: databases last.
LISTED: Final = sorted(
    (row for row in PROTOCOLS if row.title), key=lambda row: any(kind.is_database for kind in row.kinds)
)
