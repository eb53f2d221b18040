"""Telegram's words stop at this folder: updates become arrivals here, and lines become messages."""

import os

# The library reads this once, on import: waits then come as timedeltas, and nothing is deprecated.
os.environ.setdefault("PTB_TIMEDELTA", "true")
