"""How a text sets out: as an accusation, as a promise, or as what was heard. Pure, one table per language.

Only the beginning is read: it says what a sentence is meant as, and whoever reads on starts to referee. So no
text is both a promise and a report. Doubt means False: a rule only makes an offer or sorts a line, and to say
nothing does less harm than to guess wrong. A language without a row has no rule.

To add a language, give it a row in each table. An opening is a regular expression in lower case with straight
apostrophes; a blank in it stands for any run of blanks, and its last word is a whole word.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.ritual import Option, Preference, Words

LANGUAGES = {"en": "English"}  # by its code, and as those call it who speak it; each has its catalogue

LANGUAGE = Preference(
    "language",
    str,
    "en",
    label="Language",
    asks="Which language shall I use?",
    options=tuple(Option(name, code) for code, name in LANGUAGES.items()),
    own=True,
    at_start=len(LANGUAGES) > 1,
)


def spoken(code: str) -> str:
    """Return the language of ours that a code like "es-MX" names; empty where it is none of them."""
    language = re.split("[-_]", code.casefold())[0]
    return language if language in LANGUAGES else ""


def openings(*phrases: str) -> re.Pattern[str]:
    """Return one pattern for all ways to begin."""
    return re.compile(f"(?:{'|'.join(phrases)})(?!\\w)".replace(" ", r"\s+"))


Table = Mapping[str, re.Pattern[str]]

# Words that anything may begin with, passed over before an opening is looked for.
LEADING: Table = {"en": re.compile(r"(?:(?:well|but|and|so|ok|okay|yes|yeah|honestly|oh)\W+)+")}

ACCUSATIONS: Table = {
    "en": openings(
        "(you|u) (just |simply |really |literally )?(never|always|constantly|only ever)",
        "(you|u) (don'?t|won'?t|can'?t|didn'?t|haven'?t) (ever|even|care)",
        "(you'?re|you are|your|ur) (just |simply )?(never|always|constantly)",
        "you( keep| are|'re|'ve| have)? (make|made|making) (me|us)",
        "you (ruin|ruined|let me down|couldn'?t care)",
        "(why|how come) (do|don'?t|are|aren'?t|can'?t|won'?t|did|didn'?t|must|have) (you|u)"
        " (always|never|ever|even|constantly|keep|have to)",
        "(why|how come) (you|you're|you are) (always|never)",
        "((it|this|that)('?s| is| was) )?(all |only )?(your|ur) (own )?fault",
    )
}

# What sets out like an accusation and is a thanks.
THANKS: Table = {
    "en": openings(
        "you (always |still )?(make|made) (me|us) (feel |so |very |really |much |a |an |my |our |some )*"
        "(happy|glad|proud|smile|laugh|grateful|calm|strong|stronger|hopeful|better|loved|safe|seen|heard|welcome"
        "|at home|tea|coffee|cake|soup|breakfast|lunch|dinner)",
        "you never (fail|failed|cease|ceased) to",
        "you never (let me down|gave up|give up|complain|complained|judge|judged)",
        "you always (listen|listened|help|helped|are there|were there|stand by)",
        "(you'?re|you are) always (there|kind|patient|gentle|welcome|on my mind|by my side)",
    )
}

WILL = "i('ll| will| shall|'?m going to| am going to|'?m gonna| promise to| plan to)(?! never)"
MOMENT = "(when|whenever|as soon as|once|after|before|while|if|at|on|in the|tonight|tomorrow|this \\w+)"
INNER = "(feel|need|want|hope|fear|am|have|must|can'?t|cannot|won'?t|never)(?!\\w)"
DOING = f"(i'?m (?!feeling)\\w+ing|i(?!')(?! {INNER}))"

PROMISES: Table = {
    "en": openings(
        WILL,
        f"{MOMENT}(?!\\w)[^.!?\\n]*?\\W{WILL}",
        f"tomorrow( (morning|noon|afternoon|evening|night))?,? {DOING}",
    )
}

SAYING = "(that |how |so |i think |(it )?sounds like )*"
REPORTS: Table = {
    "en": openings(
        "(what )?i('?ve| have)? (just |also |really )?(heard|hear|understood|understand)",
        f"{SAYING}(you|u|he|she|they) (also |just |really |still |both |sometimes )*"
        "(feels?|felt|needs?|needed|wants?|wanted|wish|wishes|miss|misses|longs?|hopes?|would like"
        "|said|told me|sound|seem|are|is|were|was|(have|has|had)(?! (to|better)(?!\\w)))",
        f"{SAYING}(you'?re|you'?ve|you'd(?! better)|he's|she's|they're)",
        "that (you|he|she|they)",
    )
}

# What says that there is nothing to promise. The whole text is read.
REFUSALS: Table = {
    "en": re.compile(
        r"(nothing|none|no|nope|not sure)( (at all|tomorrow|tonight|from me|for now|yet|this time))?\W*"
    ),
}

# A feeling and a need in one breath: parted before the need.
BOTH_HALVES: Table = {
    "en": re.compile(
        r"(.*\bi(?:'m| feel)\b.+?)[\s,.;:-]+(?:(?:and|but|so) )?(i need\b.+)", re.DOTALL | re.IGNORECASE
    )
}

SENTENCES: Table = {"en": re.compile(r"i('m|'d)? ")}

APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u00b4`", "'"))
BEFORE_WORDS = re.compile(r"[\W_]*")  # blanks, quotation marks, dashes, emoji


def accuses(words: Words, language: str = "en") -> bool:
    """Whether an answer begins as an accusation, so that its writer may be offered "I feel, I need" instead.

    The beginning is what the other braces against. A thanks that sets out the same way ("you always make me
    laugh") is left alone: to be taken for a reproach would hurt more than the offer helps.
    """
    return _begins(ACCUSATIONS, words, language) and not _begins(THANKS, words, language)


def promises(words: Words, language: str = "en") -> bool:
    """Whether it reads as an action somebody will do: "I'll ...", or a moment first: "When ..., I will ...".

    A moment may come first because that is the form asked for: a plan tied to one is kept more often.
    "I will never" is a vow about oneself, not an act for the other.
    """
    return _begins(PROMISES, words, language)


def reports(words: Words, language: str = "en") -> bool:
    """Whether it reads as what was heard from the other: "I heard ...", "that you ...", "you need ...".

    A line back speaks of the other, to them or about them; an action speaks of oneself.
    """
    return _begins(REPORTS, words, language)


def declines(words: Words, language: str = "en") -> bool:
    """Whether it says that there is nothing: "nothing", "no", "nothing from me". No promise is made of it."""
    spoken = _spoken(language)
    return spoken in REFUSALS and bool(REFUSALS[spoken].fullmatch(_plain(words.text)))


def feeling_and_need(words: Words, language: str = "en") -> tuple[Words, Words] | None:
    """Return both halves of "I feel ..., I need ...", each as it was written; None where it is not both."""
    spoken = _spoken(language)
    text = words.text.translate(APOSTROPHES)  # as long as before, so that places agree
    halves = BOTH_HALVES[spoken].fullmatch(text) if spoken in BOTH_HALVES and not words.listed else None
    if halves is None:
        return None
    feeling, need = words.text[: halves.end(1)], words.text[halves.start(2) :]
    return replace(words, text=feeling), replace(words, text=need)


def is_sentence(words: Words, language: str = "en") -> bool:
    """Whether it is a sentence of its own, "I need ...", and not a part of one of ours."""
    spoken = _spoken(language)
    return spoken in SENTENCES and bool(SENTENCES[spoken].match(_plain(words.text)))


def _plain(text: str) -> str:
    return BEFORE_WORDS.sub("", text.translate(APOSTROPHES).casefold(), count=1)


def _spoken(language: str) -> str:
    return re.split("[-_]", language.casefold())[0]


def _begins(table: Table, said: Words, language: str) -> bool:
    spoken = _spoken(language)
    if spoken not in table or said.listed:
        return False
    words = _plain(said.text)
    if spoken in LEADING:
        words = LEADING[spoken].sub("", words, count=1) if LEADING[spoken].match(words) else words
    return bool(table[spoken].match(words))
