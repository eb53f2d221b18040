"""What a script asked for, read with a sentence for every mistake."""

import re
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request

from bot.playground.markup import Json, is_whole
from bot.playground.people import Impossible

SPAN = re.compile(
    r"(?P<back>-)?P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


class Asked:
    """The fields of one call of the control API."""

    def __init__(self, given: Json) -> None:
        """Take the fields."""
        self.given = given

    @classmethod
    async def body(cls, request: Request) -> "Asked":
        """Read what was posted."""
        try:
            body: Any = await request.json()
        except ValueError as error:
            raise Impossible("The body must be JSON.") from error
        if not isinstance(body, dict):
            raise Impossible("The body must be a JSON object.")
        return cls(body)

    @classmethod
    def query(cls, request: Request) -> "Asked":
        """Read what stands in the address; true and false are words there."""
        flags = {"true": True, "false": False}
        return cls({name: flags.get(value, value) for name, value in request.query_params.items()})

    def words(self, name: str, *, raw: bool = False) -> str:
        """Return a string that must be there; a number is one too, for a kind like 429."""
        value = self.given.get(name)
        whole = isinstance(value, str | int) and not isinstance(value, bool) and (raw or is_whole(str(value)))
        if not whole:
            raise Impossible(f"The field {name!r} must be a string of whole characters.")
        return str(value)

    def words_or_none(self, name: str) -> str | None:
        """Return a string that may be there."""
        return None if self.given.get(name) is None else self.words(name)

    def list(self, name: str, default: tuple[str, ...]) -> list[str]:
        """Return a list of strings that may be there."""
        value = self.given.get(name)
        if value is None:
            return list(default)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Impossible(f"The field {name!r} must be a list of strings.")
        return value

    def number(self, name: str) -> int | None:
        """Return a number that may be there."""
        value = self.given.get(name)
        try:
            return None if value is None else int(value)
        except (TypeError, ValueError) as error:
            raise Impossible(f"The field {name!r} must be a whole number.") from error

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Return a yes or no."""
        value = self.given.get(name, default)
        if not isinstance(value, bool):
            raise Impossible(f"The field {name!r} must be true or false.")
        return value

    @property
    def waits(self) -> bool:
        """Whether the call answers only when everything is quiet, as it does unless told otherwise."""
        return self.flag("wait", default=True)

    def span(self, name: str, *, back: bool = False) -> timedelta:
        """Return a span of time."""
        found = SPAN.fullmatch(self.words(name))
        if found is None or (found["back"] and not back):
            which = "and may lead back" if back else "and leads forward"
            raise Impossible(f"A span is written like PT1H, PT90M or P1DT12H, {which}.")
        units = {
            unit: float(number) for unit, number in found.groupdict().items() if number not in {None, "-"}
        }
        try:
            return timedelta(**units) * (-1 if found["back"] else 1)
        except OverflowError as error:
            raise Impossible("That span is too long.") from error

    def moment(self, name: str) -> datetime:
        """Return a moment."""
        try:
            moment = datetime.fromisoformat(self.words(name))
        except ValueError as error:
            raise Impossible("A moment is written like 2027-03-28T21:00:00+02:00.") from error
        if moment.tzinfo is None:
            raise Impossible("A moment needs its distance from UTC, like +01:00 or Z.")
        return moment
