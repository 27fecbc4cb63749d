"""Offices of agencies, where they are, and the kiosks at their counters."""
