"""Telegram's words stop at this folder: updates become arrivals here, and lines become messages."""
