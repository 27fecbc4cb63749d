"""The way to a phone: which phones a person has, and pushes that wait, go out and are settled."""
