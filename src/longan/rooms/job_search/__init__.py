"""Job search: what is open, found by words, place and pay."""
