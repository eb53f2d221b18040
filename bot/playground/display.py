"""What the page shows: the messages, and beside them who has which phone, what time it is, how the bot is."""

import json

from bot.playground.bubbles import bubble
from bot.playground.cast import BOT, COUPLES_ZONE, PEOPLE, Person
from bot.playground.director import Director
from bot.playground.markup import Json
from bot.playground.records import Group
from bot.playground.stage import Stage


class Display:
    """The view of one stage."""

    def __init__(self, stage: Stage, director: Director) -> None:
        """Show this stage, and the script that is played on it."""
        self._stage = stage
        self._director = director
        self._exchange = stage.exchange
        self._world = stage.exchange.world

    def scene(self) -> Json:
        """Return all that is no message. Nothing in it changes only because time passes."""
        return {
            "people": [self._person(self._world.people[one.id]) for one in PEOPLE],
            "bot": self._bot(),
            "clock": {"ahead": self._exchange.clock.ahead, "zone": COUPLES_ZONE, "next": self._next()},
            "ahead": self._reported("ahead"),
            "stands": self._reported("stands"),
            "telegram": self.weather(),
            "calls": self._exchange.tally.total(),
            "scripts": self._director.repertoire(),
            "playing": self._director.playing,
        }

    def bubbles(self, since: int | None) -> list[Json]:
        """Return the messages of the phones that changed after a revision, or all of them."""
        shown = self._chats()
        if since is None:
            found = [one for chat in shown for one in self._world.talk(chat)]
        else:
            found = [one for one in self._world.changed_since(since) if one.chat in shown]
        return [bubble(self._world, one) for one in found]

    def weather(self) -> str:
        """Return how Telegram is: fine, slow, busy, gone, or otherwise in trouble."""
        if self._exchange.faults.network_gone is not None:
            return "gone"
        kinds = {fault["kind"] for fault in self._exchange.faults.listed(self._exchange.clock.now())}
        names = {"slow": "slow", "429": "busy"}
        return next((names.get(kind, "in trouble") for kind in sorted(kinds)), "fine")

    # -- Parts ----------------------------------------------------------------

    def _chats(self) -> set[int]:
        rooms = [self._world.room(person.room) for person in PEOPLE]
        groups = {chat for room in rooms if room is not None for chat in (room.id, room.moved_from) if chat}
        return groups | {person.id for person in PEOPLE}

    def _person(self, person: Person) -> Json:
        lane = self._world.lanes[person.id]
        return {
            "who": person.name,
            "id": person.id,
            "name": person.first_name,
            "zone": person.zone,
            "private": {
                "chats": [person.id],
                "started": lane.started and not lane.blocked,
                "commands": self._commands(person, "all_private_chats"),
                "about": self._about(person),
            },
            "room": self._room(person, self._world.room(person.room)),
        }

    def _room(self, person: Person, group: Group | None) -> Json | None:
        if group is None:
            return None
        inside = person.id in group.members
        return {
            "title": group.title,
            "chats": [chat for chat in (group.moved_from, group.id) if chat] if inside else [],
            "members": len(group.members) + group.has_bot,
            "has_bot": group.has_bot,
            "commands": self._commands(person, "all_group_chats") if group.has_bot else [],
        }

    def _commands(self, person: Person, scope: str) -> list[Json]:
        """Return the menu behind "/": the nearest scope wins, then the person's language."""
        languages = [language for language in (person.language_code, "") if language is not None]
        for kind in (scope, "default"):
            for language in languages:
                key = json.dumps([{"type": kind}, language], sort_keys=True)
                if menu := self._world.profile.commands.get(key):
                    return menu
        return []

    def _about(self, person: Person) -> str:
        texts = self._world.profile.descriptions
        return texts.get(person.language_code or "", texts.get("", ""))

    def _bot(self) -> Json:
        child = self._stage.child
        return {
            "name": BOT.first_name,
            "username": BOT.username,
            "up": self._stage.up,
            "ready": child is not None and child.ready,
            "verdict": child.verdict if child is not None else "There is no bot.",
        }

    def _next(self) -> str | None:
        upcoming = self._stage.upcoming if self._stage.up else None
        return upcoming.isoformat() if upcoming is not None else None

    def _reported(self, part: str) -> list[Json]:
        """Return what the bot told of the couple of Home: what is ahead, or where the rituals stand."""
        room = self._world.room(PEOPLE[0].room)
        homes = {room.id, room.moved_from} if room is not None else set()
        told = self._stage.report.get(part, []) if self._stage.up else []
        return [
            {name: value for name, value in one.items() if name != "chat"}
            for one in told
            if one["chat"] in homes
        ]
