"""The units that handle reports to 1022 and the rules that route reports to them, kept by officials."""
