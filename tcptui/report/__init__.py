"""Results without the screen: text, Markdown, JSON."""
