"""The questions about a scan that have a name: one table, from which the list, completions and the manual are made.

SQL of DuckDB over the views of `tcptui.scan.ask`.  Parameters stand in it as ``$name``, and are bound, never pasted.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Parameter(NamedTuple):
    """A parameter that ``KEY=VALUE`` sets."""

    name: str
    default: int | str
    """A whole number or a text: values have the same type.  An empty text: any."""
    en: str
    zh: str
    least: int = 0
    most: int = 0
    """Bounds of a number: `least` to this."""


class Question(NamedTuple):
    """A question."""

    name: str
    en: str
    zh: str
    parameters: tuple[Parameter, ...]
    sql: str


def _limit(default: int) -> Parameter:
    return Parameter("limit", default, "rows at most", "最多多少行", 1, 1_000_000)


_PREFIXES: Final = (
    Parameter("prefix4", 24, "bits of the subnets of IPv4", "IPv4 子网的位数", 0, 32),
    Parameter("prefix6", 64, "bits of the subnets of IPv6", "IPv6 子网的位数", 0, 128),
)
QUESTIONS: Final = (
    Question(
        "first-seen",
        "since when each warning and error is there, and where it was seen first",
        "每种警告和错误从什么时候开始出现，最早出现在哪里",
        (
            Parameter("finding", "", "only this finding, even if it is a note", "只看该结论（也可以是提示）"),
            Parameter("server", "", "only this address of a server", "只看该服务器地址"),
        ),
        """
WITH seen AS (
  SELECT f.id, f.severity, f.time, f.server_address, f.capture_id, {'path': c.path, 'stream': f.stream} AS place
  FROM findings f JOIN captures c USING (capture_id)
  WHERE (f.id = $finding OR ($finding = '' AND f.severity <> 'note')) AND $server IN ('', f.server_address)
)
SELECT id AS finding, severity, date_trunc('second', min(time)) AS first_seen,
  date_trunc('second', max(time)) AS last_seen,
  count(*) AS times, count(DISTINCT server_address) AS servers, count(DISTINCT capture_id) AS captures,
  arg_min(place, time).path AS first_capture, arg_min(place, time).stream AS first_stream
FROM seen GROUP BY id, severity ORDER BY min(time), id, severity
""",
    ),
    Question(
        "worst-servers",
        "servers by the time that their connections lost, at least",
        "按连接至少耗去的时间排列的服务器",
        (_limit(20),),
        """
WITH worst AS (
  SELECT server_address, server_port, arg_max(id, (lost, times, id)) AS id FROM (
    SELECT server_address, server_port, id, coalesce(sum(lost_ns), 0) AS lost, count(*) AS times
    FROM findings WHERE severity <> 'note' GROUP BY ALL
  ) GROUP BY ALL
)
SELECT server_address AS server, server_port AS port, count(*) AS connections,
  count(*) FILTER (severity IN ('warning', 'error')) AS with_problems,
  round(100 * count(*) FILTER (severity IN ('warning', 'error')) / count(*), 1) AS percent,
  round(coalesce(sum(lost_ns), 0) / 1e9, 3) AS lost_s, any_value(worst.id) AS worst_finding
FROM connections LEFT JOIN worst USING (server_address, server_port)
GROUP BY ALL ORDER BY lost_s DESC, with_problems DESC, server, port LIMIT $limit
""",
    ),
    Question(
        "retransmissions",
        "retransmission rate by subnet of the sender and hour",
        "按发送方子网和小时统计的重传率",
        (
            *_PREFIXES,
            Parameter("least", 100, "only with so many segments with payload", "带载荷的段数至少为", 0, 10**9),
        ),
        """
SELECT subnet(ip, $prefix4, $prefix6) AS subnet, date_trunc('hour', minute) AS hour,
  sum(data_segments_sent) AS data_segments, sum(retransmissions_sent) AS retransmissions,
  round(100 * sum(retransmissions_sent) / sum(data_segments_sent), 3) AS percent
