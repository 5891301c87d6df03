"""Words of the command ``export``."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.export": """\
NAME
  tcptui export: {summary}

SYNOPSIS
  tcptui export FILE [--stream N [--id ID] | -Y FILTER] [--out DIR]
                [--out-limit SIZE] [--json]

DESCRIPTION
  Lists the bodies of HTTP/1.x and HTTP/2 messages, downloads and uploads, as
  they were before chunks and codings (gzip, br, zstd, deflate); parts that
  were requested as ranges are put together. One line per file: packet, size,
  media type, name, origin. Nothing is saved unless --out is given.

WHAT EACH NEEDS
  to list      the capture alone
  to save      --out DIR, which is created if needed. Names come from the server
               and are made safe. If a file exists, a number is added: no file
               is overwritten. An incomplete file, for example with bytes that
               were not captured, ends in .partial
  over TLS     the connection's keys: --keylog FILE, or those in a pcapng
  captures     whole packets: bodies have holes if packets were cut short (-s)
  other kinds  rows of databases, and Redis replies: tcptui requests --results;
               packets: tcptui slice; a conversation's text: tcptui follow

OPTIONS
  --stream N   only files of this connection (tcp.stream)
  --id ID      only the bodies of the request with this id: of the request and
               the response in one HTTP/2 stream, and of a gRPC call each
               message, decompressed; tcptui requests --jsonl has the ids
  -Y FILTER, --display-filter FILTER
               only of connections with a matching packet
  --out DIR    save them there
  --out-limit SIZE  (million bytes, or k, M, G)  the most they may take;
               by default 268 MB plus 16 bytes per captured byte, and never more
               than half of the free disk
  --json       an array of objects: packet, stream, id (of HTTP/2's stream),
               direction, host, uri, name, method, status, content_type, size,
               sent, parts, complete, reason and sha256
  --workers N  at most N processes (Linux)

EXAMPLES
  tcptui export a.pcap
  tcptui export a.pcap -Y 'http.host contains "example"' --out files
  tcptui export a.pcapng --keylog keys.log --json
  tcptui export a.pcap --stream 0 --id 5 --out files

EXIT STATUS
  0 done, even if there is no file; 1 the input failed, DIR cannot be written,
  or the limit was reached; 2 wrong usage
""",
    "cli.export.line": "{packet:>8}  {size:>14}  {type:28}  {name:32}  {source}",
    "cli.export.not-whole": "{line}  (incomplete: {why})",
    "cli.export.none": "the capture has no file carried over HTTP",
    "cli.export.uncaptured": "files without any captured byte, not listed: {n}",
    "cli.export.left-out": "there are more files than can be listed: {n} were left out; choose a connection with --stream",
    "cli.export.written": "files written to {folder}: {n}",
}
