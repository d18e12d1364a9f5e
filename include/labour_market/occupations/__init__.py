"""Occupations: reading the codes that senders give, and coding the titles that people write (VSCO 2020)."""
