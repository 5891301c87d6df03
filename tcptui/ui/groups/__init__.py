"""The screen of grouped connections: by server, port, host, pair of hosts or finding."""
