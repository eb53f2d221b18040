"""Which clock somebody lives by, found from what they type: a city, a country, or a zone's own name.

Every answer comes from one list made beforehand: the zones of the zone database whose territory Babel knows.
What is typed is only ever looked up in tables, so no text can raise, reach a file, or name a clock of nobody.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import zip_longest
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers

MOST = 6  # zones shown at once
NOWHERE = "ZZ"  # Babel's territory of clocks without a place
FIRST = 3  # of a region that a language names
TELLING = 3  # letters of an alphabet to go by; two are any word's
LONGEST = 100  # characters of a place; longer is something else

# The zones to offer for a country with several clocks, the one most people live by first.
MAIN: dict[str, tuple[str, ...]] = {
    "AR": ("America/Argentina/Buenos_Aires",),
    "AU": (
        "Australia/Sydney",
        "Australia/Brisbane",
        "Australia/Perth",
        "Australia/Adelaide",
        "Australia/Darwin",
    ),
    "BR": ("America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha"),
    "CA": (
        "America/Toronto",
        "America/Vancouver",
        "America/Edmonton",
        "America/Winnipeg",
        "America/Halifax",
        "America/St_Johns",
    ),
    "CD": ("Africa/Kinshasa", "Africa/Lubumbashi"),
    "CL": ("America/Santiago", "America/Punta_Arenas", "Pacific/Easter"),
    "CN": ("Asia/Shanghai", "Asia/Urumqi"),
    "CY": ("Asia/Nicosia",),
    "DE": ("Europe/Berlin",),
    "EC": ("America/Guayaquil", "Pacific/Galapagos"),
    "ES": ("Europe/Madrid", "Atlantic/Canary"),
    "GL": ("America/Nuuk", "America/Thule", "America/Danmarkshavn"),
    "ID": ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"),
    "KZ": ("Asia/Almaty",),
    "MN": ("Asia/Ulaanbaatar", "Asia/Hovd"),
    "MX": (
        "America/Mexico_City",
        "America/Tijuana",
        "America/Cancun",
        "America/Hermosillo",
        "America/Ciudad_Juarez",
        "America/Matamoros",
    ),
    "MY": ("Asia/Kuala_Lumpur",),
    "NZ": ("Pacific/Auckland", "Pacific/Chatham"),
    "PF": ("Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier"),
    "PG": ("Pacific/Port_Moresby", "Pacific/Bougainville"),
    "PT": ("Europe/Lisbon", "Atlantic/Azores"),
    "RU": (
        "Europe/Moscow",
        "Asia/Yekaterinburg",
        "Asia/Novosibirsk",
        "Europe/Samara",
        "Asia/Vladivostok",
        "Asia/Irkutsk",
    ),
    "UA": ("Europe/Kyiv",),
    "US": (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Phoenix",
        "Pacific/Honolulu",
    ),
    "UZ": ("Asia/Tashkent",),
}

# Countries as people call them where Babel's name is another.
ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "AE": ("UAE", "Emirates"),
    "BA": ("Bosnia",),
    "CD": ("DR Congo",),
    "CI": ("Ivory Coast",),
    "CV": ("Cabo Verde",),
    "CZ": ("Czech Republic",),
    "GB": ("UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"),
    "KR": ("Korea",),
    "MK": ("Macedonia",),
    "MM": ("Burma", "Myanmar"),
    "NL": ("Holland", "The Netherlands"),
    "PS": ("Palestine",),
    "SZ": ("Swaziland",),
    "TR": ("Turkey",),
    "US": ("US", "USA", "America", "United States of America"),
}

# Cities and regions that live by another city's clock. Of a name in several lines the first is the likelier.
LIVES_BY: dict[str, str] = {
    "America/New_York": (
        "Boston, Washington, Washington DC, Miami, Atlanta, Philadelphia, Baltimore, Pittsburgh, "
        "Cleveland, Columbus, Cincinnati, Charlotte, Orlando, Tampa, Jacksonville, Buffalo, Brooklyn, "
        "NYC, Florida, Georgia, New Jersey, Pennsylvania, Massachusetts, Ohio, Virginia, West "
        "Virginia, North Carolina, South Carolina, Maryland, Delaware, Connecticut, Rhode Island, "
        "Vermont, New Hampshire, Maine, EST, EDT, Eastern Time"
    ),
    "Europe/London": (
        "Manchester, Edinburgh, Birmingham, Glasgow, Liverpool, Leeds, Bristol, Sheffield, Newcastle, "
        "Cardiff, Belfast, Cambridge, Oxford, Brighton"
    ),
    "Asia/Kolkata": (
        "Mumbai, Bombay, Delhi, New Delhi, Bangalore, Bengaluru, Chennai, Madras, Hyderabad, Pune, "
        "Ahmedabad, Jaipur, Goa, Kochi, Lucknow"
    ),
    "Africa/Cairo": "Alexandria, Giza",
    "Africa/Casablanca": "Marrakesh, Marrakech, Rabat, Fez, Tangier",
    "Africa/Dar_es_Salaam": "Dodoma, Zanzibar",
    "Africa/Johannesburg": "Cape Town, Durban, Pretoria, Port Elizabeth, Bloemfontein",
    "Africa/Lagos": "Abuja, Kano, Ibadan, Port Harcourt",
    "Africa/Nairobi": "Mombasa",
    "America/Anchorage": "Alaska",
    "America/Argentina/Buenos_Aires": "La Plata, Mar del Plata, Bariloche",
    "America/Argentina/Cordoba": "Rosario, Santa Fe",
    "America/Bahia": "Salvador",
    "America/Bogota": "Medellin, Cali, Barranquilla, Cartagena, Bucaramanga, Pereira",
    "America/Caracas": "Maracaibo, Valencia, Barquisimeto",
    "America/Chicago": (
        "Houston, Dallas, Austin, San Antonio, Fort Worth, New Orleans, Memphis, Nashville, "
        "Milwaukee, Minneapolis, St. Louis, Kansas City, Oklahoma City, Omaha, Texas, Illinois, "
        "Louisiana, Minnesota, Wisconsin, Missouri, Alabama, Mississippi, Arkansas, Oklahoma, Iowa, "
        "Kansas, Nebraska, Tennessee, North Dakota, South Dakota, CST, CDT, Central Time"
    ),
    "America/Costa_Rica": "San Jose",
    "America/Denver": (
        "Salt Lake City, Albuquerque, Santa Fe, Colorado Springs, El Paso, Colorado, Utah, New "
        "Mexico, Wyoming, Montana, Idaho, MST, MDT, Mountain Time"
    ),
    "America/Detroit": "Michigan",
    "America/Edmonton": "Calgary, Alberta",
    "America/Guayaquil": "Quito, Cuenca",
    "America/Halifax": "Nova Scotia",
    "America/Indiana/Indianapolis": "Indiana",
    "America/Kentucky/Louisville": "Kentucky",
    "America/La_Paz": "Santa Cruz, Cochabamba",
    "America/Lima": "Cusco, Cuzco, Arequipa, Trujillo, Piura, Iquitos, Chiclayo",
    "America/Los_Angeles": (
        "SF, LA, San Francisco, Seattle, San Diego, San Jose, Portland, Las Vegas, Sacramento, Oakland, "
        "California, Washington, Washington State, Oregon, Nevada, PST, PDT, Pacific Time"
    ),
    "America/Mexico_City": "Guadalajara, Puebla, Leon, Queretaro, CDMX, Oaxaca",
    "America/Phoenix": "Tucson, Arizona",
    "America/Puerto_Rico": "San Juan",
    "America/Regina": "Saskatoon, Saskatchewan",
    "America/Santiago": "Valparaiso, Concepcion, Vina del Mar",
    "America/Sao_Paulo": (
        "Rio de Janeiro, Rio, Brasilia, Belo Horizonte, Curitiba, Porto Alegre, Florianopolis, Goiania"
    ),
    "America/Toronto": "Montreal, Ottawa, Quebec, Quebec City, Hamilton, Ontario",
    "America/Vancouver": "Victoria, British Columbia",
    "America/Winnipeg": "Manitoba",
    "Asia/Almaty": "Astana",
    "Asia/Baghdad": "Basra, Erbil, Mosul",
    "Asia/Bangkok": "Chiang Mai, Phuket, Pattaya",
    "Asia/Dubai": "Abu Dhabi, Sharjah",
    "Asia/Ho_Chi_Minh": "Hanoi, Saigon, Da Nang, Haiphong",
    "Asia/Jakarta": "Surabaya, Bandung, Yogyakarta, Medan",
    "Asia/Jerusalem": "Tel Aviv, Haifa",
    "Asia/Karachi": "Lahore, Islamabad, Faisalabad, Rawalpindi, Peshawar, Hyderabad",
    "Asia/Kuala_Lumpur": "Penang, Johor Bahru",
    "Asia/Makassar": "Bali, Denpasar",
    "Asia/Manila": "Cebu, Davao, Quezon City",
    "Asia/Riyadh": "Jeddah, Mecca, Medina, Dammam",
    "Asia/Seoul": "Busan, Incheon, Daegu",
    "Asia/Shanghai": (
        "Beijing, Shenzhen, Guangzhou, Chengdu, Chongqing, Wuhan, Hangzhou, Nanjing, Tianjin, Xian, "
        "Harbin, Suzhou"
    ),
    "Asia/Taipei": "Kaohsiung, Taichung, Tainan",
    "Asia/Tehran": "Isfahan, Shiraz, Mashhad, Tabriz",
    "Asia/Tokyo": "Osaka, Kyoto, Yokohama, Nagoya, Sapporo, Fukuoka, Kobe, Hiroshima, Okinawa",
    "Atlantic/Canary": "Canary Islands, Tenerife, Las Palmas, Gran Canaria, Lanzarote, Fuerteventura",
    "Australia/Brisbane": "Gold Coast, Queensland",
    "Australia/Hobart": "Tasmania",
    "Australia/Melbourne": "Victoria, Geelong",
    "Australia/Perth": "Western Australia",
    "Australia/Sydney": "Canberra, Newcastle, New South Wales, NSW",
    "Europe/Amsterdam": "Rotterdam, The Hague, Den Haag, Utrecht, Eindhoven",
    "Europe/Athens": "Thessaloniki, Crete",
    "Europe/Belgrade": "Novi Sad",
    "Europe/Berlin": (
        "Munich, München, Muenchen, Hamburg, Cologne, Köln, Koeln, Frankfurt, Stuttgart, Düsseldorf, "
        "Duesseldorf, Leipzig, Dresden, Bremen, Hanover, Hannover, Nuremberg, Nürnberg, Bonn, "
        "Dortmund, Essen, Freiburg"
    ),
    "Europe/Brussels": "Bruxelles, Antwerp, Antwerpen, Ghent, Gent, Bruges, Liège",
    "Europe/Bucharest": "Cluj, Timisoara, Iasi",
    "Europe/Copenhagen": "København, Aarhus, Odense",
    "Europe/Dublin": "Cork, Galway, Limerick",
    "Europe/Helsinki": "Tampere, Turku, Espoo",
    "Europe/Istanbul": "Ankara, Izmir, Antalya, Bursa",
    "Europe/Kyiv": "Lviv, Odesa, Odessa, Kharkiv, Dnipro",
    "Europe/Lisbon": "Lisboa, Porto, Coimbra, Faro, Braga",
    "Europe/Madrid": (
        "Barcelona, Valencia, Seville, Sevilla, Malaga, Bilbao, Zaragoza, Granada, Cordoba, Palma, "
        "Mallorca, Ibiza, Leon, Guadalajara, Merida, Cartagena, Santiago de Compostela"
    ),
    "Europe/Moscow": "St. Petersburg, Petersburg, Kazan, Sochi, Nizhny Novgorod, Moskva",
    "Europe/Paris": (
        "Lyon, Marseille, Marseilles, Toulouse, Nice, Bordeaux, Lille, Nantes, Strasbourg, "
        "Montpellier, Rennes"
    ),
    "Europe/Prague": "Praha, Brno, Ostrava",
    "Europe/Rome": (
        "Roma, Milan, Milano, Naples, Napoli, Turin, Torino, Florence, Firenze, Venice, Venezia, "
        "Bologna, Palermo, Genoa, Genova, Verona, Sicily, Sardinia"
    ),
    "Europe/Stockholm": "Gothenburg, Göteborg, Malmö, Uppsala",
    "Europe/Oslo": "Bergen, Trondheim, Stavanger",
    "Europe/Vienna": "Wien, Graz, Salzburg, Linz, Innsbruck",
    "Europe/Warsaw": "Warszawa, Krakow, Cracow, Wroclaw, Gdansk, Poznan, Lodz",
    "Europe/Zurich": "Geneva, Genève, Genf, Basel, Bern, Berne, Lausanne, Lucerne, Lugano",
    "Pacific/Auckland": "Wellington, Christchurch, Queenstown, Hamilton, Dunedin",
    "Pacific/Honolulu": "Hawaii",
}

# Where those who read a language are likely to live. Any other language: its own country, by Babel.
SPOKEN: dict[str, tuple[str, ...]] = {
    "ar": ("Africa/Cairo", "Asia/Riyadh", "Asia/Dubai", "Africa/Casablanca", "Africa/Algiers"),
    "en": (
        "America/New_York",
        "Europe/London",
        "America/Los_Angeles",
        "America/Chicago",
        "Asia/Kolkata",
        "Australia/Sydney",
    ),
    "es": (
        "America/Mexico_City",
        "Europe/Madrid",
        "America/Bogota",
        "America/Argentina/Buenos_Aires",
        "America/Santiago",
        "America/New_York",
    ),
    "fr": ("Europe/Paris", "America/Toronto", "Africa/Abidjan", "Africa/Kinshasa", "Africa/Algiers"),
    "pt": ("America/Sao_Paulo", "Europe/Lisbon", "America/Manaus", "Africa/Luanda", "Africa/Maputo"),
    "ru": ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Novosibirsk", "Asia/Almaty", "Europe/Minsk"),
}

# Letters that Unicode does not take apart; \u0131 is the dotless i.
UNMARKED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe"})


def find(text: str, language: str = "en") -> tuple[ZoneInfo, ...]:
    """Return the zones that a typed place may mean, best first, at most six; none when nothing fits.

    1. The whole text names a place or a zone: that, and nothing that only resembles it.
    2. It is the beginning of a name, or of a later word in one: it is still being typed.
    3. Places stand in it ("Cordoba, Spain", "I live in Lima"): the zones on which most of them agree.
    """
    if len(text) > LONGEST or not (typed := _folded(text)):
        return ()
    if own := _ids().get(text.strip().casefold()):
        return (ZoneInfo(own),)
    places = _places(_locale(language))
    found = places.get(typed) or _begun(places, typed) or _agreed(places, typed)
    return tuple(ZoneInfo(key) for key in found[:MOST])


def name(zone: ZoneInfo, language: str = "en") -> str:
    """Return the zone's city as people say it in a language."""
    return _city(_ids().get(str(zone).casefold(), str(zone)), _locale(language))


