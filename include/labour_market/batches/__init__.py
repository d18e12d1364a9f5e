"""Batches: the ledger and its moves, the landing store of their bytes, their periods, and the errors of a delivery."""
