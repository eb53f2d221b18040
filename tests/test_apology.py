"""How an apology goes wrong in its words, and how many ways look like it and do not."""

import pytest

from bot import apology
from bot.apology import (
    ASKS_BACK,
    FOR_ANYTHING,
    IN_DOUBT,
    MADE_SMALL,
    MEANT_WELL,
    SHARED_OUT,
    TAKEN_BACK,
    THEIR_DOING,
    THEIR_FEELING,
    WAYS,
    goes_wrong,
)
from bot.ritual import Person, Words
from bot.wording import LANGUAGES


def looked_at(text: str, language: str) -> str:
    return goes_wrong(Words(Person(1), text), language)


WRONG = {
    "en": {
        "I'm sorry you feel that way": THEIR_FEELING,
        "Sorry that you felt left out": THEIR_FEELING,
        "I\u2019m sorry you\u2019re upset": THEIR_FEELING,
        "I am sorry you took it like this": THEIR_FEELING,
        "sorry it upset you": THEIR_FEELING,
        "I apologise for how you felt": THEIR_FEELING,
        "I'm sorry if you felt alone": IN_DOUBT,
        "I'm sorry if I hurt you": IN_DOUBT,
        "Sorry if anything I said hurt you": IN_DOUBT,
        "If you were offended, I apologize": IN_DOUBT,
        "You made me shout": THEIR_DOING,
        "I shouted because you never listen": THEIR_DOING,
        "I left because you kept asking": THEIR_DOING,
        "I said it, you started it": THEIR_DOING,
        "It was only a joke": MADE_SMALL,
        "I was just kidding": MADE_SMALL,
        "I forgot it, it's not a big deal": MADE_SMALL,
        "I think you are overreacting": MADE_SMALL,
        "you're too sensitive": MADE_SMALL,
        "We both said things": SHARED_OUT,
        "I shouted, and you did the same": SHARED_OUT,
        "I was loud. So were you": SHARED_OUT,
        "I hurt you. You also hurt me": SHARED_OUT,
        "I'm sorry, but you shouted": TAKEN_BACK,
        "I was wrong, BUT I was tired": TAKEN_BACK,
        "I hurt you, although I was tired": TAKEN_BACK,
        "I left you alone. However, I called": TAKEN_BACK,
        "I didn't mean to hurt you": MEANT_WELL,
        "I never meant it": MEANT_WELL,
        "I was only trying, it wasn't my intention": MEANT_WELL,
        "I'm sorry for everything": FOR_ANYTHING,
        "Sorry for whatever I did": FOR_ANYTHING,
        "mistakes were made": FOR_ANYTHING,
        "Please forgive me": ASKS_BACK,
        "I was late. Can you forgive me?": ASKS_BACK,
    },
    "es": {
        "Siento que te sientas así": THEIR_FEELING,
        "Lamento que te hayas molestado": THEIR_FEELING,
        "Perdón que lo tomes así": THEIR_FEELING,
        "Lo siento si te ofendí": IN_DOUBT,
        "Perdón si te sentiste mal": IN_DOUBT,
        "Perdón si dije algo que te dolió": IN_DOUBT,
        "Me obligaste a gritar": THEIR_DOING,
        "Tú me hiciste enojar": THEIR_DOING,
        "Grité porque nunca me escuchas": THEIR_DOING,
        "Fue tu culpa también": THEIR_DOING,
        "Era solo una broma": MADE_SMALL,
        "No es para tanto": MADE_SMALL,
        "Eres muy sensible": MADE_SMALL,
        "Te grité y tú también": SHARED_OUT,
        "Los dos dijimos cosas": SHARED_OUT,
        "Lo siento, pero tú gritaste": TAKEN_BACK,
        "Llegué tarde, aunque avisé": TAKEN_BACK,
        "No quise lastimarte": MEANT_WELL,
        "Lo dije sin querer": MEANT_WELL,
        "Perdón por todo": FOR_ANYTHING,
        "Lo que sea que hice, perdón": FOR_ANYTHING,
        "Perdóname": ASKS_BACK,
        "Llegué tarde. ¿Me perdonas?": ASKS_BACK,
    },
}

