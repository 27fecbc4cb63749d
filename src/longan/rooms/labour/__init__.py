"""What the state says of work: occupations and minimum wages, and what a pay is worth by its rules."""
