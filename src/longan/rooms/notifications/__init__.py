"""Notifications: what a person is told, in the inbox and on their phones."""
