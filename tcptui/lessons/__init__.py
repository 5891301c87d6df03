"""The bundled cases: loading, stepping, checking."""
