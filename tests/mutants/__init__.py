"""Mutants: small wrong changes of the code that matters. A test suite that notices nothing of one has a gap."""
