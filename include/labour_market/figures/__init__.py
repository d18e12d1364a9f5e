"""Questions about figures: where one comes from, how it was known, what was reported of it."""