FROM hosts_minutes GROUP BY ALL HAVING data_segments >= greatest($least, 1)
ORDER BY percent DESC, data_segments DESC, subnet, hour
""",
    ),
    Question(
        "slowest-operations",
        "operations and statements by their 99th percentile",
        "按第 99 百分位时长排列的操作和语句",
        (
            Parameter("protocol", "", "only this protocol, as requests names it", "只看该协议（写法同 requests）"),
            Parameter("least", 1, "only with so many requests", "请求数至少为", 1, 10**9),
            _limit(20),
        ),
        """
SELECT protocol, coalesce(statement, operation) AS operation, count(*) AS requests,
  round(quantile_cont(duration_ns, 0.5) / 1e6, 3) AS p50_ms, round(quantile_cont(duration_ns, 0.99) / 1e6, 3) AS p99_ms,
  round(max(duration_ns) / 1e6, 3) AS max_ms, round(coalesce(sum(time_server_ns), 0) / 1e9, 3) AS server_s,
  count(DISTINCT server_address) AS servers
FROM requests WHERE $protocol IN ('', protocol)
GROUP BY ALL HAVING count(*) >= $least ORDER BY p99_ms DESC, requests DESC, protocol, operation LIMIT $limit
""",
    ),
    Question(
        "rtt",
        "round-trip times by path: from the client's subnet to the server's",
        "按路径（客户端子网到服务器子网）统计的往返时间",
        (*_PREFIXES, _limit(50)),
        """
SELECT subnet(client_ip, $prefix4, $prefix6) AS client, subnet(server_ip, $prefix4, $prefix6) AS server,
  count(*) AS connections, round(min(rtt_min_ns) / 1e6, 3) AS least_ms,
  round(quantile_cont(rtt_median_ns, 0.5) / 1e6, 3) AS p50_ms,
  round(quantile_cont(rtt_median_ns, 0.99) / 1e6, 3) AS p99_ms,
  round(quantile_cont(handshake_ns, 0.5) / 1e6, 3) AS handshake_ms
FROM connections WHERE rtt_median_ns IS NOT NULL
GROUP BY ALL ORDER BY p50_ms DESC, client, server LIMIT $limit
""",
    ),
    Question(
        "who-resets",
        "hosts that sent RST, by connections, as client or server of a port",
        "发出 RST 的主机，按连接数排列，分客户端和服务器以及端口",
        (_limit(50),),
        """
WITH ends AS (
  SELECT client_address AS host, 'client' AS side, server_port, contains(history, 'R') AS resets,
    closed_by = 'client' AS closes, conn_state, idle_before_close_ns AS idle FROM connections
  UNION ALL
  SELECT server_address, 'server', server_port, contains(history, 'r'), closed_by = 'server', conn_state,
    idle_before_close_ns FROM connections
)
SELECT host, side, server_port AS port, count(*) AS connections, count(*) FILTER (resets) AS reset,
  round(100 * count(*) FILTER (resets) / count(*), 1) AS percent, count(*) FILTER (resets AND closes) AS closed_first,
  mode(conn_state ORDER BY conn_state) FILTER (resets) AS conn_state,
  round(quantile_cont(idle, 0.5) FILTER (resets AND closes) / 1e9, 3) AS idle_s
FROM ends GROUP BY ALL HAVING count(*) FILTER (resets) > 0
ORDER BY reset DESC, percent DESC, host, side, port LIMIT $limit
""",
    ),
    Question(
        "failed-captures",
        "captures that failed, or were read only up to damage",
        "失败的抓包，以及只读到损坏处的抓包",
        (),
        """
SELECT status, path, error, error_text FROM captures WHERE status IN ('failed', 'damaged') ORDER BY status DESC, path
""",
    ),
)
#: Each by its name.
BY_NAME: Final = {question.name: question for question in QUESTIONS}
