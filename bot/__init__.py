"""Tend: small rituals of connection and repair, kept with a couple in their own chat."""
