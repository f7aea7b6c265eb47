"""One module a format; each takes a `Document` and returns bytes."""
