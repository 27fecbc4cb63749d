"""Identity: signing in, sessions, tokens."""
