"""What a sentence sets out as, told by its first words."""

import pytest

from bot.feelings import ANY_NEED, NEEDS, SUGGESTIONS
from bot.ritual import Person, Words
from bot.wording import accuses, declines, feeling_and_need, is_sentence, promises, reports


def said(text: str) -> Words:
    return Words(Person(1), text)


ACTS = [act for pair in (*SUGGESTIONS.values(), ANY_NEED) for act in pair]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("You never listen", "never"),
        ("you always leave", "always"),
        ("You just never ask", "softened"),
        ("u never call", "typed short"),
        ("you don't ever ask", "not ever"),
        ("you dont even look", "no apostrophe"),
        ("You don\u2019t care", "curly apostrophe"),
        ("You made me cry", "made me"),
        ("you make me feel small", "make me feel"),
        ("you made me a fool", "not a gift"),
        ("you never make me laugh", "no thanks"),
        ("You're always late", "always late"),
        ("your always late", "misspelt"),
        ("You are never here", "never here"),
        ("why do you always shout", "a question"),
        ("Why can't you ever wait", "a question, ever"),
        ("How come you never ask", "how come"),
        ("It's your fault", "fault"),
        ("It\u2019s all your fault", "all your fault"),
        ("this is your own fault", "own fault"),
        ("your fault, again", "bare fault"),
        ("you ruined the evening", "ruined"),
        ("   you never", "leading blanks"),
        ("\u201cYou never listen\u201d", "curly quotes"),
        ("'you always'", "straight quotes"),
        ("... you never", "dots"),
        ("Well, you never ask", "a leading word"),
        ("but honestly you never ask", "two leading words"),
        ("YOU NEVER", "capitals"),
        ("you\u00a0never  ask", "blanks of another kind"),
    ],
)
def test_an_accusation_is_heard_in_its_first_words(text: str, why: str) -> None:
    assert accuses(said(text)), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("your hug", "a need"),
        ("you two", "both"),
        ("you", "one word"),
        ("young", "another word"),
        ("young, never old", "another word, then never"),
        ("your quiet", "a need"),
        ("you neverland", "a longer word"),
        ("I feel you never listen", "begins with I feel"),
        ("sad, because you never listen", "begins with the feeling"),
        ("not your fault", "a comfort"),
        ("You always make me laugh", "thanks"),
        ("you make me feel safe", "thanks"),
        ("You made me tea", "a gift"),
        ("you never fail to cheer me", "thanks"),
        ("You never let me down", "thanks"),
        ("you're always there for me", "thanks"),
        ("you always listen", "thanks"),
        ("you don't have to", "permission"),
        ("why do you ask", "a question"),
        ("", "nothing"),
        ("…", "no word"),
        ("\ud800 you", "half a character"),
    ],
)
def test_other_beginnings_are_left_alone(text: str, why: str) -> None:
    assert not accuses(said(text)), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((act, "offered by us") for act in ACTS),
        ("When I wake up, I will hold you.", "the form asked for"),
        ("I'll make tea", "short"),
        ("I\u2019ll make tea", "curly apostrophe"),
        ("i will make tea", "small letters"),
        ("I'm going to cook", "going to"),
        ("Im gonna cook", "typed short"),
        ("I promise to be home by six", "promise"),
        ("tomorrow I make tea", "a day makes it one"),
        ("Tomorrow morning I'm making tea", "a part of a day"),
        ("Tomorrow after work, I'll call", "a day and a moment"),
        ("As soon as I'm home I'll call", "a moment without a comma"),
        ("After dinner,I'll wash up", "no blank"),
        ("On Sunday I will drive", "a day of the week"),
        ("Ok, I'll wash up", "a leading word"),
        ("\u201cI'll listen\u201d", "quotes"),
        ("When you said that you need rest, I will let you sleep", "what was heard, inside a moment"),
    ],
)
def test_an_action_reads_as_a_promise(text: str, why: str) -> None:
    assert promises(said(text)), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ill and tired", "unwell"),
        ("I will never forgive this", "a vow"),
        ("I'll never", "a vow, short"),
        ("When you shout, I feel small", "a feeling"),
        ("when we talk. I'll see", "two sentences"),
        ("Tomorrow I need sleep", "a need"),
        ("tomorrow I'm sad", "a feeling"),
        ("tomorrow I'm feeling low", "a feeling, going on"),
        ("tomorrow", "a day"),
        ("I feel that I will cry", "a feeling"),
        ("you will cook", "the other's"),
        ("I illustrate", "a longer word"),
        ("a quiet evening", "a need"),
        ("", "nothing"),
    ],
)
def test_what_is_no_action_is_no_promise(text: str, why: str) -> None:
    assert not promises(said(text)), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I heard that you are tired", "heard"),
        ("What I heard: rest", "what I heard"),
        ("I've heard you need air", "have heard"),
        ("I hear you", "hear"),
        ("That you are tired of noise.", "that you"),
        ("that he worries", "about him"),
        ("you feel alone", "feel"),
        ("You're tired", "you're"),
        ("You\u2019re tired", "curly apostrophe"),
        ("youre tired", "no apostrophe"),
        ("you are tired", "are"),
        ("you really need a hug", "need"),
        ("You want to be heard", "want"),
        ("She needs rest", "about her"),
        ("So you are worried", "a leading word"),
        ("It sounds like you miss me", "sounds like"),
        ("you had a long day", "had"),
        ("\u201cyou need sleep\u201d", "quotes"),
    ],
)
def test_a_line_back_reads_as_what_was_heard(text: str, why: str) -> None:
    assert reports(said(text)), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("your hug", "a need"),
        ("you two", "both"),
        ("young and tired", "another word"),
        ("I need you", "one's own need"),
        ("You have to stop", "a demand"),
        ("you'd better stop", "a demand, short"),
        ("I'm tired", "one's own feeling"),
        ("thatyou", "no word"),
        ("", "nothing"),
        *((need, "a need by name") for family in NEEDS.values() for need in family),
    ],
)
def test_other_lines_are_no_report(text: str, why: str) -> None:
    assert not reports(said(text)), why