def likely(languages: Sequence[str], home: ZoneInfo, now: datetime) -> tuple[ZoneInfo, ...]:
    """Return up to six zones to offer before anything is typed: home, then the languages' own, each in turn.

    A zone whose clock shows the same as an earlier one's is left out: what is asked is what the clock shows.
    """
    turns = zip_longest(*(_spoken_in(language) for language in languages))
    offered: dict[object, ZoneInfo] = {now.astimezone(home).utcoffset(): home}
    for zone in (ZoneInfo(key) for turn in turns for key in turn if key in known()):
        offered.setdefault(now.astimezone(zone).utcoffset(), zone)
    return tuple(offered.values())[:MOST]


@cache
def known() -> Mapping[str, str]:
    """Return every zone one can live by, with its territory. Other names of a zone are not among them."""
    here, territories = available_timezones(), sorted(get_global("zone_territories").items())
    return {key: territory for key, territory in territories if key in here and territory != NOWHERE}


def _begun(places: Mapping[str, tuple[str, ...]], typed: str) -> list[str]:
    if not _telling(typed):
        return []
    begun = [place for place in places if place.startswith(typed) or f" {typed}" in place]
    begun.sort(key=lambda at: (not at.startswith(typed), not _is_main(places[at][0]), len(at), at))
    return list(dict.fromkeys(key for place in begun for key in places[place]))


