"""What everything stands on: refusals, bounded fields, time and its zones, numbers and words in one spelling."""
