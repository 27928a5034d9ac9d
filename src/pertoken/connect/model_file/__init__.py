"""Parts of a model file, each read by a module of its own."""
