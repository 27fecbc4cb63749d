"""What was said of offices: to everybody by the month, to officials of their own."""
