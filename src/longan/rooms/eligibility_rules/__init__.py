"""Officials write the rules of social housing anew: drafted by one, compared with what holds, published by another."""
