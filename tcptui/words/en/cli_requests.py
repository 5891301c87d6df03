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
  tcptui requests FILE --redact [--key KEYFILE] …

DESCRIPTION
  Lists every request of the supported protocols ({protocols}; inside
  TLS if its keys are known) in the order in which they began: connection, first
  and last packet, start in seconds from the first packet, duration, protocol,
  status, bytes sent and received (+ after them: the request or the response was
  not captured whole), the parts that took most of the time, operation.
  Several files are merged by time.
  The parts of the time add up to the duration:
    connect   the handshake, where the request opened the connection
    tls       the TLS handshake, if its keys are known
    queue     waiting for the responses to earlier requests on the connection
    request   sending the request    response  sending the response
    network   the round trip to the server
    server    until the response began, and the server's pauses within it
    client    the client's pauses; no room for the response
    recovery  recovery from loss
    idle      no response, a blocking command (BLPOP of Redis), or no way to see
              which side waited
  Secrets are left out by the names of header fields, parameters and members.

OPTIONS
  -Y FILTER, --display-filter FILTER
             only requests with a matching packet: any packet of the
             connection from the request's first to the response's last
  --jsonl    one JSON object per request, connection by connection; times in
             seconds, null for what does not apply
  --group statement
             one line for all requests that ask for the same: SQL without its
             literals, Redis keys and HTTP paths with * for numbers and ids.
             Shows their count, errors, median and 99th percentile, total time,
             the server's part of it, time spent waiting (in a queue, or in
             blocking commands such as BLPOP), and the first packet of the
             slowest. Times begin at a request's first byte. Most of the
             server's time comes first, logins last; ~ marks an estimate, where
             the server responded to several requests together
  --har OUT  an HTTP archive (HAR 1.2) of the HTTP requests for browsers and
             other viewers; - is standard output. Text bodies are cut at 64 KiB,
             other bodies are left out. After 64 MiB of bodies, or 256 MiB of
             unusually long header fields, later entries leave these out
  --results DIR
             the rows in database responses: in DIR, a file for each result set
             of MySQL, MariaDB and PostgreSQL, for each Redis response that has
             elements, and for each DNS zone transfer, with a JSON object for
             each row, element or record. Values are text or lists, null is
             NULL; {{"hex": …}} is bytes that are not UTF-8, or a binary value of
             PostgreSQL; {{"error": …}} is an error in a Redis response. Data of
             PostgreSQL's COPY is written unchanged (.copy). Not written:
             responses to statements that involve a secret or were prepared
             before the capture began (PostgreSQL), and rows over 64 MiB. Values
             of columns and fields named like a secret are [removed]
  --overwrite  OUT may replace a file, once it is whole
  --redact   work on a redacted copy, as redact makes one: methods and status
             codes stay, values are replaced; requests of protocols that become
             filler, or that were read with TLS secrets, are gone
  --key KEYFILE
             with --redact: the replacements of redact under the same key
  --workers N  at most N processes (Linux)

EXAMPLES
  tcptui requests a.pcap
  tcptui requests a.pcap -Y 'http.response.code >= 500'
  tcptui requests a.pcap --jsonl | jq 'select(.time.server > 0.5)'
  tcptui requests a.pcap --group statement
  tcptui requests a.pcap --har a.har
  tcptui requests a.pcap -Y 'mysql.query contains "orders"' --results rows

EXIT STATUS
  0 done, even if there is no request; 1 input or output failed (of a damaged
  capture, the requests before the damage are written); 2 wrong usage
""",
    "cli.error.group": "--group {value} is not known; known: {known}",
    "cli.error.overwrite-har": "--overwrite allows --har to replace a file, but there is no --har",
    "cli.error.overwrite-html": "--overwrite allows --html to replace a file, but there is no --html",
}
