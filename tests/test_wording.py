"""What a sentence sets out as, told by its first words."""

import pytest

from bot.feelings import ANY_NEED, FEELINGS, FROM_AFAR, NEEDS, SUGGESTIONS
from bot.locales import translated
from bot.ritual import Person, Words
from bot.wording import (
    LANGUAGES,
    RULES,
    accuses,
    assents,
    declines,
    feeling_and_need,
    is_sentence,
    promises,
    reports,
    same,
    spoken,
    talks,
)


def said(text: str) -> Words:
    return Words(Person(1), text)


ACTS = [act for acts in (*SUGGESTIONS.values(), FROM_AFAR, ANY_NEED) for act in acts]
PICKS = [word for table in (FEELINGS, NEEDS) for words in table.values() for word in words]

# -- Every language -----------------------------------------------------------


def test_every_language_has_its_rules() -> None:
    assert set(RULES) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_act_offered_by_us_reads_as_a_promise(language: str) -> None:
    acts = [translated(act, language) for act in ACTS]
    assert not [act for act in acts if not promises(said(act), language)]
    assert not [act for act in acts if reports(said(act), language) or accuses(said(act), language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_feeling_or_need_offered_by_us_sets_out_as_neither(language: str) -> None:
    words = [said(translated(word, language)) for word in PICKS]
    for rule in (promises, reports, accuses, declines):
        assert not [word.text for word in words if rule(word, language)]
    assert not [word.text for word in words if is_sentence(word)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_picked_from_a_list_sets_out_as_nothing(language: str) -> None:
    listed = Words(Person(1), "I will never say siempre gritas, te llamo, you need", listed=True)
    assert not [rule for rule in (promises, reports, accuses) if rule(listed, language)]
    assert feeling_and_need(listed, language) is None


@pytest.mark.parametrize(
    ("code", "language"),
    [("es", "es"), ("es-MX", "es"), ("ES_es", "es"), ("en-GB", "en"), ("xx", ""), ("", ""), ("e", "")],
)
def test_a_language_is_ours_whatever_the_region(code: str, language: str) -> None:
    assert spoken(code) == language


# -- English ------------------------------------------------------------------


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
    ],
)
def test_other_lines_are_no_report(text: str, why: str) -> None:
    assert not reports(said(text)), why


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I love you anyway, even when we fight", "en"),
        ("ok but why did you not call me", "en"),
        ("because I was at work!!", "en"),
        ("you always say that", "en"),
        ("and tonight?", "en"),
        ("Te quiero igual", "es"),
        ("porque estaba trabajando", "es"),
        ("¿y hoy?", "es"),
    ],
)
def test_talk_is_no_act(text: str, language: str) -> None:
    assert talks(said(text), language)
    assert not promises(said(text), language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("a walk after dinner", "en"),
        ("make you tea", "en"),
        ("call at noon", "en"),
        ("un paseo", "es"),
        ("hacerte un té", "es"),
    ],
)
def test_a_bare_act_is_no_talk(text: str, language: str) -> None:
    assert not talks(said(text), language)


@pytest.mark.parametrize("text", ["You never listen", "I'll make tea", "You need rest"])
@pytest.mark.parametrize("language", ["xx", "", "xx-es", "../en", "\ud800"])
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


@pytest.mark.parametrize(
    "text",
    [
        "yes", "Yes, please.", "ok", "OK!", "okay then", "send it", "Ok, send it as it is", "that's it",
        "Sure", "done", "go ahead", "looks good", "It is fine so", "thanks", "sí", "Si", "vale",
        "dale, envíalo", "Claro que sí", "así está bien", "mándalo ya", "de acuerdo, gracias", "listo",
        "perfecto",
    ],
)  # fmt: skip
def test_a_mere_yes_is_known_in_every_language(text: str) -> None:
    assert assents(said(text))


@pytest.mark.parametrize(
    "text",
    [
        "yes, I left you alone", "ok but I was tired", "I will send it tomorrow", "it is not fine", "no",
        "thanks for the soup", "good night, and I am sorry", "that you were right", "sí, te dejé a solas",
        "vale la pena hablar", "gracias por la sopa", "así me sentí", "a", "", "?", "ok " * 400 + "but",
    ],
)  # fmt: skip
def test_what_only_begins_like_a_yes_is_none(text: str) -> None:
    assert not assents(said(text))


def test_a_feeling_and_a_need_in_one_breath_are_both_halves_as_they_were_written() -> None:
    both = feeling_and_need(said("I feel unheard. I need you to look up when I talk"))

    assert both is not None
    assert [half.text for half in both] == ["I feel unheard", "I need you to look up when I talk"]


