"""Wards in SQL: what a caller names, in any list or in words, as codes of the list in force now."""
