"""Pricing: how hours, parts of a period, tiers, outlays and instalments become amounts."""
