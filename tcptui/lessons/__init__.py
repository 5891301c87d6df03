"""The bundled cases: loaded, listed, and compared with what the engine says."""
