"""Open places on a map: how many there are where."""
