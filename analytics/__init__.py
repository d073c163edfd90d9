"""Penetration, coverage and growth of a digital cluster, from the official company register and a members' roster."""

__version__ = "0.1.0"
