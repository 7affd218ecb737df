"""Use cases: one module per stage; batches of ids in, ids out, one unit of work at a time."""
