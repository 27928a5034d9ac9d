"""pertoken."""
