"""Passkeys: registering, signing in, listing and removing them."""
