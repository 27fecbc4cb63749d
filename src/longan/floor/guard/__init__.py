"""The honesty guard: what in a posting may deceive or harm; and how a posting stands and is shown after that."""
