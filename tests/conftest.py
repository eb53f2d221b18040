"""What every test may ask for by name."""

from tests.databases import (  # noqa: F401 - pytest finds fixtures by their names here
    clock,
    database,
    empty,
    kind,
    server,
    shelf,
    store,
)
from tests.tellings import pytest_generate_tests, telling  # noqa: F401 - as above
from tests.wire import wire  # noqa: F401 - as above