def _agreed(places: Mapping[str, tuple[str, ...]], typed: str) -> list[str]:
    agree = Counter(key for place in _mentioned(places, typed.split()) for key in places[place])
    return [key for key, count in agree.items() if count == max(agree.values())]


def _mentioned(places: Mapping[str, tuple[str, ...]], words: list[str]) -> Iterator[str]:
    """Yield the places named in a text, the longest first at each word: "New Mexico" is not Mexico."""
    at = 0
    while at < len(words):
        runs = ((" ".join(words[at:end]), end) for end in range(len(words), at, -1))
        place, at = next(((run, end) for run, end in runs if run in places and _telling(run)), ("", at + 1))
        if place:
            yield place


def _telling(typed: str) -> bool:
    """Whether it is enough to go by. Two signs may be a whole city: Tokyo is."""
    return len(typed) >= TELLING or not typed.isascii()


@lru_cache(maxsize=16)
def _places(locale: str) -> Mapping[str, tuple[str, ...]]:
    """Return every name of a place, folded, with its zones, best first.

    A zone's own city comes before a country of that name, and both before whoever lives by another's clock.
    """
    cities = ((_folded(city), [key]) for key in known() for city in _cities(key, locale))
    countries = ((_folded(country), _of(code)) for code, country in _countries(locale))
    others = ((_folded(city), [key]) for key, cities in LIVES_BY.items() for city in cities.split(", "))
    formers = ((_folded(_last(alias)), [key]) for alias, key in _aliases() if "Australia" not in alias)
    places: dict[str, dict[str, None]] = {}
    for place, keys in (*cities, *countries, *others, *formers):
        places.setdefault(place, {}).update(dict.fromkeys(key for key in keys if key in known()))
    return {place: tuple(keys) for place, keys in places.items() if place and keys}


