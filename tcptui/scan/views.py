"""The tables of a scan under names that other tools have: Zeek's conn.log, Elastic's ECS, OpenTelemetry's log records.

Each is a view over one table, in DuckDB's SQL.  A column that the table cannot fill is left out, not filled with
something else.  Sources: Zeek's conn.log, Elastic
Common Schema 8, OpenTelemetry's log data model and semantic conventions for networks.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tcptui.scan.schema import DAY, Table

_IPV4: Final = "hex(client_ip) LIKE '00000000000000000000FFFF%'"


class ViewColumn(NamedTuple):
    """A column of a view."""

    name: str
    sql: str
    """Of columns of the view's table."""
    en: str
    zh: str


class View(NamedTuple):
    """A view over one of the tables."""

    name: str
    table: Table
    columns: tuple[ViewColumn, ...]

    @property
    def script(self) -> str:
        """The SQL that creates the view in any DuckDB that runs in the folder of the scan."""
        rows = f"FROM read_parquet('{self.table.value}/{DAY}=*/*.parquet', hive_partitioning = true)"
        return f"CREATE OR REPLACE VIEW {self.name} AS\nWITH {self.table.value} AS ({rows})\n{self.select};\n"

    @property
    def select(self) -> str:
        """The SELECT that it is, over a relation that has the table's name."""
        cells = ",\n".join(f'  {column.sql} AS "{column.name}"' for column in self.columns)
        return f"SELECT\n{cells}\nFROM {self.table.value}"


def _same(name: str, column: str) -> ViewColumn:
    return ViewColumn(name, column, f"`{column}`", f"`{column}`")


VIEWS: Final = (
    View("zeek", Table.CONNECTIONS, (
        ViewColumn("ts", "epoch_ns(start) / 1e9", "`start`, in seconds", "`start`，以秒计"),
        ViewColumn(
            "uid", "concat('C', substr(capture_id, 1, 16), '-', stream)", "`capture_id` and `stream`, shortened",
            "`capture_id` 和 `stream`，缩短写",
        ),
        _same("id.orig_h", "client_address"), _same("id.orig_p", "client_port"),
        _same("id.resp_h", "server_address"), _same("id.resp_p", "server_port"),
        ViewColumn("proto", "'tcp'", "always tcp", "总是 tcp"),
        ViewColumn("duration", "duration_ns / 1e9", "`duration_ns`, in seconds", "`duration_ns`，以秒计"),
        ViewColumn(
            "orig_bytes", "client_bytes", "`client_bytes`: with retransmissions, which Zeek does not count",
            "`client_bytes`：包括重传，Zeek 不计重传",
        ),
        ViewColumn("resp_bytes", "server_bytes", "`server_bytes`, likewise", "`server_bytes`，同上"),
        _same("conn_state", "conn_state"), _same("missed_bytes", "missed_bytes"), _same("history", "history"),
        _same("orig_pkts", "client_packets"), _same("resp_pkts", "server_packets"),
        _same("community_id", "community_id"),
    )),
    View("ecs", Table.CONNECTIONS, (
        _same("@timestamp", "start"),
        ViewColumn("event.kind", "'event'", "always event", "总是 event"),
        ViewColumn("event.category", "'network'", "always network", "总是 network"),
        ViewColumn("event.dataset", "'tcptui.connection'", "always tcptui.connection", "总是 tcptui.connection"),
        _same("event.start", "start"),
        ViewColumn(
            "event.end", "make_timestamp_ns(epoch_ns(start) + duration_ns)", "`start` + `duration_ns`",
            "`start` + `duration_ns`",
        ),
        _same("event.duration", "duration_ns"),
        _same("source.ip", "client_address"), _same("source.port", "client_port"),
        _same("source.bytes", "client_bytes"), _same("source.packets", "client_packets"),
        _same("destination.ip", "server_address"), _same("destination.port", "server_port"),
        _same("destination.bytes", "server_bytes"), _same("destination.packets", "server_packets"),
        ViewColumn("network.transport", "'tcp'", "always tcp", "总是 tcp"),
        ViewColumn("network.type", f"CASE WHEN {_IPV4} THEN 'ipv4' ELSE 'ipv6' END", "ipv4 or ipv6", "ipv4 或 ipv6"),
        _same("network.bytes", "bytes"), _same("network.packets", "packets"),
        _same("network.community_id", "community_id"),
        ViewColumn(
            "log.level", "CASE severity WHEN 'note' THEN 'info' ELSE severity END",
            "its worst finding: info, warning or error; null: none", "最严重的结论：info、warning 或 error；没有则为空",
        ),
    )),
    View("otel", Table.FINDINGS, (
        ViewColumn("time_unix_nano", "epoch_ns(time)", "`time`, in nanoseconds", "`time`，以纳秒计"),
        ViewColumn(
            "severity_number", "CASE severity WHEN 'error' THEN 17 WHEN 'warning' THEN 13 ELSE 9 END",
            "17 error, 13 warning, 9 note", "17 为 error，13 为 warning，9 为 note",
        ),
        ViewColumn(
            "severity_text", "CASE severity WHEN 'error' THEN 'ERROR' WHEN 'warning' THEN 'WARN' ELSE 'INFO' END",
            "ERROR, WARN or INFO", "ERROR、WARN 或 INFO",
        ),
        ViewColumn("event_name", "concat('tcptui.', id)", "`id` after tcptui.", "tcptui. 后接 `id`"),
        _same("body", "id"),
        _same("client.address", "client_address"), _same("client.port", "client_port"),
        _same("server.address", "server_address"), _same("server.port", "server_port"),
        ViewColumn("network.transport", "'tcp'", "always tcp", "总是 tcp"),
        _same("tcptui.capture_id", "capture_id"), _same("tcptui.stream", "stream"),
        _same("tcptui.confidence", "confidence"), _same("tcptui.cause_confidence", "cause_confidence"),
        _same("tcptui.lost_ns", "lost_ns"), _same("tcptui.facts", "facts"),
    )),
)  # fmt: skip
