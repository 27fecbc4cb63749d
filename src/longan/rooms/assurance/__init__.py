"""Confirmed identity: numbers and cards, checked for form, confirmed by a provider or handed to the officials."""
