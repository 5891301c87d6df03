"""The screen of graphs of a connection."""
