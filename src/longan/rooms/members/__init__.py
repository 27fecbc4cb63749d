"""Members: who acts for an employer, who is asked to, and who does no longer."""
