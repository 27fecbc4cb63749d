"""What landlord and tenant declare when somebody moves in, as a checklist."""
