"""The words offered by name, and their buttons: feelings, needs, and small acts that answer a need. Pure.

A feeling says what is in me, never what the other did: "lonely" is here, "ignored" is not. A need follows
"I need ..." and asks for nothing that only one person could give. An act is for the other, small enough for
tomorrow, and tied to a moment, because a moment reminds better than a resolution does.
"""

from collections.abc import Iterable, Mapping

from bot.ritual import Button, Words

FEELINGS: dict[str, tuple[str, ...]] = {
    "Warm": ("calm", "content", "tender", "grateful"),
    "Bright": ("glad", "hopeful", "playful", "proud"),
    "Heavy": ("sad", "lonely", "sorry", "ashamed"),
    "Uneasy": ("worried", "afraid", "unsure", "stressed"),
    "Sore": ("hurt", "irritated", "angry", "jealous"),
    "Worn": ("tired", "numb", "distant", "restless"),
}

NEEDS: dict[str, tuple[str, ...]] = {
    "Closeness": ("a hug", "a kind word", "affection", "time together"),
    "Rest": ("sleep", "time alone", "a quiet evening", "a slow morning"),
    "Support": ("help at home", "a shared plan", "less to carry", "encouragement"),
    "Understanding": ("to be heard", "a calm talk", "patience", "appreciation"),
    "Safety": ("reassurance", "trust", "gentleness", "a fresh start"),
    "Joy": ("laughter", "music", "fresh air", "an evening out"),
}

SUGGESTIONS: dict[str, tuple[str, str]] = {
    "a hug": ("When I get up, I'll hug you first.", "When we meet, I'll hold you longer."),
    "a kind word": ("When I wake, I'll write you a note.", "When we part, I'll say what I love."),
    "affection": ("When we walk, I'll take your hand.", "When we sit, I'll stroke your hair."),
    "time together": ("When it's eight, I'll sit with you.", "When my work is done, I'll find you."),
    "sleep": ("When it's ten, I'll dim the lights.", "When you lie in, I'll keep it quiet."),
    "time alone": ("When I'm in, I'll take the chores.", "When the door is shut, I'll wait."),
    "a quiet evening": ("When we've eaten, I'll clear up.", "When it's eight, I'll mute my phone."),
    "a slow morning": ("When I wake up, I'll let you sleep.", "When you wake, I'll bring breakfast."),
    "help at home": ("When I get home, I'll start dinner.", "When I see dishes, I'll wash them."),
    "a shared plan": ("When it's noon, I'll send two ideas.", "When we sit down, I'll take notes."),
    "less to carry": ("When you name a task, I'll take it.", "When I go out, I'll do your errand."),
    "encouragement": ("When your day starts, I'll text you.", "When you doubt, I'll say what I see."),
    "to be heard": ("When you speak, I'll only listen.", "When you stop, I'll ask for more."),
    "a calm talk": ("When it's seven, I'll make us tea.", "When we talk, I'll speak slowly."),
    "patience": ("When you need time, I'll wait.", "When I feel rushed, I'll breathe."),
    "appreciation": ("When we eat, I'll thank you aloud.", "When I see your work, I'll say so."),
    "reassurance": ("When it's noon, I'll say I love you.", "When you ask, I'll say it again."),
    "trust": ("When my plans change, I'll tell you.", "When I name a time, I'll keep it."),
    "gentleness": ("When I come in, I'll speak softly.", "When it's late, I'll rub your back."),
    "a fresh start": ("When we wake, I'll say good morning.", "When we meet, I'll smile first."),
    "laughter": ("When I hear a joke, I'll send it.", "When we eat, I'll tell a silly tale."),
    "music": ("When we cook, I'll play your song.", "When I hear our song, I'll share it."),
    "fresh air": ("When it's light, I'll walk with you.", "When it's dry, I'll propose a walk."),
    "an evening out": ("When it's noon, I'll pick a place.", "When I'm done, I'll book a table."),
}

# For two who live apart: nothing here needs one house, one hour or one table.
FROM_AFAR: tuple[str, ...] = (
    "When I wake, I'll send you my voice.",
    "When I'm home, I'll call and listen.",
    "When it's dark here, I'll write you.",
)
# For a need in own words.
ANY_NEED: tuple[str, str] = ("When I make tea, I'll bring you one.", "When we meet, I'll ask how it went.")


def suggested(need: Words | None, *, apart: bool = False) -> tuple[str, ...]:
    """Return the acts that answer a need; one in own words, or from afar, gets those that fit most."""
    if apart:
        return FROM_AFAR
    return SUGGESTIONS.get(need.text.casefold(), ANY_NEED) if need else ANY_NEED


def picker(question: str, words: Iterable[str]) -> list[Button]:
    """Return a button for each word, as the answer to a question."""
    return [Button(word, question, word) for word in words]


def families(table: Mapping[str, tuple[str, ...]]) -> list[Button]:
    """Return a button for each family of words."""
    return [Button(family, "family", family) for family in table]


def flat(table: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the words of all families."""
    return [word for family in table.values() for word in family]
