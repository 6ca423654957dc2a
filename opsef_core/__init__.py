"""opsef-core (the face follows)."""