@pytest.mark.parametrize(
    "text", ["I feel unheard", "I need a hug", "tired / sleep", "\u0130" * 9 + " I need"]
)
def test_one_half_is_not_both(text: str) -> None:
    assert feeling_and_need(said(text)) is None


def test_a_sentence_of_its_own_is_known_by_its_beginning_in_any_language() -> None:
    assert is_sentence(said("I need a hug"))
    assert is_sentence(said("Necesito un abrazo"))
    assert is_sentence(said("yo necesito dormir"))
    assert not is_sentence(said("a hug"))
    assert not is_sentence(said("un abrazo"))


# -- Spanish ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Tú nunca escuchas", "nunca"),
        ("tu siempre te vas", "no accent"),
        ("Nunca me escuchas", "no pronoun"),
        ("siempre llegas tarde", "siempre"),
        ("Siempre haces lo mismo", "haces"),
        ("siempre estás en el teléfono", "estás"),
        ("siempre estas gritando", "estas, without its accent"),
        ("nunca has preguntado", "has"),
        ("nunca me ayudaste", "past"),
        ("jamás preguntas", "jamás"),
        ("vos nunca escuchás", "vos"),
        ("siempre decís lo mismo", "vos without its pronoun"),
        ("usted nunca me escucha", "usted, as some couples say"),
        ("casi nunca preguntas", "softened"),
        ("tú simplemente nunca preguntas", "softened, with the pronoun"),
        ("no me escuchas nunca", "nunca behind the verb"),
        ("Ni siquiera preguntas", "ni siquiera"),
        ("no haces nada", "nothing done"),
        ("no te importo", "no care"),
        ("No te importa nadie", "no care for anybody"),
        ("Me hiciste llorar", "made me"),
        ("me haces sentir pequeña", "make me feel"),
        ("me hiciste quedar mal", "not a gift"),
        ("me dejaste plantado", "let me down"),
        ("me fallaste", "failed me"),
        ("Arruinaste la noche", "ruined"),
        ("¿Por qué siempre gritas?", "a question"),
        ("por que tú nunca preguntas", "a question, with the pronoun"),
        ("¿Por qué tienes que gritar?", "have to"),
        ("¿Cómo es que nunca preguntas?", "how come"),
        ("Es tu culpa", "fault"),
        ("todo fue por tu culpa", "all your fault"),
        ("tu culpa, otra vez", "bare fault"),
        ("es culpa tuya", "fault of yours"),
        ("La culpa la tienes tú", "yours is the fault"),
        ("tienes la culpa", "you have the fault"),
        ("   tú nunca", "leading blanks"),
        ("«Tú nunca escuchas»", "quotes"),
        ("¡Tú nunca escuchas!", "an opening mark"),
        ("... nunca preguntas", "dots"),
        ("Pero es que tú nunca preguntas", "leading words"),
        ("Sí, siempre gritas", "a leading yes"),
        ("TÚ NUNCA", "capitals"),
        ("tu\u0301 nunca", "an accent of its own"),
        ("tú\u00a0nunca  preguntas", "blanks of another kind"),
    ],
)
def test_an_accusation_is_heard_in_spanish(text: str, why: str) -> None:
    assert accuses(said(text), "es"), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tu abrazo", "a need"),
        ("tú", "one word"),
        ("tú y yo", "both"),
        ("ustedes nunca", "others"),
        ("nunca más", "no verb"),
        ("siempre juntas", "no verb"),
        ("Siempre antes de dormir", "no verb"),
        ("siempre gracias", "no verb"),
        ("siempre las mismas dudas", "no verb"),
        ("siempre estas discusiones", "these, not are"),
        ("siempre nos reímos", "both"),
        ("nunca es tarde", "nobody's"),
        ("siempre llueve", "the weather's"),
        ("siempre quise ir", "one's own"),
        ("siento que nunca escuchas", "begins with I feel"),
        ("tristeza, porque nunca escuchas", "begins with the feeling"),
        ("no es tu culpa", "a comfort"),
        ("no tienes la culpa", "a comfort"),
        ("la culpa es mía", "one's own"),
        ("¿Te importa si duermo?", "a question"),
        ("¿por qué preguntas?", "a question"),
        ("no tienes que venir", "permission"),
        ("Siempre me haces reír", "thanks"),
        ("me haces sentir en paz", "thanks"),
        ("me hiciste un té", "a gift"),
        ("me haces falta", "missing somebody"),
        ("me dejaste dormir", "a gift"),
        ("siempre me escuchas", "thanks"),
        ("tú siempre estás ahí", "thanks"),
        ("siempre eres tan paciente", "thanks"),
        ("Nunca me has fallado", "thanks"),
        ("nunca te quejas", "thanks"),
        ("nunca dejas de sorprenderme", "thanks"),
        ("siempre sabes qué decir", "thanks"),
        ("siempre tienes razón", "thanks"),
        ("nunca te olvidas de mí", "thanks"),
        ("siempre serás mi casa", "thanks"),
        ("", "nothing"),
        ("¿", "no word"),
        ("\ud800 tú", "half a character"),
    ],
)
def test_other_beginnings_are_left_alone_in_spanish(text: str, why: str) -> None:
    assert not accuses(said(text), "es"), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Cuando llegue, voy a preparar té", "the form asked for"),
        ("Cuando llegues, prepararé la cena", "future"),
        ("cuando llegues preparare la cena", "future, no accent, no comma"),
        ("Cuando despierte, te abrazo", "the present, for you"),
        ("cuando llegue te llamo", "no comma"),
        ("Cuando cenemos, cuento algo bueno", "the present, of something"),
        ("Voy a escuchar", "short"),
        ("Te voy a llamar", "for you"),
        ("no voy a mirar el teléfono", "what one leaves"),
        ("haré la cena", "future alone"),
        ("te llamare a las diez", "future for you, no accent"),
        ("me quedare contigo", "future of oneself"),
        ("iré por ti", "the shortest future"),
        ("tendré paciencia", "another future"),
        ("te preparo un té", "the present alone"),
        ("te lo digo en la cena", "two pronouns"),
        ("Prometo llegar a las seis", "promise"),
        ("me encargo de la cena", "taking it on"),
        ("pienso llamarte", "plan"),
        ("mañana te llamo", "a day makes it one"),
        ("manana por la tarde cocino", "a part of a day, no accent"),
        ("Mañana después del trabajo, te busco", "a day and a moment"),
        ("esta noche te preparo la cena", "a night"),
        ("El domingo te llevo al mar", "a day of the week"),
        ("Si llego temprano, cocino", "an if"),
        ("Al llegar, te doy un abrazo", "arriving"),
        ("A las ocho, voy a apagar el teléfono", "an hour"),
        ("Después de cenar,lavo los platos", "no blank"),
        ("Bueno, voy a cocinar", "a leading word"),
        ("Sí, voy a cocinar", "a leading yes"),
        ("«Voy a escuchar»", "quotes"),
        ("¡Voy a escuchar!", "an opening mark"),
        ("Cuando me dijiste que necesitas dormir, te voy a dejar dormir", "what was heard, inside a moment"),
    ],
)
def test_an_action_reads_as_a_promise_in_spanish(text: str, why: str) -> None:
    assert promises(said(text), "es"), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nunca te voy a perdonar", "a vow"),
        ("No te voy a perdonar", "a vow, the other way"),
        ("Voy a nunca más hablar", "a vow, inside"),
        ("cuando te vayas, nunca te llamaré", "a vow, after a moment"),
        ("Cuando gritas, me siento pequeña", "a feeling"),
        ("cuando gritas, tengo miedo", "a feeling, had"),
        ("cuando te vas te extraño", "missing"),
        ("cuando te abrazo, siento calma", "a deed inside the moment"),
        ("cuando hablamos. Te veo bien", "two sentences"),
        ("Mañana necesito dormir", "a need"),
        ("mañana estoy triste", "a feeling"),
        ("mañana", "a day"),
        ("mañana temprano", "a day, early"),
        ("Siento que voy a llorar", "a feeling"),
        ("vas a cocinar", "the other's"),
        ("tú vas a cocinar", "the other's, with the pronoun"),
        ("te quiero", "love"),
        ("te extraño", "missing"),
        ("te necesito", "a need"),
        ("aire fresco", "a need that ends like a future"),
        ("quiere descansar", "the other's, ending like a future"),
        ("cuando estoy mal, silencio", "a need after a moment"),
        ("una noche serena", "a need"),
        ("", "nothing"),
    ],
)
def test_what_is_no_action_is_no_promise_in_spanish(text: str, why: str) -> None:
    assert not promises(said(text), "es"), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Escuché que estás cansada", "heard"),
        ("escuche que necesitas dormir", "heard, no accent"),
        ("Lo que escuché: descanso", "what I heard"),
        ("oí que te sientes lejos", "heard, shorter"),
        ("He oído que extrañas tu casa", "have heard"),
        ("Te oigo", "hear"),
        ("entiendo que fue un día largo", "understood"),
        ("Que estás cansado del ruido.", "that you"),
        ("que te sientes sola", "that you feel"),
        ("que ella se preocupa", "about her"),
        ("que está cansada", "about her, without a pronoun"),
        ("te sientes sola", "feel"),
        ("Te sentís sola", "feel, vos"),
        ("estás cansada", "are"),
        ("estas cansada", "are, no accent"),
        ("tú estás cansada", "are, with the pronoun"),
        ("necesitas un abrazo", "need"),
        ("quieres descansar", "want"),
        ("ella necesita descansar", "about her need"),
        ("Así que estás preocupado", "a leading word"),
        ("Parece que me extrañas", "it seems"),
        ("me parece que tienes miedo", "it seems to me"),
        ("tuviste un día largo", "had"),
        ("te hace falta dormir", "lack"),
        ("te gustaría salir", "would like"),
        ("¿Estás cansada?", "asked back"),
        ("«necesitas dormir»", "quotes"),
    ],
)
def test_a_line_back_reads_as_what_was_heard_in_spanish(text: str, why: str) -> None:
    assert reports(said(text), "es"), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tu abrazo", "a need"),
        ("ustedes dos", "both"),
        ("Necesito que estés aquí", "one's own need"),
        ("que me abraces", "one's own need, short"),
        ("que esta noche sea tranquila", "a wish"),
        ("estas noches contigo", "these, not are"),
        ("Tienes que parar", "a demand"),
        ("tenés que parar", "a demand, vos"),
        ("deberías parar", "a demand"),
        ("¿Quieres que te prepare un té?", "an offer"),
        ("estoy cansada", "one's own feeling"),
        ("me siento sola", "one's own feeling, felt"),
        ("el perro está enfermo", "the dog's"),
        ("me tienes harta", "about oneself"),
        ("quetu", "no word"),
        ("", "nothing"),
    ],
)
def test_other_lines_are_no_report_in_spanish(text: str, why: str) -> None:
    assert not reports(said(text), "es"), why