FINE = {
    "en": (
        "I shouted at you in front of your parents, and you were ashamed.",
        "When I left, you were alone with all of it. I am sorry.",
        "I'm sorry I was late. You waited in the rain.",
        "I see that you felt alone, and that I did that.",
        "You felt small when I laughed.",
        "It was nothing but my doing.",
        "I broke my word, and you could not rely on me.",
        "I forgot your birthday. That hurt you.",
        "You were too tired, and I still asked.",
        "I said that I would call, and I did not.",
        "I told you that it was fine. It was not.",
        "You asked if I was well, and I walked away.",
        "I wonder if you want to talk about it.",
        "I made you wait, and you were sad.",
        "Because I drank, you were afraid.",
        "You trusted me, and I lied.",
        "You did all of it alone.",
        "I am sorry for what I said about your work.",
        "I am sorry for everything I said to your mother.",
        "I should have asked you first.",
        "I butted in while you spoke.",
        "I rebutted every word you said.",
        "You make me feel loved, and I forgot to say so.",
        "I hurt both of you that evening.",
        "You have been through so much, and I added to it.",
        "I was wrong.",
    ),
    "es": (
        "Te grité delante de tus padres y te dio vergüenza.",
        "Cuando me fui, te quedaste con todo. Lo siento.",
        "Perdón por llegar tarde. Esperaste bajo la lluvia.",
        "Veo que te sentiste con mucha soledad, y que fui yo.",
        "Olvidé tu cumpleaños. Eso te dolió.",
        "Me preguntaste si estaba bien y me fui.",
        "Rompí mi palabra y no pudiste contar conmigo.",
        "Me haces muy feliz y olvidé decirlo.",
        "Te mentí, y tú confiabas en mí.",
        "Compré una pera para ti.",
        "Perdón por lo que dije de tu trabajo.",
        "Me escuchaste y yo no a ti.",
        "El peroné me dolía y te hablé mal.",
        "Tú tienes razón: te dejé sin avisar.",
        "Te hice esperar y te pusiste triste.",
        "Perdón por todo lo que dije a tu madre.",
        "Lo hiciste todo sin mi ayuda.",
    ),
}


@pytest.mark.parametrize(
    ("language", "text", "why"),
    [(language, text, why) for language, texts in WRONG.items() for text, why in texts.items()],
)
def test_a_way_is_found_and_said_why(language: str, text: str, why: str) -> None:
    assert looked_at(text, language) == why
    assert looked_at(f"  \u201c{text.upper()}\u201d", language) == why


@pytest.mark.parametrize(
    ("language", "text"), [(code, text) for code, texts in FINE.items() for text in texts]
)
def test_what_only_looks_like_it_is_left_alone(language: str, text: str) -> None:
    assert not looked_at(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_knows_every_way(language: str) -> None:
    assert all(language in way.reads for way in WAYS)
    assert {way.why for way in WAYS} == set(WRONG[language].values())


def test_every_way_says_why_in_one_sentence() -> None:
    reasons = [way.why for way in WAYS]
    assert len(set(reasons)) == len(reasons)
    assert all(why.count(".") == 1 and why.endswith(".") and len(why) < 100 for why in reasons)


def test_only_the_first_way_is_named() -> None:
    assert looked_at("I'm sorry if you felt alone, but you made me shout", "en") == IN_DOUBT


def test_the_rules_of_one_language_are_not_those_of_another() -> None:
    assert not looked_at("Lo siento, pero tú gritaste", "en")
    assert not looked_at("I'm sorry, but you shouted", "es")
    assert not looked_at("I'm sorry, but you shouted", "xx")
    assert looked_at("Lo siento, pero tú gritaste", "es-MX")


def test_what_is_picked_is_left_alone() -> None:
    assert not goes_wrong(Words(Person(1), "sorry, but", listed=True))


def test_a_long_text_is_looked_at_at_once() -> None:
    """A pattern that goes back and forth over a text would hold up everybody."""
    for text in ("you " * 75, "sorry " * 50, "si te " * 50, "a" * 300, "(" * 300):
        assert apology.goes_wrong(Words(Person(1), text)) in {"", *(way.why for way in WAYS)}
