"""Words of compare on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.compare": """\
NAME
  tcptui compare: {summary}

SYNOPSIS
  tcptui compare A B [-Y FILTER] [--group FIELD] [--json] [--html PAGE]
  tcptui compare FILE --split TIME [-Y FILTER] [--group FIELD] …
  tcptui compare FILE --a FILTER --b FILTER [-Y FILTER] [--group FIELD] …

DESCRIPTION
  A and B are captures of different traffic, as of two days. Their
  connections are compared by meaning: findings, handshake, round trip,
  retransmitted segments by cause, think times, throughput, options of the
  handshake, and the time and errors of requests by statement.

  Each difference has its effect first and an interval. Intervals come from
  leaving out each client in turn with all its connections, for connections of
  one client resemble each other. No client counts as more than ten connections,
  and one of both sides counts the same on both. As many things are compared,
  the differences that are reported, and their intervals, are chosen together
  (Benjamini-Hochberg). With fewer than about seven clients nothing is decided.

  Findings, options, servers and statements of one side alone are listed after
  that. Each line has the numbers of its connections, as in their capture.

  Cautions come first where both cannot be compared: another capture point,
  other ports, servers or hours, another mixture of servers, few connections.

OPTIONS
  --split TIME
              one file: A are the connections that began before TIME, B the
              others. Seconds after its first packet, or a date and time such as
              2026-11-30T09:05:00, which is UTC without an offset
  --a FILTER, --b FILTER
              one file: A are the connections of which a packet matches the
              first filter, B those of the second; what matches both is left out
  -Y FILTER   on both sides only connections of which a packet matches
  --group FIELD
              compare group by group: connections whose first packets have the
              same value of a field, as tcptui.server, tcptui.server.port,
              tcptui.client, ip.dsfield.dscp or http.host
  --json      one JSON object: differences with a, b, effect, worse and their
              connections; times in seconds, rates in bytes a second
  --html PAGE write a self-contained page in place of the text, with each
              interval drawn; - is standard output
  --overwrite
              PAGE may replace a file
  --workers N processes that read requests; as many as processors without it

EXAMPLES
  tcptui compare monday.pcap tuesday.pcap
  tcptui compare monday.pcap tuesday.pcap --group tcptui.server --json
  tcptui compare today.pcap --split 2026-11-30T09:05:00
  tcptui compare today.pcap --a "ip.dst == 10.0.0.1" --b "ip.dst == 10.0.0.2"

EXIT STATUS
  0 done, whatever differs; 1 the input failed, or a side has no connection;
  2 wrong usage
""",
    "cli.error.compare-two": "compare needs two captures, or one with --split TIME or with --a FILTER --b FILTER",
    "cli.error.compare-one": "{option} divides one capture: give one file, or leave it out",
    "cli.error.compare-both": "--a and --b belong together: one filter for each side",
    "cli.error.compare-split-form": (
        "--split {value}: give seconds after the first packet, or a date and time such as 2026-11-30T09:05:00"
    ),
    "cli.error.compare-itself": "{a} and {b} are the same file: there is nothing to compare",
    "cli.error.compare-copy": "{a} and {b} have the same connections at the same times: one is a copy of the other",
    "cli.error.compare-no-tcp": "{file} has no TCP connection to compare",
    "cli.error.compare-empty": "A and B need a connection each: one of both has none",
    "cli.error.compare-nothing": "no connection of {file} matches {option}: try its filter with tcptui packets --count -Y",
    "cli.error.compare-split": (
        "--split {time} leaves a side of {file} empty: its connections begin from {first} to {last}"
    ),
}
