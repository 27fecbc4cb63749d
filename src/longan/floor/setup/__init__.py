"""What an operator sets up: settings and keys, and what is sealed with these."""
