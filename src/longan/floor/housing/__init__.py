"""Places to live: what is written of them, which are shown, where they lie and what filters mean."""
