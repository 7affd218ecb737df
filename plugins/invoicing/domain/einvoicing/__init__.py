"""Einvoicing: the structured invoice (EN 16931), apart from the syntax it is written in."""
