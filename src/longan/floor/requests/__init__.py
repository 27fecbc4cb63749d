"""A request from the edge to its handler: policy, limits, the words of signatures, idempotency, cached answers."""
