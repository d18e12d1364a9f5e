"""Each metric of bi.metric_definition counted again with pandas from core, the reference lists and ops, apart from dbt.

The recount is written from the published definition, and reads nothing that dbt makes except the reference lists. Decisions of the system
are inputs: which pseudonyms are one person (ops.person_identity), and which occupation a title or a sent code has (ops.title_coding,
ops.sent_code).
"""
