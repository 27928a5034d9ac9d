"""What was consumed: the names of a log's columns, their decomposition into leaves, the question asked of it."""
