"""The command line: words in, results on standard output, messages on standard error, an exit code."""
