"""Fallback: Zalo, then a text message, for what is worth it and no push has brought."""
