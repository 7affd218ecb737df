"""Operators: one file per stage; each calls one use case and passes on nothing but ids."""
