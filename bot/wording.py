"""How a text sets out: as an accusation, as a promise, or as what was heard. Pure, with rules per language.

Only the beginning is read: it says what a sentence is meant as, and whoever reads on starts to referee. So no
text is both a promise and a report. Doubt means False: a rule only makes an offer or sorts a line, and to say
nothing does less harm than to guess wrong. A language without rules has none.

To add a language, give it its name in LANGUAGES and its rules in RULES. An opening is a regular expression in
lower case with straight apostrophes and without accents, since on a phone they are left out; a blank in it
stands for any run of blanks, and its last word is a whole word. docs/languages.md leads through it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.ritual import Option, Preference, Words

# By code, as those call it who speak it. Each but English has its catalogue in bot/locales.
LANGUAGES = {"en": "English", "es": "Español"}

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


NOTHING = re.compile("(?!)")


@dataclass(frozen=True)
class Rules:
    """How texts set out in one language. What it does not say yet is never found."""

    leading: re.Pattern[str] = NOTHING  # words before an opening that are passed over
    accusations: re.Pattern[str] = NOTHING
    thanks: re.Pattern[str] = NOTHING  # what sets out like an accusation and is a thanks
    promises: re.Pattern[str] = NOTHING
    reports: re.Pattern[str] = NOTHING
    talk: re.Pattern[str] = NOTHING  # what one says to the other, and promises nothing
    refusals: re.Pattern[str] = NOTHING  # that there is nothing to promise; the whole text is read
    both_halves: re.Pattern[str] = NOTHING  # a feeling and a need in one breath: parted before the need
    assents: re.Pattern[str] = NOTHING  # a mere yes, to somebody who asked for more; the whole text is read
    sentences: re.Pattern[str] = NOTHING  # how a sentence of its own about oneself begins


def openings(*phrases: str) -> re.Pattern[str]:
    """Return one pattern for all ways to begin."""
    return re.compile(f"(?:{'|'.join(phrases)})(?!\\w)".replace(" ", r"\s+"))


# -- English ------------------------------------------------------------------

WILL = "i('ll| will| shall|'?m going to| am going to|'?m gonna| promise to| plan to)(?! never)"
MOMENT = "(when|whenever|as soon as|once|after|before|while|if|at|on|in the|tonight|tomorrow|this \\w+)"
INNER = "(feel|need|want|hope|fear|am|have|must|can'?t|cannot|won'?t|never)(?!\\w)"
DOING = f"(i'?m (?!feeling)\\w+ing|i(?!')(?! {INNER}))"
SAYING = "(that |how |so |i think |(it )?sounds like )*"

ENGLISH = Rules(
    leading=re.compile(r"(?:(?:well|but|and|so|ok|okay|yes|yeah|honestly|oh)\W+)+"),
    accusations=openings(
        "(you|u) (just |simply |really |literally )?(never|always|constantly|only ever)",
        "(you|u) (don'?t|won'?t|can'?t|didn'?t|haven'?t) (ever|even|care)",
        "(you'?re|you are|your|ur) (just |simply )?(never|always|constantly)",
        "you( keep| are|'re|'ve| have)? (make|made|making) (me|us)",
        "you (ruin|ruined|let me down|couldn'?t care)",
        "(why|how come) (do|don'?t|are|aren'?t|can'?t|won'?t|did|didn'?t|must|have) (you|u)"
        " (always|never|ever|even|constantly|keep|have to)",
        "(why|how come) (you|you're|you are) (always|never)",
        "((it|this|that)('?s| is| was) )?(all |only )?(your|ur) (own )?fault",
    ),
    thanks=openings(
        "you (always |still )?(make|made) (me|us) (feel |so |very |really |much |a |an |my |our |some )*"
        "(happy|glad|proud|smile|laugh|grateful|calm|strong|stronger|hopeful|better|loved|safe|seen|heard|welcome"
        "|at home|tea|coffee|cake|soup|breakfast|lunch|dinner)",
        "you never (fail|failed|cease|ceased) to",
        "you never (let me down|gave up|give up|complain|complained|judge|judged)",
        "you always (listen|listened|help|helped|are there|were there|stand by)",
        "(you'?re|you are) always (there|kind|patient|gentle|welcome|on my mind|by my side)",
    ),
    promises=openings(
        WILL,
        f"{MOMENT}(?!\\w)[^.!?\\n]*?\\W{WILL}",
        f"tomorrow( (morning|noon|afternoon|evening|night))?,? {DOING}",
    ),
    reports=openings(
        "(what )?i('?ve| have)? (just |also |really )?(heard|hear|understood|understand)",
        f"{SAYING}(you|u|he|she|they) (also |just |really |still |both |sometimes )*"
        "(feels?|felt|needs?|needed|wants?|wanted|wish|wishes|miss|misses|longs?|hopes?|would like"
        "|said|told me|sound|seem|are|is|were|was|(have|has|had)(?! (to|better)(?!\\w)))",
        f"{SAYING}(you'?re|you'?ve|you'd(?! better)|he's|she's|they're)",
        "that (you|he|she|they)",
    ),
    talk=openings(
        "i|i'?m|i'?ve|i'?d|me( too)?|you|u|your|we( never| always| both|'?re)|he|she",
        "it|it'?s|this|that|that'?s",
        "why|what|how|who|where|because|cause|sorry|thanks|thank (you|u)|love (you|u)|miss (you|u)|don'?t",
    ),
    refusals=re.compile(
        r"(nothing|none|no|nope|not sure)( (at all|tomorrow|tonight|from me|for now|yet|this time))?\W*"
    ),
    both_halves=re.compile(
        r"(.*\bi(?:'m| feel)\b.+?)[\s,.;:-]+(?:(?:and|but|so) )?(i need\b.+)", re.DOTALL | re.IGNORECASE
    ),
    assents=re.compile(
        r"((oh|and|well|please|yes|yeah|ok|okay|right)\W+)*"
        r"(yes|yeah|yep|yup|ok|okay|sure|of course|alright|all right|perfect|fine|good|exactly|ready|done"
        r"|thanks|thank you|go ahead|do it|please|send( (it|that|this))?( (as it is|off|now))?"
        r"|((it|that|this)('s| is| looks| sounds)|looks|sounds)"
        r" (it|right|good|fine|ok|okay|perfect)( (so|as it is))?)"
        r"(\W+(please|now|then|thanks|thank you))*\W*"
    ),
    sentences=re.compile(r"i('m|'d)? "),
)

# -- Spanish ------------------------------------------------------------------

# Where the pronoun is left out, a verb is known by its ending. Nouns that end so are named and left alone.
YO, TU = "(yo )?", "(tu |vos |usted )?"
FOR_WHOM = "((me|te|se|lo|la|le|nos|los|las|les) )*"
EVER = "(casi )?(nunca|jamas|siempre|constantemente|todo el tiempo)"
NO_VERB = (
    "(?!(mas|antes|despues|ademas|entonces|quizas|apenas|mientras|gracias|cosas|ganas|veces|tardes|noches|dias"
    "|juntas|solas|tristes|felices|mismas|otras|muchas|todas|tantas|buenas|malas|nuestras|unas|esas|aquellas"
    "|tres|seis|seras|las|les|mis|atras|detras|tras|risas|crisis|lunes|martes|miercoles|jueves|viernes|flores|problemas"
    "|estas \\w+[aeo]s|\\w+(iones|dades|ores|ajes|icias|ncias))(?!\\w))"
)
VERB_OF_YOURS = f"{NO_VERB}(sos|\\w+(as|es|is|aste|iste))"

NOT_DONE = (  # what one feels, needs, is or only sees is no deed
    "(?!(quiero|amo|adoro|extrano|echo|necesito|siento|espero|temo|tengo|puedo|debo|soy|estoy|creo|odio|oigo"
    "|entiendo|comprendo|admiro|veo|noto|prefiero|deseo|sueno|lloro|sufro|muero|pierdo|trabajo|pienso|agradezco"
    "|pido|no|todo|como|cuando|tanto|mucho|poco|luego|pronto|temprano|primero|mismo|domingo|sabado|otro|nuestro)"
    "(?!\\w))"
)
VOW = "(?! (nunca|jamas|poder|perdonar|aguantar|soportar)(?!\\w))"
VOY = f"{YO}(no )?{FOR_WHOM}voy a{VOW}"
NO_FUTURE = (
    "(?!(quiere|requiere|prefiere|sugiere|muere|hiere|espere|mire|tire|gire|pare|compare|prepare|repare|separe"
    "|respire|retire|aire|entere|considere|recupere|supere)(?!\\w))"
)
FUTURE = f"{YO}(no )?{FOR_WHOM}{NO_FUTURE}(\\w*[aei]re|\\w*(ten|pon|ven|sal)dre)"
FOR_YOU = f"(te|nos|les) ((lo|la|los|las) )?{NOT_DONE}\\w+oy?"
DEED = (
    f"{YO}(solo )?({FOR_YOU}|((se|lo|la|le|los|las) )+{NOT_DONE}\\w+oy?|{NOT_DONE}\\w+oy?(?= \\w)"
    "|me (levanto|encargo|ocupo|quedo|acerco|hago cargo)"
    "|(escucho|respiro|callo|cocino|ayudo|aviso|llamo|vuelvo|sonrio|pregunto|limpio|lavo|recojo))"
)
CUANDO = (
    "(cuando|en cuanto|apenas|tan pronto como|despues de|luego de|antes de|mientras|cada vez que|una vez que"
    "|si|al|a las?|a mediodia|el|en la|en el|por la|esta|este|hoy|manana)(?!\\w)"
    "(?![^.!?\\n]*\\W(nunca|jamas)(?!\\w))"
)
A_DAY = "(manana|hoy|esta (noche|tarde|semana))( (temprano|mismo|(por|en|a) la \\w+|a primera hora))*,?"

DICES = (
    "(que |como |entonces |asi que |creo que |parece que |me parece que |suena a que |veo que |noto que )*"
)
OF_YOU = (
    "(te (sientes|sentis|sentias|sentiste|gustaria|preocupa|duele|cuesta|pesa|(hace|hacen) falta)"
    "|sientes|sentis|sentiste|necesitas|necesitabas|quieres(?! que)|queres(?! que)|querias|quisieras|deseas"
    "|esperas|extranas|echas de menos|tienes(?! que)|tenes(?! que)|tenias(?! que)|tuviste(?! que)|has tenido"
    "(?! que)|has estado|estas(?! \\w+[aeo]s(?!\\w))|estuviste|estabas|(me )?(dijiste|contaste))"
)
OF_THEM = (
    "((se )?(siente|sintio)|necesita|quiere(?! que)|desea|extrana|tiene(?! que)|tuvo(?! que)|estuvo|estaba"
    "|(me )?dijo|esta(?! (noche|tarde|semana|manana|vez)(?!\\w)))"
)

SPANISH = Rules(
    leading=re.compile(
        r"(?:(?:bueno|pues|pero|y|entonces|ok|okay|vale|oye|mira|es que|o sea|ay|la verdad)\W+"
        r"|si\W*[,.!]\W*)+"  # with a comma it is a yes, without one an if
    ),
    accusations=openings(
        f"(tu|vos|usted|ud) (solo |simplemente |realmente |de verdad |no )?{EVER}",
        f"{EVER} {FOR_WHOM}{VERB_OF_YOURS}",
        f"{TU}no {FOR_WHOM}{VERB_OF_YOURS} (nunca|jamas|ni)",
        f"{TU}no (me )?haces nada",
        f"{TU}ni siquiera {FOR_WHOM}{VERB_OF_YOURS}",
        "no te (importo|importamos|importa (nada|nadie|lo que|mi))",
        f"{TU}(me|nos) (haces|hiciste|hacias|has hecho|estas haciendo) "
        "(sentir\\w*|llorar|sufrir|dano|quedar|perder)",
        f"{TU}(me|nos) (pones|pusiste|has puesto) (de mal humor|de malas|de los nervios|triste|furios[oa])",
        f"{TU}(me|nos) (dejas|dejaste|has dejado) (sol[oa]|plantad[oa]|tirad[oa]|hablando|de lado)",
        f"{TU}{FOR_WHOM}(arruinas|arruinaste|has arruinado|estropeas|estropeaste|fallas|fallaste|has fallado"
        "|decepcionas|decepcionaste|has decepcionado|ignoras|echas? a perder|echaste a perder)",
        f"(por que|como es que|como puede ser que) (tu|vos|usted) {EVER}",
        f"(por que|como es que|como puede ser que) {EVER} {FOR_WHOM}{VERB_OF_YOURS}",
        f"por que {TU}(no {FOR_WHOM}{VERB_OF_YOURS} (nunca|jamas|ni)|(tienes|tenes) que)",
        "((todo|esto|eso) )*((es|fue|era|ha sido) )?((todo|toda|solo|otra vez) )*"
        "(por )?(tu (propia )?culpa|culpa tuya)",
        "la culpa ((es|fue|era) (toda |solo )?tuya|la (tienes|tenes|tuviste))",
        f"{TU}(tienes|tenes|tuviste) (toda )?la culpa",
    ),
    thanks=openings(
        f"{TU}siempre {FOR_WHOM}(escuchas|oyes|ayudas|ayudaste|apoyas|cuidas|animas|acompanas|abrazas|besas"
        "|entiendes(?! mal)|comprendes|recibes|respetas|agradeces|sabes (como|que|cuando)|piensas en mi"
        "|das (animos?|fuerzas?|paz|calma|carino|los buenos dias|las gracias))",
        f"{TU}siempre me (esperas|preguntas como|haces (reir|sonreir|feliz|bien)|sacas una sonrisa)",
        f"{TU}siempre (estas|estuviste|estabas|has estado) "
        "(ahi|aqui|alli|conmigo|con nosotr[oa]s|para mi|a mi lado|en mi|pendiente de mi|cerca)",
        f"{TU}siempre (eres|sos|has sido|fuiste) (tan |muy )?(amable|paciente|dulce"
        "|(carinos|buen|tiern|atent|generos|comprensiv|bienvenid)[oa])",
        f"{TU}(nunca|jamas) {FOR_WHOM}(has )?(fallas|fallaste|fallado|quejas|quejaste|quejado"
        "|rindes|rendiste|rendido|juzgas|juzgaste|juzgado|abandonas|abandonaste|abandonado"
        "|(dejas|dejaste|dejado) (caer|sol[oa]))",
        f"{TU}(nunca|jamas) {FOR_WHOM}(dejas|dejaste|has dejado) de "
        "(sorprender|apoyar|cuidar|ayudar|querer|amar|animar|intentar)\\w*",
        f"{TU}(siempre )?(me|nos) (haces|hiciste|hacias|has hecho) sentir(me|nos)? (muy |tan |mas |mucho )*"
        "(bien|mejor|feliz|en casa|en paz|especial|fuerte"
        "|(segur|querid|amad|acompanad|escuchad|vist|valorad)[oa]s?)",
        f"{TU}(siempre (te acuerdas|tienes razon|eres (tu|mi)|en mi)|nunca te olvidas)",
    ),
    promises=openings(
        VOY,
        FUTURE,
        f"{YO}(te |les )?prometo",
        f"{YO}(me comprometo a|me encargo|me ocupo|pienso \\w+[aei]r(te|les|nos|lo|la)?)",
        f"{YO}(?!te escucho){FOR_YOU}",
        f"{A_DAY} ({DEED})",
        f"{CUANDO}[^.!?\\n]*?\\W({VOY}|{FUTURE})",
        f"{CUANDO}[^.!?\\n]*?,\\s*({DEED})",
        f"{CUANDO}[^.,!?\\n]*?\\W(?!(que|cuando|porque|aunque|pero|como|casi)(?!\\w))\\w{{3,}} {FOR_YOU}",
    ),
    reports=openings(
        "((lo que|yo|te|les) )*(escuche|escucho|oi|oigo|entendi|entiendo|comprendi|comprendo"
        "|he (escuchado|oido|entendido|comprendido))",
        f"{DICES}((tu|vos) )?(me (?=extranas|echas|quieres|necesitas))?{OF_YOU}",
        f"{DICES}(ella|el|usted) {OF_THEM}",
        f"que {OF_THEM}",
        "que (tu|vos|usted|ella)",
    ),
    talk=openings(
        "yo|tu|vos|usted|(te|os) \\w+|(no )?(me|nos) \\w+|porque|por que|que|como|quien|cuando no",
        "es que|eso|esto|asi|perdon|perdona|perdoname|lo siento|lo se|gracias|siempre|nunca|no \\w+",
        "soy|eres|sos|estoy|estas|fue|era",
    ),
    refusals=re.compile(
        r"(nada|ninguna?|no|nop|no se|no lo se|mejor no|prefiero no|paso)"
        r"(,? (de nada|manana|hoy|esta noche|esta vez|por ahora|por hoy|de momento|(de|por) mi parte|gracias"
        r"|aun|todavia))*\W*"
    ),
    both_halves=re.compile(
        r"(.*\b(?:siento|estoy|ando|tengo)\b.+?)[\s,.;:-]+(?:(?:y|pero|asi que|por eso|entonces) )?"
        r"((?:yo )?(?:necesito|me hacen? falta)\b.+)",
        re.DOTALL | re.IGNORECASE,
    ),
    assents=re.compile(
        r"((ah|y|pues|bueno|si|ok|okey|vale|dale|claro|por favor)\W+)*"
        r"(si|ok|okey|okay|vale|dale|claro( que si)?|listo|lista|bueno|bien|perfecto|exacto|adelante|hazlo"
        r"|de acuerdo|por supuesto|por favor|gracias|hecho|eso es"
        r"|(asi )?(esta|va|queda) (bien|perfecto)( asi)?"
        r"|(envia|envialo|enviar|enviarlo|manda|mandalo|mandar|mandarlo)( (asi|ya|ahora|tal cual))?)"
        r"(\W+(por favor|ya|ahora|gracias))*\W*"
    ),
    sentences=re.compile(
        r"(yo )?(necesito|me siento|siento|estoy|tengo|quiero|quisiera|me gustaria|me hacen? falta) "
    ),
)

RULES: Mapping[str, Rules] = {"en": ENGLISH, "es": SPANISH}

# -- What a text sets out as --------------------------------------------------

APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u00b4`", "'"))
BEFORE_WORDS = re.compile(r"[\W_]*")  # blanks, quotation marks, dashes, emoji, and marks that open a question


def accuses(words: Words, language: str = "en") -> bool:
    """Whether an answer begins as an accusation, so that its writer may be offered "I feel, I need" instead.

    The beginning is what the other braces against. A thanks that sets out the same way ("you always make me
    laugh") is left alone: to be taken for a reproach would hurt more than the offer helps.
    """
    rules = _rules(words, language)
    return bool(
        rules and _begins(rules, rules.accusations, words) and not _begins(rules, rules.thanks, words)
    )


def promises(words: Words, language: str = "en") -> bool:
    """Whether it reads as an action somebody will do: "I'll ...", or a moment first: "When ..., I will ...".

    A moment may come first because that is the form asked for: a plan tied to one is kept more often.
    "I will never" is a vow about oneself, not an act for the other.
    """
    rules = _rules(words, language)
    return bool(rules and _begins(rules, rules.promises, words))


def reports(words: Words, language: str = "en") -> bool:
    """Whether it reads as what was heard from the other: "I heard ...", "that you ...", "you need ...".

    A line back speaks of the other, to them or about them; an action speaks of oneself.
    """
    rules = _rules(words, language)
    return bool(rules and _begins(rules, rules.reports, words))


def talks(words: Words, language: str = "en") -> bool:
    """Whether it is a question, or said to the other, and promises nothing: of two who are at odds, say."""
    rules = _rules(words, language)
    return asks(words) or bool(rules and _begins(rules, rules.talk, words))


def asks(words: Words) -> bool:
    """Whether it asks something, in any language that ends a question so."""
    return not words.listed and "?" in words.text


def declines(words: Words, language: str = "en") -> bool:
    """Whether it says that there is nothing: "nothing", "no", "nothing from me". No promise is made of it."""
    rules = RULES.get(_spoken(language))
    return bool(rules and rules.refusals.fullmatch(plain(words.text)))


def assents(words: Words) -> bool:
    """Whether it is a mere yes, in any language: "ok", "send it". It answers nothing that asked for words."""
    return any(rules.assents.fullmatch(plain(words.text)) for rules in RULES.values())


def feeling_and_need(words: Words, language: str = "en") -> tuple[Words, Words] | None:
    """Return both halves of "I feel ..., I need ...", each as it was written; None where it is not both."""
    rules = _rules(words, language)
    halves = rules.both_halves.fullmatch(_bare(words.text)) if rules else None
    if halves is None:
        return None
    feeling, need = words.text[: halves.end(1)], words.text[halves.start(2) :]
    return replace(words, text=feeling), replace(words, text=need)


def same(one: Words, other: Words) -> bool:
    """Whether two lines say the same, but for capitals, accents and blanks."""
    return plain(one.text).split() == plain(other.text).split()


def is_sentence(words: Words) -> bool:
    """Whether it is a sentence of its own, "I need ...", in any language, and not a part of one of ours."""
    return any(rules.sentences.match(plain(words.text)) for rules in RULES.values())


def plain(text: str) -> str:
    """Return a text as patterns are written: in small letters, with straight apostrophes, without accents."""
    return BEFORE_WORDS.sub("", _bare(unicodedata.normalize("NFC", text)).casefold(), count=1)


def _begins(rules: Rules, opening: re.Pattern[str], words: Words) -> bool:
    text = plain(words.text)
    led = rules.leading.match(text)
    return bool(opening.match(BEFORE_WORDS.sub("", text[led.end() :], count=1) if led else text))


def _rules(words: Words, language: str) -> Rules | None:
    """What is picked from our own lists sets out as nothing."""
    return None if words.listed else RULES.get(_spoken(language))


def _bare(text: str) -> str:
    """Return a text with straight apostrophes and no accents, as long as before, so that places agree."""
    return "".join(map(_letter, text.translate(APOSTROPHES)))


def _letter(char: str) -> str:
    letter = unicodedata.normalize("NFD", char)[0]
    return letter if letter.isascii() and letter.isalpha() else char


def _spoken(language: str) -> str:
    return re.split("[-_]", language.casefold())[0]
