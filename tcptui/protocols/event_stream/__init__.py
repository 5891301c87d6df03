"""Server-sent events in HTTP bodies."""
