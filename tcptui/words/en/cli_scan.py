"""Words of scan on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.scan": """\
NAME
  tcptui scan: {summary}

SYNOPSIS
  tcptui scan PATH… -o DIR [--workers N] [--resume] [--packets]

DESCRIPTION
  Judges every capture at PATH and writes tables of Parquet below DIR:
  captures, connections, findings, requests and hosts_minutes (totals by host
  and minute). PATH is a file, a folder with all folders below it, or a
  pattern in quotes. In folders, files that are no captures are passed over.
  The findings are those of tcptui report.

  Files of a ring (tcpdump -C, -G, -W; dumpcap -b) are one capture, so a
  connection that spans two of them is one connection. Files with the same
  bytes are judged once.

  Each capture is judged in a process of its own, with bounded time and memory.
  A file that cannot be read is a row of captures with its error, and stops
  nothing. Rows appear in the tables when many captures are done, or all.

  Needs pyarrow: pip install 'tcptui[scan]'. The columns are in the manual.

OPTIONS
  -o DIR              where to write: a new or empty folder
  --workers N         N processes; without it one for each processor
  --resume            go on with the scan in DIR: what is done is not judged
                      again; files that changed, grew or failed are
  --packets           write one row for each packet, too

EXAMPLES
  tcptui scan /var/captures -o scan
  tcptui scan '/mnt/*/ring-*.pcap.zst' -o scan --resume

EXIT STATUS
  0 done; 1 a capture is damaged or failed, a folder cannot be read, or DIR
  cannot be written; 2 wrong usage
""",
    "cli.error.scan-what": "scan: name captures, or folders of captures",
    "cli.error.scan-where": "scan needs -o DIR",
    "cli.error.scan-stream": "scan reads and writes files and folders, not standard input or output",
    "cli.error.scan-url": "{value}: scan reads local files and folders; copy or mount the captures first",
    "cli.error.scan-pyarrow": "scan needs pyarrow, which is not installed: pip install 'tcptui[scan]'",
}
