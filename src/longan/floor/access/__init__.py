"""Who calls and as whom: sessions and their tokens, proofs of a device's key, officials, members of employers."""
