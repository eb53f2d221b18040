"""What scripts let people do: with their phones, with their rooms, and in numbers."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from bot.playground import media
from bot.playground.ascii_json import AsciiJson
from bot.playground.asked import Asked
from bot.playground.cast import Person
from bot.playground.notes import Note, halves
from bot.playground.people import Impossible
from bot.playground.places import Places
from bot.playground.records import Group, Message, Tap
from bot.playground.rooms import NOTICES
from bot.playground.stage import Stage
from bot.playground.updates import A_TAP

ROLES = {
    "joins": "member",
    "member": "member",
    "admin": "administrator",
    "leaves": "left",
    "kicked": "kicked",
}
OF_A_TOPIC = ("begins", "closes", "reopens", "deletes")
ALBUM = "album"

Act = Callable[[Request], Awaitable[Response]]


class Acting:
    """The hands of scripts."""

    def __init__(self, stage: Stage, places: Places) -> None:
        """Act on this stage."""
        self._stage = stage
        self._places = places
        self._people = stage.exchange.people
        self._hands = stage.exchange.hands
        self._rooms = stage.exchange.rooms
        self._crowd = stage.exchange.crowd

    def acts(self) -> dict[str, Act]:
        """Return what can be posted."""
        phones: dict[str, Act] = {
            "say": self.say,
            "send": self.send,
            "edit": self.edit,
            "delete": self.delete,
        }
        rooms: dict[str, Act] = {"member": self.member, "room": self.room, "topic": self.topic}
        return phones | rooms | {"tap": self.tap, "person": self.person, "many": self.many}

    # -- Phones ---------------------------------------------------------------

    async def say(self, request: Request) -> Response:
        """Say something; a text that is too long for one message goes in parts when that is asked for."""
        asked = await Asked.body(request)
        person, chat = self._places.of(asked)
        raw = asked.flag("raw", default=False)
        text = asked.words("text", raw=raw)
        parts = halves(text) if asked.flag("split", default=False) else [text]
        async with self._stage.act(wait=asked.waits):
            ids = [self._hands.say(person, chat, self._note(asked, part)) for part in parts]
            at = self._stage.exchange.clock.now()
        return AsciiJson({"id": ids[0], "ids": ids, "at": at.isoformat()})

    async def send(self, request: Request) -> Response:
        """Send what is no text."""
        asked = await Asked.body(request)
        person, chat = self._places.of(asked)
        kind, caption = asked.words("kind"), asked.words_or_none("caption") or ""
        if kind not in {ALBUM, *media.KINDS}:
            raise Impossible(f"One can send one of {', '.join(sorted({ALBUM, *media.KINDS}))}.")
        async with self._stage.act(wait=asked.waits):
            if kind == ALBUM:
                ids = self._hands.say_album(person, chat, self._note(asked, caption, "photo"))
            else:
                ids = [self._hands.say(person, chat, self._note(asked, caption, kind))]
        return AsciiJson({"id": ids[0], "ids": ids})

    def _note(self, asked: Asked, text: str, kind: str | None = None) -> Note:
        return Note(
            text,
            kind,
            reply_to=asked.number("reply_to"),
            old=asked.flag("old", default=False),
            gone=asked.flag("gone", default=False),
            topic=asked.number("topic"),
            speaks_as=asked.words_or_none("as"),
            forwarded=asked.words_or_none("forwarded"),
            via_bot=asked.flag("via_bot", default=False),
            raw=asked.flag("raw", default=False),
        )

    async def edit(self, request: Request) -> Response:
        """Change what one said."""
        asked = await Asked.body(request)
        person, chat = self._places.of(asked)
        raw = asked.flag("raw", default=False)
        text = asked.words("text", raw=raw)
        async with self._stage.act(wait=asked.waits):
            message = self._seen(asked, person, chat)
            self._hands.edit(person, chat, message, text, raw=raw)
        return AsciiJson({"id": message.id})

    async def delete(self, request: Request) -> Response:
        """Take a message away for everybody."""
        asked = await Asked.body(request)
        person, chat = self._places.of(asked)
        async with self._stage.act(wait=asked.waits):
            self._hands.delete(person, chat, self._seen(asked, person, chat))
        return AsciiJson({})

    async def tap(self, request: Request) -> Response:
        """Tap a button, and return what the phone shows for it."""
        asked = await Asked.body(request)
        person, chat = self._places.of(asked)
        async with self._stage.act(wait=asked.waits):
            message = self._meant(asked, person, chat)
            if "data" not in asked.given:
                tap: Tap | str = self._hands.tap(person, chat, asked.words("label"), message)
            elif message is None:
                raise Impossible("A tap with data needs the id of a message.")
            else:
                tap = self._hands.forge(person, message, asked.words("data"))
        if isinstance(tap, str):
            return AsciiJson({"alert": None, "url": tap})
        listens = asked.number("listen")
        if listens is not None:
            await self._stage.exchange.until(lambda: tap.answered, min(listens, A_TAP))
        how = {"dialog": tap.dialog} if listens is not None else {}
        return AsciiJson({"alert": tap.text, "url": tap.url} | how)

    def _meant(self, asked: Asked, person: Person, chat: int) -> Message | None:
        """Return the message that a tap is about, which the person need not see when it is forged or gone."""
        number = asked.number("message")
        if number is None:
            return None
        if asked.flag("forged", default=False):
            return self._hands.anywhere(number)
        if asked.flag("gone", default=False):
            return self._hands.lost(chat, number)
        return self._seen(asked, person, chat)

    def _seen(self, asked: Asked, person: Person, chat: int) -> Message:
        old = asked.flag("old", default=False)
        return self._people.found(person, chat, _number(asked, "message"), old=old)

    async def person(self, request: Request) -> Response:
        """Let somebody's phone name another language, or somebody be called otherwise."""
        asked = await Asked.body(request)
        async with self._stage.act(wait=asked.waits):
            if "language" in asked.given:
                self._people.speak(self._places.person(asked), asked.words_or_none("language"))
            if "first_name" in asked.given:
                self._people.rename(self._places.person(asked), asked.words("first_name"))
        return AsciiJson({})

    # -- Rooms ----------------------------------------------------------------

    async def member(self, request: Request) -> Response:
        """Let somebody come or go, be an admin of their room, or block the bot."""
        asked = await Asked.body(request)
        person, by = self._places.person(asked), self._places.person_or_none(asked, "by")
        async with self._stage.act(wait=asked.waits):
            if "blocks" in asked.given:
                self._hands.block(person, blocks=asked.flag("blocks"))
                return AsciiJson({})
            group = self._places.group(asked, person)
            if "admin" in asked.given:
                by = by or self._stage.exchange.world.people[group.maker]
                self._rooms.make_admin(person, group, by, admin=asked.flag("admin"))
            elif asked.flag("joins"):
                self._rooms.come(person, group, by)
            else:
                self._rooms.go(person, group, by)
        return AsciiJson({})

    async def room(self, request: Request) -> Response:
        """Change a room: what the bot is in it, or what kind of chat it is."""
        asked = await Asked.body(request)
        person = self._places.person(asked)
        async with self._stage.act(wait=asked.waits):
            group = self._change(asked, person, self._places.group(asked, person))
        return AsciiJson({"chat": group.id})

    def _change(self, asked: Asked, person: Person, group: Group) -> Group:
        if asked.flag("migrates", default=False):
            return self._rooms.migrate(person, group, asked.list("notices", NOTICES[:2]))
        if "notices" in asked.given:
            self._rooms.tell_of_migration(person, group, asked.list("notices", ()))
        elif "forum" in asked.given:
            self._rooms.become_forum(group, forum=asked.flag("forum"))
        elif "muted" in asked.given:
            self._rooms.mute(person, group, muted=asked.flag("muted"))
        elif "auto_delete" in asked.given:
            chat = person.id if asked.given.get("where") == "private" else group.id
            self._rooms.let_vanish(person, chat, _number(asked, "auto_delete"))
        elif asked.flag("other_bot_writes", default=False):
            self._rooms.another_bot_writes(group)
        else:
            self._place_bot(asked, person, group)
        return group

    def _place_bot(self, asked: Asked, person: Person, group: Group) -> None:
        role = asked.words("bot") if "bot" in asked.given else "joins"
        if role == "restricted":
            may = {
                "is_member": asked.flag("is_member", default=True),
                "can_send_messages": asked.flag("can_send", default=False),
            }
            self._rooms.restrict_bot(person, group, may)
        elif role in ROLES:
            self._rooms.bring_bot(person, group, ROLES[role])
        else:
            raise Impossible(f"In a room, the bot can be one of {', '.join([*ROLES, 'restricted'])}.")

    async def topic(self, request: Request) -> Response:
        """Begin, close, open or delete a topic of a forum."""
        asked = await Asked.body(request)
        person = self._places.person(asked)
        group, change = self._places.group(asked, person), next(
            (one for one in OF_A_TOPIC if one in asked.given), None
        )  # fmt: skip
        if change is None:
            raise Impossible(f"With a topic one of {', '.join(OF_A_TOPIC)} can happen.")
        async with self._stage.act(wait=asked.waits):
            if change == "begins":
                number = self._rooms.begin_topic(person, group, asked.words(change))
            else:
                number = _number(asked, change)
                self._rooms.change_topic(person, group, number, change)
        return AsciiJson({"topic": number})

    # -- In numbers -----------------------------------------------------------

    async def many(self, request: Request) -> Response:
        """Let many strangers press Start, or many couples bring the bot home."""
        asked = await Asked.body(request)
        async with self._stage.act(wait=asked.waits):
            if "strangers" in asked.given:
                return AsciiJson({"strangers": self._crowd.strangers(_number(asked, "strangers"))})
            return AsciiJson({"couples": self._crowd.couples(_number(asked, "couples"))})


def _number(asked: Asked, name: str) -> int:
    number = asked.number(name)
    if number is None:
        raise Impossible(f"The field {name!r} must be a whole number.")
    return number
