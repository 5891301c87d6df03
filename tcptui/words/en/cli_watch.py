"""Words of watch on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.summary.watch": "many live sources, one list of findings",
    "cli.help.watch": """\
NAME
  tcptui watch: {summary}

SYNOPSIS
  tcptui watch SOURCE… [--only NAME[,NAME…]] [--json] [--metrics [HOST:]PORT]
               [--keep-last TIME [--out FOLDER]]
               [--spool-limit SIZE] [--memory-limit SIZE]

DESCRIPTION
  Captures on many sources at once and writes their findings as one list, a line
  each, as they are made. A SOURCE is an interface of this host (eth0, any), an
  interface of another one (ssh://[USER@]HOST[:PORT]/eth0, with tcpdump there),
  a capture file that still grows, a FIFO, or - for standard input. A file with
  the name of an interface is ./eth0.

  A line has the time by the source's clock, the source, how far that clock is
  ahead of this host's, and the finding. For ssh:// the clock is measured when
  the connection is made; what is written is the middle of an interval that is
  sure, and half its width. Of a file the clock is unknown.

  A source that ends or breaks is connected again, after a pause of 1 s that
  doubles up to a minute; one message reports it, and the others go on. Packets
  of that time are missing. Each run is a capture of its own: packet numbers
  begin anew, and a connection that was open is seen from its middle. ssh must
  log in without a question (a key in an agent, a known host).

  Ctrl-C ends all sources, once what was captured has been analysed.

OPTIONS
  --only NAME    only these findings: ids, families, severities, with commas
                 between (tcptui help findings)
  --json         one JSON object a line: the keys of --no-screen, and source,
                 run (1 until the source breaks), clock (null if unknown) with
                 offset, what must be added to the source's clock to get this
                 host's (low, high), and round_trip, in seconds
  --metrics [HOST:]PORT
                 counts for Prometheus at http://HOST:PORT/metrics: findings,
                 packets, bytes, drops, connections by state, round trips and
                 server think times, each by source. HOST is 127.0.0.1 unless
                 given (needs pip install 'tcptui[metrics]')
  --keep-last TIME
                 upon SIGUSR1, write what came in the last TIME (90s, 5m, 1h) as
                 a folder tcptui-DATE: packets of each source, findings, and of
                 this host, if an interface is a source, sockets and counters.
                 The spools bound how far back packets go (--spool-limit)
  --out FOLDER   where these folders are made (default: the working directory)
  --spool-limit SIZE, --memory-limit SIZE
                 of all sources together; each has an equal share

EXAMPLES
  sudo tcptui watch eth0 wlan0 --only any-problem
  tcptui watch ssh://web1/eth0 ssh://web2/eth0 --json
  tcptui watch ssh://web1/eth0 ssh://db/eth0 --metrics 9464

EXIT STATUS
  0 done; 1 a source failed or was broken at the end; 2 wrong usage
""",
    "cli.error.watch-out": "--out belongs to --keep-last, and there is none",
    "cli.error.watch-time": "--keep-last takes a time up to 24h, such as 90s, 5m or 1h, not {value}",
    "cli.error.watch-what": "watch needs sources: interfaces, ssh://HOST/INTERFACE, growing files, or -",
}
