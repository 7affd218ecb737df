"""Deciding: what each billing model makes of an event, once its rule and agreement are known."""
