"""What everybody sees of the reports to the province: a map of them, without who has sent them."""