def _cities(key: str, locale: str) -> Iterable[str]:
    return (_last(key), _city(key, "en"), _city(key, locale))


def _countries(locale: str) -> Iterator[tuple[str, str]]:
    for code in dict.fromkeys(known().values()):
        yield code, Locale.parse("en").territories.get(code, "")
        yield code, Locale.parse(locale).territories.get(code, "")
        yield from ((code, called) for called in ALSO_CALLED.get(code, ()))


@cache
def _of(territory: str) -> tuple[str, ...]:
    return MAIN.get(territory) or tuple(key for key, home in known().items() if home == territory)


def _is_main(key: str) -> bool:
    return key in _of(known()[key])


def _city(key: str, locale: str) -> str:
    """Return what CLDR calls the city, which it may keep under a former name of the zone (Calcutta)."""
    zones = Locale.parse(locale).time_zones
    named = (zones.get(former, {}).get("city") for former in (key, *_formers().get(key, ())))
    return next((city for city in named if city), _last(key))


@cache
def _formers() -> Mapping[str, tuple[str, ...]]:
    formers: dict[str, tuple[str, ...]] = {}
    for alias, key in _aliases():
        formers[key] = (*formers.get(key, ()), alias)
    return formers


@cache
def _aliases() -> tuple[tuple[str, str], ...]:
    """Return the other names that lie in the area of a zone. "US/Eastern" names no city."""
    areas = {key.split("/")[0] for key in known()}
    aliases = sorted(get_global("zone_aliases").items())
    return tuple((alias, key) for alias, key in aliases if key in known() and alias.split("/")[0] in areas)


