"""Signing in with a phone that Firebase has verified."""
