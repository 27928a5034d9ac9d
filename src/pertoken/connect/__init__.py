"""The world's formats and ours: price lists that others keep, read into this house's records."""
