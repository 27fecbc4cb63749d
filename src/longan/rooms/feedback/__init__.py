"""What citizens report to the province (1022), and how they follow it."""
