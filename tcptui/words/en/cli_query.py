"""Words of query on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.query": """\
NAME
  tcptui query: {summary}

SYNOPSIS
  tcptui query DIR "SQL" [--csv [--spreadsheet-safe] | --jsonl]
  tcptui query DIR NAME [KEY=VALUE…] [--csv [--spreadsheet-safe] | --jsonl]
  tcptui query --list [--jsonl]

DESCRIPTION
  Looks things up in the tables that tcptui scan has written to DIR: by one
  SELECT in the SQL of DuckDB, or by a question that has a name. The tables are
  captures, connections, findings, requests, hosts_minutes and packets; one
  that the scan did not write is empty. Times are UTC. DESCRIBE connections
  lists the columns of a table. subnet(client_ip, 24, 64) is the network of an
  address, with the bits for IPv4 and for IPv6.

  SQL reads the files of these tables and nothing else. It opens no other file
  and no connection, and writes nothing. It takes at most half of the memory
  that is available.

  Needs DuckDB: pip install 'tcptui[query]'.

OPTIONS
  --list              questions that have a name, with their parameters and
                      defaults; with --jsonl also their SQL
  --csv               comma-separated values, with a header line
  --spreadsheet-safe  with --csv, for a spreadsheet: cells that it would treat
                      as a formula begin with an apostrophe
  --jsonl             one JSON object for each row
                      In text, long cells are cut; CSV and JSON have them whole.

EXAMPLES
  tcptui query scan worst-servers
  tcptui query scan first-seen finding=zero-window
  tcptui query scan "SELECT id, count(*) FROM findings GROUP BY id" --csv

EXIT STATUS
  0 done, even without rows; 1 DIR cannot be read, or there is too little
  memory; 2 wrong usage or a mistake in the SQL
""",
    "cli.error.query-where": "query: name the folder of a scan",
    "cli.error.query-what": "query: name a question (tcptui query --list) or write SQL",
    "cli.error.query-name": "there is no question {name}: tcptui query --list",
    "cli.error.query-name-near": "there is no question {name}; did you mean {near}?",
    "cli.error.query-parameter": "{word}: {question} takes KEY=VALUE, and KEY is one of {known}",
    "cli.error.query-no-parameters": "{word}: {question} takes no parameters",
    "cli.error.query-quotes": "query: put the whole SQL in quotes; {word} is outside them",
    "cli.error.query-duckdb": "query needs DuckDB, which is not installed: pip install 'tcptui[query]'",
}
