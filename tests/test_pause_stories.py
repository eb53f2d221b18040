"""Pauses through the stand-in: however one is called and whatever happens meanwhile, both are brought back.

Nothing here depends on the day it is told: every story begins at noon on a Monday.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine import FOR_THE_TWO
from bot.ritual import LANE
