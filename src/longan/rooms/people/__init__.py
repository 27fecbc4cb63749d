"""People: what a person says of themself."""
