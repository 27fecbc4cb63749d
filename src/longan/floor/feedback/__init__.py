"""Reports to 1022: categories, places, units, states and terms; and the same reports by Open311."""
