"""One open capture: from its sources to columns and findings, in the background."""
