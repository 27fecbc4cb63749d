"""The dated data of the state: units, procedures, abbreviations."""
