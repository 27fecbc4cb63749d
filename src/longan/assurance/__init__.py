"""Confirmed identity: numbers and cards, checked for form, confirmed by a port or by an official."""
