"""The outside as our ports see it: mail, sources, accounting; bytes in, domain values out."""
