"""SQL of the room, each statement above the function that runs it."""
