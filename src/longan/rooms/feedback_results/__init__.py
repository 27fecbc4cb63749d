"""How reports to 1022 are dealt with, in figures: by unit for officials, by category for everybody."""
