"""What people are told: notices and their words, who wants them, texts, alerts, and how fast pushes go out."""
