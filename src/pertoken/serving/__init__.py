"""Serving: tokens into machine-hours and latency, for models that one runs on GPUs of one's own."""
