"""From facts to findings, and from findings to words in English and Chinese."""
