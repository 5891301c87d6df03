"""Reports: what a session knows as text, Markdown, JSON."""