@pytest.mark.parametrize("text", ["You never listen", "I'll make tea", "You need rest"])
@pytest.mark.parametrize("language", ["xx", "", "de", "../en", "\ud800"])
def test_an_unknown_language_has_no_rule(text: str, language: str) -> None:
    assert not any(rule(said(text), language) for rule in (accuses, promises, reports))


@pytest.mark.parametrize("language", ["en", "EN", "en-GB", "en_US"])
def test_a_language_is_known_in_every_region(language: str) -> None:
    assert accuses(said("You never"), language)
    assert promises(said("I'll"), language)
    assert reports(said("You feel"), language)


def test_no_text_is_both_a_promise_and_a_report() -> None:
    parts = ["", "I'll rest ", "I heard ", "you need ", "that you ", "When you sleep, ", "tomorrow I ", "so "]
    texts = [first + second + third for first in parts for second in parts for third in parts]
    assert not [text for text in texts if promises(said(text)) and reports(said(text))]


@pytest.mark.parametrize("text", ["when " * 1000, "well " * 1000, "you " * 1000, "\0" * 5000, "'" * 5000])
def test_a_very_long_text_is_read_at_once(text: str) -> None:
    assert not any(rule(said(text)) for rule in (accuses, promises))


@pytest.mark.parametrize("text", ["nothing", "Nothing.", "nothing from me", "No", "none tonight", "  nope! "])
def test_a_refusal_is_no_promise(text: str) -> None:
    assert declines(said(text))


@pytest.mark.parametrize(
    "text", ["nothing but tea, I'll make it", "no phones when we eat", "I'll do nothing", ""]
)
def test_what_only_begins_like_a_refusal_is_none(text: str) -> None:
    assert not declines(said(text))


def test_a_feeling_and_a_need_in_one_breath_are_both_halves_as_they_were_written() -> None:
    both = feeling_and_need(said("I feel unheard. I need you to look up when I talk"))

    assert both is not None
    assert [half.text for half in both] == ["I feel unheard", "I need you to look up when I talk"]


@pytest.mark.parametrize(
    "text", ["I feel unheard", "I need a hug", "tired / sleep", "\u0130" * 9 + " I need"]
)
def test_one_half_is_not_both(text: str) -> None:
    assert feeling_and_need(said(text)) is None


def test_a_sentence_of_its_own_is_known_by_its_beginning() -> None:
    assert is_sentence(said("I need a hug"))
    assert not is_sentence(said("a hug"))
