"""Measurements: what the whole costs on this machine; printed, never asserted."""
