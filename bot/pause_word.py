"""A word of their own that calls a pause, besides its command. Pure."""

from bot.ritual import Line, Option, Person, Preference, Value, Words

LONGEST_WORD = 30  # characters of a word of their own, in one short line


def read_word(text: str) -> str | None:
    """Return a word of their own, as it is compared; None where it is none."""
    word = " ".join(text.casefold().strip(" /.!").split())
    return word if 0 < len(word) <= LONGEST_WORD and "\n" not in text.strip() else None


def shown_word(word: str) -> Value:
    """Return how a word of their own reads."""
    return Words(Person(0), word) if word else Line(NO_WORD)


NO_WORD = "None"
OWN_WORD = Preference(
    "pause word",
    str,
    "",
    label="Pause word",
    asks=(
        "A word of your own can call a pause: as a command, as all of a reply to me, or in our private chat. "
        "Typed between the two of you I cannot see it. Reply with the word."
    ),
    options=(Option("No word of ours", ""),),
    reads=read_word,
    misread="One short line, please. Reply with the word.",
    shows=shown_word,
)
