"""The main screen: connections, timeline, headers, bytes, explanation."""
