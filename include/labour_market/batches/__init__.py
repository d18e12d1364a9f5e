"""What is kept of every delivery: its ledger row with every move, its bytes, its period, and the errors that it can have as a whole."""
