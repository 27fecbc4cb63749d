"""Consents: purpose by purpose, given and withdrawn."""
