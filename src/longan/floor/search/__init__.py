"""Vietnamese as people type it: folded, asked for, found, mistyped, explained; and searches that are saved."""
