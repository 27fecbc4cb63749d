"""Search for a place to live: by words, place, way to work, rent and true cost."""
