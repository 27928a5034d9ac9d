"""What-ifs on usage: caches, routes, batches; each is moves and additions of quantities."""
