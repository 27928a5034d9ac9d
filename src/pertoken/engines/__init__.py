"""The question, put to tables too big for Python."""
