"""The front door: knows every room; no room knows it."""
