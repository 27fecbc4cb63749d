"""Sessions and their tokens: going on, seeing and ending them, the public keys."""
