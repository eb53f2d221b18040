"""How an apology goes wrong in its words: what its writer may be told before it is sent. Pure, per language.

A draft is looked at for its writer alone, and one way at most is named, with the sentence that says why. It
never holds anything back: an offer that is wrong costs a glance, and to be corrected costs the courage to
write at all. So doubt means that nothing is found, and a language without rules finds nothing.

A pattern is in lower case, with straight apostrophes, single blanks and no accents, and bot/wording.py brings
a text to that form. The ways are in the order in which they hurt most.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.ritual import Words
from bot.wording import plain, spoken

# -- Why it goes wrong --------------------------------------------------------

THEIR_FEELING = "Being sorry for what the other feels leaves out what you did."
IN_DOUBT = 'An "if" puts in doubt that it happened, or that it hurt.'
THEIR_DOING = "It makes the other answer for what you did."
MADE_SMALL = "To call it small says that there was no reason to be hurt."
SHARED_OUT = "It shares out the blame, and your own part gets smaller."
TAKEN_BACK = 'What comes after a "but" is heard, and what came before it is gone.'
MEANT_WELL = "What you meant comes better later: first what it did."
FOR_ANYTHING = "An apology for anything at all names nothing that you did."
ASKS_BACK = "To ask for forgiveness asks something of the one who was hurt."


@dataclass(frozen=True)
class Way:
    """One way in which an apology goes wrong: why, and how it reads in each language."""

    why: str
    reads: Mapping[str, re.Pattern[str]]


def anywhere(*phrases: str) -> re.Pattern[str]:
    """Return one pattern for all of these, as whole words, wherever they stand."""
    return re.compile(f"(?<!\\w)(?:{'|'.join(phrases)})(?!\\w)")


# In small letters: these are no texts.
you, are = "(you|u)", "('re| are| were)"
gladly = "(?! (feel )?(so |very |really )*(happy|glad|proud|smile|laugh|loved|safe|seen|heard|calm|tea))"
con_gusto = "(?! (sentir )?(muy |tan )*(feliz|reir|sonreir|bien|amad[oa]|querid[oa]|segur[oa]|en casa))"
lo_siento = "(siento|lamento|perdon|perdona|disculpa|sentimos)( mucho)?"
dolio = "(dolio|molesto|lastimo|ofendio|hirio|hizo dano)"

# -- How it reads -------------------------------------------------------------

WAYS = (
    Way(
        THEIR_FEELING,
        {
            "en": anywhere(
                f"(sorry|apologi[sz]e|regret)( for)?( that)? {you} (feel|felt|think|thought|see it|saw it)",
                f"(sorry|apologi[sz]e|regret)( that)? {you} (take|took) (it|that|this)",
                f"(sorry|apologi[sz]e|regret)( that)? {you}({are}|'ve| have| got| get)( so| been)?"
                " (feeling|upset|offended|angry|mad|bothered)",
                f"(sorry|apologi[sz]e|regret)( for| that('s| is))? how {you} (feel|felt|see|saw|took)",
                f"sorry (that )?(it|this|that) (upset|upsets|offended|bothered|bothers) {you}",
            ),
            "es": anywhere(
                f"{lo_siento} (que|como) (tu )?te (sientas|sientes|sentiste|sintieras|sintieses)",
                f"{lo_siento} que (tu )?te (molestaras|ofendieras|enojaras|enfadaras)",
                f"{lo_siento} que (tu )?te hayas (sentido|molestado|ofendido|enojado|enfadado)",
                f"{lo_siento} que (tu )?lo (tomes|tomaras|hayas tomado|veas|vieras)",
                f"{lo_siento} que (tu )?(pienses|creas|pensaras|creyeras)",
            ),
        },
    ),
    Way(
        IN_DOUBT,
        {
            "en": anywhere(
                f"if {you} (feel|felt|think|thought|took|found|got (hurt|upset))",
                f"if {you}{are} (hurt|upset|offended|sad|angry|bothered)",
                "if i('ve| have)?( ever)? (hurt|upset|offended|wronged|disappointed|came across)",
                "if i('ve| have)?( ever)? (said|did|done) (anything|something)",
                "if (anything|something|what|it|this|that) (i (said|did|wrote) )?(has )?"
                "(hurt|upset|offended|bothered)",
            ),
            "es": anywhere(
                "si (tu )?te (sentiste|sientes|has sentido|sintieras|ofendiste|molestaste)",
                f"si (algo |lo |eso |esto )?(de lo )?(que (dije|hice|escribi) )?te {dolio}",
                "si te (heri|ofendi|moleste|lastime|hice (dano|sentir)|he (herido|ofendido|hecho dano))",
                "si (yo )?(dije|hice) algo",
            ),
        },
    ),
    Way(
        THEIR_DOING,
        {
            "en": anywhere(
                f"{you} (just |really )*(made|make|forced|drove|pushed|provoked) me{gladly}",
                f"{you} (started|began) (it|this|that|the (fight|argument|row))",
                f"because {you} (just |really )*(always|never|started|kept|provoked|pushed|forced)",
                f"(because|when) {you} ((wo|would|did|do)n'?t|will not|would not) (stop|listen)",
                "(it'?s|it is|that'?s|it was) (partly |also |all )*(your|ur) fault",
            ),
            "es": anywhere(
                f"(tu )?me (hiciste|haces|obligaste|obligas|provocaste|provocas|empujaste){con_gusto}",
                "(tu )?(empezaste|lo empezaste|fuiste tu quien|tuviste (tu )?la culpa)",
                "porque (tu )?(siempre|nunca|empezaste|no (me escuchas|me escuchaste|paras|parabas|paraste))",
                "(es|fue|era) (tambien |en parte )*(por )?(tu culpa|culpa tuya)",
            ),
        },
    ),
    Way(
        MADE_SMALL,
        {
            "en": anywhere(
                "(just|only) (a |an )?((little|stupid|bad) )?(joke|joking|kidding|teasing|bit of fun)",
                "(not|no|isn'?t|wasn'?t|hardly)( such)?( a)?( that)? (big deal|the end of the world)",
                f"{you}{are} (just |being |too |so |over)*(sensitive|dramatic|overreacting|exaggerating)",
                f"{you} (always |just )*(overreact|overreacted|exaggerate|exaggerated)",
                "calm down",
            ),
            "es": anywhere(
                "(era|fue|es|solo|solamente) (solo |solamente )?(una )?(broma|bromita|tonteria|chiste)",
                "(en|de) broma",
                "no (es|era|fue) (para tanto|tan grave|nada|gran cosa)",
                "(tu )?(eres|estas|estuviste) ((muy|demasiado|tan) )*(sensible|exagerando|dramatic[oa])",
                "(tu )?(exageras|exageraste)",
                "calmate",
            ),
        },
    ),
    Way(
        SHARED_OUT,
        {
            "en": anywhere(
                "we('re| are| were| have|'ve)? both (made|did|said|wrong|to blame|at fault)",
                "both of us (are|were|made|did|said)",
                f"{you} (did|do|said|say) (the same|it too|that too|it as well)",
                f"{you} (also|too) (did|said|made|hurt|shouted|yelled|lied|left)",
                f"so (did|were|do|are) {you}",
                f"{you}{are}(n'?t| not) (perfect|innocent|blameless)",
            ),
            "es": anywhere(
                "(los dos|las dos|ambos|ambas) (nos|hemos|tenemos|tuvimos|dijimos|hicimos|fallamos|gritamos)",
                "tu tambien",
                "igual que tu",
                "(tu )?(tampoco|no) (eres|fuiste|estuviste) (perfect[oa]|inocente)",
            ),
        },
    ),
    Way(
        TAKEN_BACK,
        {
            "en": anywhere(
                "(?<!nothing )(?<!anything )(?<!everything )(?<!nobody )(?<!no one )(?<!all )but",
                "however",
                "(even )?though",
                "although",
                "in my defen[cs]e",
            ),
            "es": anywhere("pero", "aunque", "sin embargo", "no obstante", "en mi defensa", "a pesar de que"),
        },
    ),
    Way(
        MEANT_WELL,
        {
            "en": anywhere(
                "i (really |honestly |just )*(didn'?t|did not|never) (really |actually )*"
                "(mean|meant|intend|intended|want|wanted) (to|it|that|any)",
                "(wasn'?t|was not|never) my intention",
                "i (only|just) (meant|wanted|tried)",
            ),
            "es": anywhere(
                "(yo )?(no|nunca) (te )?(quise|queria|pretendi|pretendia)",
                "(no|nunca) (fue|era|ha sido) mi intencion",
                "sin querer",
                "(yo )?solo (queria|quise|intentaba|pretendia)",
            ),
        },
    ),
    Way(
        FOR_ANYTHING,
        {
            "en": anywhere(
                "(sorry|apologi[sz]e)( to you)? for (everything|anything|whatever|all of it|it all)"
                "(?! (that )?i )",
                "whatever (it was |it is )?(that )?i (may |might |could )?(have )?(done|did|said)",
                "mistakes (were|have been) made",
            ),
            "es": anywhere(
                f"({lo_siento}|disculpas) por (todo|cualquier cosa|lo que sea)(?! (lo )?que)",
                "lo que sea que (yo )?(hice|dije|hiciera|dijera|haya (hecho|dicho))",
                "se cometieron errores",
            ),
        },
    ),
    Way(
        ASKS_BACK,
        {
            "en": anywhere(
                "forgive me",
                f"(hope|want|need|wish) {you}( can| could|'ll| will| to)* forgive",
                "(can|could) we (just )?(forget|move on|drop)",
            ),
            "es": anywhere(
                "perdoname",
                "me (perdonas|perdones|perdonaras|puedes perdonar|podras perdonar)",
                "(puedes|podrias|podras) perdonarme",
                "(olvidemos|olvidemoslo|podemos (olvidar|pasar pagina))",
            ),
        },
    ),
)


def goes_wrong(words: Words, language: str = "en") -> str:
    """Return why a draft may not reach the other, in one sentence; empty where nothing is found."""
    text = " ".join(plain(words.text).split())
    for way in () if words.listed else WAYS:
        found = way.reads.get(spoken(language))
        if found and found.search(text):
            return way.why
    return ""