def test_no_text_is_both_a_promise_and_a_report_in_spanish() -> None:
    parts = [
        "",
        "voy a dormir ",
        "escuché que ",
        "necesitas ",
        "que te ",
        "cuando duermes, ",
        "mañana te ",
        "te oigo ",
    ]
    texts = [first + second + third for first in parts for second in parts for third in parts]
    assert not [text for text in texts if promises(said(text), "es") and reports(said(text), "es")]


@pytest.mark.parametrize(
    "text",
    ["cuando " * 700, "bueno " * 800, "tú " * 1000, "siempre te " * 400, "\0" * 5000, "¿" * 5000, "a" * 5000],
)
def test_a_very_long_text_is_read_at_once_in_spanish(text: str) -> None:
    assert not any(rule(said(text), "es") for rule in (accuses, promises, reports, declines))
    assert feeling_and_need(said(text), "es") is None


@pytest.mark.parametrize(
    "text",
    [
        "nada",
        "Nada.",
        "nada de mi parte",
        "No",
        "ninguna esta noche",
        "  mejor no ",
        "nada, gracias",
        "no sé",
        "Paso",
    ],
)
def test_a_refusal_is_no_promise_in_spanish(text: str) -> None:
    assert declines(said(text), "es")


@pytest.mark.parametrize(
    "text",
    [
        "nada más que té, lo preparo",
        "no voy a mirar el teléfono",
        "no haré nada",
        "nada mal",
        "paso por ti",
        "",
    ],
)
def test_what_only_begins_like_a_refusal_is_none_in_spanish(text: str) -> None:
    assert not declines(said(text), "es")


