"""Consents, purpose by purpose, given and withdrawn; and employers that a person wants to hear nothing of."""