@cache
def _ids() -> Mapping[str, str]:
    """Return each zone by its id and by other ids of it. Bare letters are left out: "EST" is Panama's."""
    aliases = {alias: key for alias, key in get_global("zone_aliases").items() if "/" in alias}
    ids = aliases | {key: key for key in known()}
    return {called.casefold(): key for called, key in ids.items() if key in known()}


def _spoken_in(language: str) -> tuple[str, ...]:
    """Return where a language is read: in the region it names ("pt-BR"), then everywhere likely."""
    spoken, *parts = re.split("[-_]", language)
    regions = [part.upper() for part in parts if part.upper() in known().values()]
    spoken = spoken.lower()
    if spoken not in SPOKEN:
        regions += get_global("likely_subtags").get(spoken, "").split("_")[-1:]
    return (*(key for region in regions for key in _of(region)[:FIRST]), *SPOKEN.get(spoken, ()))


@cache
def _locales() -> Mapping[str, str]:
    return {identifier.lower(): identifier for identifier in locale_identifiers()}


def _locale(language: str) -> str:
    """Return the nearest locale that Babel lists: its loader looks for a file by that name."""
    asked = language.replace("-", "_").lower()
    return _locales().get(asked) or _locales().get(asked.split("_")[0]) or "en"


def _last(key: str) -> str:
    return key.rpartition("/")[2].replace("_", " ")


def _folded(text: str) -> str:
    """Return the bare words: no case, no accents, no marks between them; a saint is a "st"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    bare = re.sub("['\u2019`]", "", bare).translate(UNMARKED)
    words = re.sub(r"[\W_]+", " ", bare).split()
    return " ".join("st" if word == "saint" else word for word in words)
