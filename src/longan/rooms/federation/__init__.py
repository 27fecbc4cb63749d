"""Other ways in: Firebase's phone sign-in and OpenID providers, and how they are linked to an account."""
