"""The question put to engines elsewhere through Ibis; see `pertoken.engines.remote.fold`."""
