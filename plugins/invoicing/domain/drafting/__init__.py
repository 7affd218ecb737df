"""Drafting: what an agreement and its obligations come to, line by line."""
