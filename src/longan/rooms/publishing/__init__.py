"""The life of a posting: put before the workers, paused, renewed, closed, and over with its time."""
