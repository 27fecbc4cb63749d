"""What living somewhere costs in a month: electricity and water by law, the way to work, what is left of a pay."""
