"""What officials see of reports to 1022: what waits for them, each with its story; who is told of its terms."""