@pytest.mark.parametrize(
    ("text", "feeling", "need"),
    [
        ("Siento tristeza, necesito un abrazo", "Siento tristeza", "necesito un abrazo"),
        ("Me siento sola. Necesito que me mires", "Me siento sola", "Necesito que me mires"),
        ("estoy cansado y necesito dormir", "estoy cansado", "necesito dormir"),
        ("hoy siento distancia; me hace falta hablar", "hoy siento distancia", "me hace falta hablar"),
        ("Tengo miedo, así que necesito calma", "Tengo miedo", "necesito calma"),
    ],
)
def test_both_halves_in_spanish_are_as_they_were_written(text: str, feeling: str, need: str) -> None:
    both = feeling_and_need(said(text), "es")

    assert both is not None
    assert [half.text for half in both] == [feeling, need]


@pytest.mark.parametrize("text", ["Me siento sola", "necesito un abrazo", "cansancio / dormir", "lo siento"])
def test_one_half_is_not_both_in_spanish(text: str) -> None:
    assert feeling_and_need(said(text), "es") is None


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("Money", " money ", True),
        ("el jardín", "El  JARDIN", True),
        ("the dishes", "the kitchen", False),
        ("money", "", False),
    ],
)
def test_two_lines_are_the_same_but_for_capitals_accents_and_blanks(
    one: str,
    other: str,
    are: bool,  # noqa: FBT001 - a case
) -> None:
    assert same(said(one), said(other)) is are
