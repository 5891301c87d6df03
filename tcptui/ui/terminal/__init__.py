"""The real terminal: drawing within its rate, leaving it as it was."""
