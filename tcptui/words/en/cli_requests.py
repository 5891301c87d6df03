"""Words of requests on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.protocol.http": "HTTP/1.x, HTTP/2, gRPC, the upgrade to WebSocket",
    "cli.help.requests": """\
NAME
  tcptui requests: {summary}

SYNOPSIS
  tcptui requests FILE… [-Y FILTER] [--group statement] [--jsonl] [--workers N]
  tcptui requests FILE… [-Y FILTER] --har OUT [--overwrite] [--workers N]
  tcptui requests FILE… [-Y FILTER] --results DIR

DESCRIPTION
  Lists every request of the protocols that are read ({protocols}; inside
  TLS where its keys are known) in the order in which they began: connection,
  first and last packet, start in seconds from the first packet, duration,
  protocol, status, bytes sent and received (+ behind them: request or answer
  were not captured whole), the parts that took most of the time, operation.
  Several files merge by time.
  The parts of the time add up to the duration:
    connect   the handshake, where the request opened the connection
    tls       the TLS handshake, where its keys are known
    queue     behind the answers to earlier requests on the connection
    request   sending the request    response  sending the answer
    network   to the server and back
    server    until the answer began, and the server's pauses within it
    client    the client's pauses; no room for the answer
    recovery  recovery from loss
    idle      no answer came, nothing tells who was waited for, or the request
              was to wait until something happens (BLPOP of Redis)
  Secrets are left out by the names of header fields, parameters and members.

OPTIONS
  -Y FILTER, --display-filter FILTER
             only requests of which a packet matches: any packet of the
             connection from the request's first to the answer's last
  --jsonl    one JSON object per request, connection by connection; times in
             seconds, null for what does not apply
  --group statement
             one line for all requests that ask for the same: SQL without its
             literals, keys of Redis and paths of HTTP with * for numbers and
             ids. How many, how many errors, the time within which half and 99 %
             of them were over, all of it together, what of it was the
             server's, what waited behind others or as BLPOP and the like ask
             for, the first packet of the slowest; from a request's first byte
             on. Most of the server's time first, logins last; ~ where that has
             a share of what it took for requests that it answered at once
  --har OUT  an HTTP archive (HAR 1.2) of the HTTP requests for browsers and
             other viewers; - is standard output. Bodies that are text are cut
             at 64 KiB, others are left out; beyond 64 MiB of bodies, and 256
             MiB of header fields longer than usual, entries are without
  --results DIR
             what databases answered with: in DIR, a file for each result set
             of MySQL, MariaDB and PostgreSQL, for each reply of Redis that has
             elements, and for each zone that DNS transferred, with a JSON
             object for each row, element or record. Values are text or lists,
             null is NULL; {{"hex": …}} are bytes that are no UTF-8, or a binary
             value of PostgreSQL; {{"error": …}} an error in a reply of Redis.
             What PostgreSQL's COPY sent is a file as it is (.copy). Not
             written: answers to what names a secret, or was prepared before the
             capture began (PostgreSQL), rows over 64 MiB; values of columns and
             fields that are called as a secret is are [removed]
  --overwrite  OUT may replace a file, once it is whole
  --workers N  at most N processes (Linux)

EXAMPLES
  tcptui requests a.pcap
  tcptui requests a.pcap -Y 'http.response.code >= 500'
  tcptui requests a.pcap --jsonl | jq 'select(.time.server > 0.5)'
  tcptui requests a.pcap --group statement
  tcptui requests a.pcap --har a.har
  tcptui requests a.pcap -Y 'mysql.query contains "orders"' --results rows

EXIT STATUS
  0 done, also where there is no request; 1 input or output failed: of a damaged
  capture the requests before the damage are written; 2 wrong usage
""",
    "cli.error.group": "--group {value} is not known; known: {known}",
    "cli.error.overwrite-har": "--overwrite says that --har may replace a file, but there is no --har",
    "cli.error.overwrite-html": "--overwrite says that --html may replace a file, but there is no --html",
}
