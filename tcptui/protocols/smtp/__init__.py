"""SMTP (RFC 5321): commands, replies and messages; AUTH (RFC 4954), BDAT (RFC 3030) and STARTTLS (RFC 3207)."""
