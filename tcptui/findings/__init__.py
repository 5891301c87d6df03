"""From facts to findings: which rules exist, what each needs, what they say of a connection."""
