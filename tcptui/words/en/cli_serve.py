"""Words of serve on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.serve": """\
NAME
  tcptui serve: {summary}

SYNOPSIS
  tcptui serve [FOLDER…] [--http ADDRESS] [--key KEYFILE | --allow-payload]

DESCRIPTION
  Lets an assistant ask about the captures below each FOLDER (default: the
  current directory), over the Model Context Protocol. It needs the extra
  [mcp]. The assistant starts the command itself and speaks with it through
  standard input and output. Each reply is short and cites packet numbers.

  The tools are open, overview, findings, explain, connection, requests,
  packets, check_filter, merge, slice and case. Only ordinary files below a
  FOLDER are read, and no link below it is followed. Only slice writes: a new
  file below a FOLDER, under a name that the assistant gives.

  Addresses, host names and payload do not leave. Texts are read from a
  redacted copy, as redact writes one; it has no name, and covers the first
  20,000 packets of a capture. Findings about content come as numbers alone.
  Names of files, ports and times leave unchanged.

OPTIONS
  --http ADDRESS   serve over HTTP instead: a port, or a loopback address with
                   a port such as 127.0.0.1:8765. Clients need the token that
                   is printed, or that of TCPTUI_SERVE_TOKEN (16 characters or
                   more)
  --key KEYFILE    at least 32 bytes that only you can read. The same key gives
                   the same replacements as redact. Without it a key is drawn
  --allow-payload  redact nothing: addresses, names and payload leave as they
                   were captured

EXAMPLES
  tcptui serve ~/captures
  tcptui serve ~/captures --key key
  tcptui serve ~/captures --http 8765

EXIT STATUS
  0 done; 1 input or output failed; 2 wrong usage
""",
    "cli.serve.waiting": "serve waits for an assistant on standard input; Ctrl-C ends it (see tcptui serve --help)",
    "cli.serve.at": "{address}, token {token}",
    "cli.serve.at-own-token": "{address}, with the token of TCPTUI_SERVE_TOKEN",
    "cli.error.serve-extra": "serve needs the extra [mcp]: pip install 'tcptui[mcp]'",
    "cli.error.serve-folder": "{folder} is no folder",
    "cli.error.serve-address": "cannot listen on {address}: {reason}",
    "cli.error.serve-token": "{variable} needs at least {least} ASCII characters",
    "cli.error.serve-key": "--key has no use with --allow-payload, which replaces nothing",
    "cli.error.serve-loopback": "--http {value}: needs a port, or a loopback address with one, such as 127.0.0.1:8765",
}
