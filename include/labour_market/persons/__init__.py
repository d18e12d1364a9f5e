"""One person under several pseudonyms: proposed from name and birth, decided by a rule or a steward, never merged silently."""
