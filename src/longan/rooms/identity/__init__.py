"""Identity: signing in by a code, and the text messages that carry it."""
