"""Plays a script on the stage, one step after the other, at a pace that people can follow or at once."""

import asyncio
import contextlib
from datetime import timedelta

from bot.playground.cast import BOT, Person
from bot.playground.coming import coming
from bot.playground.markup import Json
from bot.playground.notes import Note
from bot.playground.people import Impossible
from bot.playground.places import Places
from bot.playground.records import Message, Tap
from bot.playground.script import Act, Passing, Script, Step, Telling, script, titles
from bot.playground.stage import Stage

A_BREATH = timedelta(seconds=3)  # after which the bot may write to a chat again, and nobody waits for that
LONGEST_ANSWER = 5.0  # real seconds for the answer to a tap


class Director:
    """Who plays scripts on one stage; one at a time."""

    def __init__(self, stage: Stage, places: Places) -> None:
        """Play on this stage."""
        self._stage = stage
        self._places = places
        self._exchange = stage.exchange
        self._task: asyncio.Task[None] | None = None
        self._titles = titles()
        self.playing: Json | None = None  # how far it is, for those who look on; it stays when it has ended

    def repertoire(self) -> list[Json]:
        """Return what can be played."""
        return [{"name": name, "title": title} for name, title in self._titles.items()]

    def begin(self, name: str, pause: float) -> None:
        """Begin to play a script, with a pause in seconds after every step."""
        if name not in self._titles:
            raise Impossible(f"There is no script {name!r}: there are {', '.join(self._titles)}.", 404)
        if self._task is not None and not self._task.done():
            raise Impossible("A script is being played already.")
        try:
            chosen = script(name)
        except ValueError as error:
            raise Impossible(str(error)) from error
        self.playing = {"title": chosen.title, "step": 0, "of": len(chosen.steps), "ended": None}
        self._task = asyncio.create_task(self._play(chosen, pause))

    async def stop(self) -> None:
        """Stop after what is under way; a script that has ended stays so."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _play(self, chosen: Script, pause: float) -> None:
        number, ended = 0, "It was stopped."
        try:
            for number, step in enumerate(chosen.steps, 1):
                self._tell(step=number, answer=None, **_told(step))
                await self._take(step)
                await asyncio.sleep(pause)
            ended = "It has ended."
        except Impossible as error:
            ended = f"It ended at step {number}: {error}"
        finally:
            self._tell(ended=ended)

    def _tell(self, **news: object) -> None:
        self.playing = (self.playing or {}) | news
        self._exchange.ring()

    async def _take(self, step: Step) -> None:
        match step:
            case Act():
                await self._act(step)
            case Passing(line="next"):
                await self._stage.to_next()
            case Passing(span=timedelta() as span):
                await self._stage.by(span)
            case Passing(line=when):
                moment = coming(when, self._exchange.clock.now())
                if moment is None:
                    raise Impossible(f"{when!r} is no time that a script can name.")
                await self._stage.to(moment)

    async def _act(self, act: Act) -> None:
        person, chat = self._places.whose(act.who, act.where)
        if act.does != "taps":
            async with self._stage.act(wait=False):
                reply = self._newest(person, chat).id if act.does == "answers" else None
                self._exchange.hands.say(person, chat, Note(act.words, reply_to=reply))
        elif not await self._tap(act, person, chat):
            return
        await self._stage.by(A_BREATH)

    async def _tap(self, act: Act, person: Person, chat: int) -> bool:
        """Tap, and tell what the phone says to it; tell whether there was such a button."""
        async with self._stage.act(wait=False):
            try:
                tap = self._exchange.hands.tap(person, chat, act.words, None)
            except Impossible:
                if act.if_asked:
                    return False
                raise
        if isinstance(tap, Tap):
            await self._exchange.until(lambda: tap.answered, LONGEST_ANSWER)
            self._tell(answer=tap.text)
        return True

    def _newest(self, person: Person, chat: int) -> Message:
        """Return the newest message of the bot that somebody sees."""
        for message in reversed(self._exchange.people.seen(person, chat)):
            if message.sender == BOT.id and message.service is None:
                return message
        raise Impossible(f"{person.first_name} sees nothing there to answer.")


def _told(step: Step) -> Json:
    """Return what those who look on are told of a step: a telling stays until the next one."""
    match step:
        case Telling(line=line):
            return {"tells": line, "does": "", "who": None}
        case Act(line=line, who=who, where=where):
            return {"does": line, "who": who, "where": where}
        case Passing(line=line):
            return {"does": line, "who": None}
