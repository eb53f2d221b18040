"""From what is typed to a clock: the places people name, and the texts that name none."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.couple import places
from bot.couple.places import LIVES_BY, MAIN, MOST, SPOKEN, find, known, likely, name

BERLIN, LIMA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Lima")
LANGUAGES = ["en", "de", "", "..", "\ud800"]
SUMMER, WINTER = datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)


def keys(zones: tuple[ZoneInfo, ...]) -> list[str]:
    return [zone.key for zone in zones]


def our_cities() -> Iterator[tuple[str, str]]:
    yield from ((city, key) for key, cities in LIVES_BY.items() for city in cities.split(", "))


@pytest.mark.parametrize(
    ("typed", "language", "zone", "why"),
    [
        ("Berlin", "en", "Europe/Berlin", "a zone's city"),
        ("  berlin. ", "en", "Europe/Berlin", "blanks and a dot"),
        ("LIMA", "en", "America/Lima", "capitals"),
        ("Sao Paulo", "en", "America/Sao_Paulo", "no accent"),
        ("são paulo", "en", "America/Sao_Paulo", "an accent"),
        ("sa\u0303o paulo", "en", "America/Sao_Paulo", "an accent of its own"),
        ("new-york", "en", "America/New_York", "a dash"),
        ("St John\u2019s", "en", "America/St_Johns", "a curly apostrophe"),
        ("Saint Johns", "en", "America/St_Johns", "a saint in full"),
        ("Wien", "de", "Europe/Vienna", "a city in its language"),
        ("Moscú", "es", "Europe/Moscow", "a city in another language"),
        ("Vienna", "de", "Europe/Vienna", "English, whatever the language"),
        ("東京", "ja", "Asia/Tokyo", "two signs"),
        ("Calcuta", "es", "Asia/Kolkata", "kept by Babel under a former name"),
        ("Germany", "en", "Europe/Berlin", "a country"),
        ("Alemania", "es", "Europe/Berlin", "a country in its language"),
        ("Peru", "en", "America/Lima", "a country with one clock"),
        ("UK", "en", "Europe/London", "a country's letters"),
        ("Turkey", "en", "Europe/Istanbul", "a country's other name"),
        ("Europe/Berlin", "en", "Europe/Berlin", "an id"),
        ("america/argentina/buenos_aires", "en", "America/Argentina/Buenos_Aires", "an id in small letters"),
        ("Asia/Calcutta", "en", "Asia/Kolkata", "a former id"),
        ("US/Pacific", "en", "America/Los_Angeles", "an id by country"),
        ("Kiev", "en", "Europe/Kyiv", "a former name"),
        ("Munich", "en", "Europe/Berlin", "lives by another's clock"),
        ("münchen", "en", "Europe/Berlin", "in its own spelling"),
        ("EST", "en", "America/New_York", "not Panama, whose letters they are"),
        ("New Mexico", "en", "America/Denver", "not Mexico"),
        ("New Jersey", "en", "America/New_York", "not Jersey"),
        ("Leipzig, Germany", "en", "Europe/Berlin", "a city and its country"),
        ("Cordoba, Spain", "en", "Europe/Madrid", "a country decides"),
        ("San Jose, Costa Rica", "en", "America/Costa_Rica", "a country decides"),
        ("San José, California", "en", "America/Los_Angeles", "a region decides"),
        ("I live in Lima", "en", "America/Lima", "a sentence"),
        ("Frankfurt am Main", "en", "Europe/Berlin", "more than the name"),
        ("\0Berlin\ud800", "en", "Europe/Berlin", "stray bytes around it"),
        ("Berlin", "xx-nowhere", "Europe/Berlin", "an unknown language"),
        ("Berlin", "../../etc/passwd", "Europe/Berlin", "a language that is a path"),
        ("Berlim", "pt-BR", "Europe/Berlin", "a language with a region"),
        ("Rom", "de-XX", "Europe/Rome", "a language with an unknown region"),
        ("\u0141\u00f3d\u017a", "en", "Europe/Warsaw", "letters that cannot be taken apart"),
        ("Kostanay", "de", "Asia/Qostanay", "English in any language, unlike the id"),
        ("Dumont-d'Urville", "en", "Antarctica/DumontDUrville", "English, unlike the id"),
        ("I live in Mexico City", "en", "America/Mexico_City", "the longer name in a sentence"),
    ],
)
def test_a_place_is_found(typed: str, language: str, zone: str, why: str) -> None:
    assert keys(find(typed, language)) == [zone], why


@pytest.mark.parametrize(
    ("typed", "zones", "why"),
    [
        ("lond", ["Europe/London"], "still being typed"),
        ("paulo", ["America/Sao_Paulo"], "a later word"),
        ("Samoa", ["Pacific/Apia", "Pacific/Pago_Pago"], "the country before a former name"),
        ("Georgia", ["Asia/Tbilisi", "America/New_York"], "a country and a state"),
        ("Washington", ["America/New_York", "America/Los_Angeles"], "a city and a state"),
        ("Cordoba", ["America/Argentina/Cordoba", "Europe/Madrid"], "two cities"),
        ("Paris, Texas", ["Europe/Paris", "America/Chicago"], "no agreement: both"),
        ("Spain", ["Europe/Madrid", "Atlantic/Canary"], "two clocks"),
        ("Argentina", ["America/Argentina/Buenos_Aires"], "twelve zones, one clock"),
        ("USA", list(MAIN["US"]), "six of its clocks"),
        ("sara", ["Europe/Sarajevo", "Europe/Saratov"], "a country's main clock first"),
    ],
)
def test_several_meanings_come_best_first(typed: str, zones: list[str], why: str) -> None:
    assert keys(find(typed)) == zones, why


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "nothing"),
        ("   ", "blanks"),
        ("?!", "marks"),
        ("b", "one letter"),
        ("../../etc/passwd", "a path"),
        ("/etc/localtime", "a path to a zone"),
        ("localtime", "a file among the zones"),
        ("posixrules", "a file among the zones"),
        ("Factory", "a zone of no place"),
        ("UTC", "a clock of nobody"),
        ("Etc/GMT+3", "a clock of nobody"),
        ("tell us", "a word that is a country's letters"),
        ("qwertz", "no place"),
        ("\0", "a zero"),
        ("\ud800\udfff", "halves of characters"),
        ("LHI", "letters of a former id"),
        ("Berlin " * 1000, "far too long"),
        ("x" * 5000, "far too long"),
    ],
)
def test_what_is_no_place_finds_nothing(typed: str, why: str) -> None:
    assert find(typed) == (), why


def test_one_sign_may_begin_a_city_and_one_letter_may_not() -> None:
    assert keys(find("\u6771", "ja"))[0] == "Asia/Tokyo"
    assert find("t", "ja") == ()


def test_no_more_than_six_are_shown() -> None:
    assert len(find("san")) == len(find("new")) == len(find("Antarctica")) == MOST


@given(st.text(st.characters(exclude_categories=()), max_size=120), st.sampled_from(LANGUAGES))
@settings(max_examples=100, deadline=None)
def test_no_text_raises_and_no_answer_leaves_the_list(text: str, language: str) -> None:
    found = find(text, language)
    assert len(found) <= MOST
    assert len(set(found)) == len(found)
    assert set(keys(found)) <= set(known())


def test_typed_text_never_reaches_a_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    find("Berlin")
    opened: list[str] = []
    monkeypatch.setattr(places, "ZoneInfo", opened.append)
    for typed in ("../../etc/passwd", "Europe/../Europe/Berlin", "posix/Europe/Berlin", "right/Asia/Tokyo"):
        find(typed)
    assert set(opened) <= set(known())


def test_the_list_holds_zones_of_places_under_one_name_each() -> None:
    assert set(known()) <= available_timezones()
    assert not {"UTC", "Etc/UTC", "Factory", "Asia/Calcutta", "localtime"} & set(known())
    assert {"Europe/Berlin", "America/Lima", "Asia/Kolkata"} <= set(known())


def test_every_zone_in_our_tables_is_on_the_list() -> None:
    ours = {*LIVES_BY, *(key for table in (MAIN, SPOKEN) for zones in table.values() for key in zones)}
    assert ours <= set(known())


@pytest.mark.parametrize("country", sorted(MAIN))
def test_the_clocks_offered_for_a_country_are_its_own(country: str) -> None:
    assert {known()[key] for key in MAIN[country]} == {country}


def test_every_city_of_ours_is_found_at_its_zone() -> None:
    lost = [(city, key) for city, key in our_cities() if key not in keys(find(city))]
    assert not lost


def test_every_zone_is_found_by_its_own_name() -> None:
    lost = [key for key in known() if key not in keys(find(name(ZoneInfo(key)))) or keys(find(key)) != [key]]
    assert not lost


@pytest.mark.parametrize(
    "city",
    [
        "Munich",
        "Hamburg",
        "Cologne",
        "Frankfurt",
        "Milan",
        "Naples",
        "Barcelona",
        "Valencia",
        "Lyon",
        "Marseille",
        "Geneva",
        "Manchester",
        "Edinburgh",
        "Boston",
        "Washington",
        "Miami",
        "San Francisco",
        "Seattle",
        "San Diego",
        "Houston",
        "Dallas",
        "Austin",
        "Atlanta",
        "Philadelphia",
        "Montreal",
        "Rio de Janeiro",
        "Mumbai",
        "Delhi",
        "Bangalore",
        "Chennai",
        "Beijing",
        "Shenzhen",
        "Guangzhou",
        "Osaka",
        "Kyoto",
        "Busan",
        "Saint Petersburg",
        "Krakow",
        "Guadalajara",
        "Monterrey",
        "Medellin",
        "Cali",
        "Cordoba",
        "Cusco",
        "Arequipa",
        "Valparaiso",
        "Cape Town",
        "Durban",
        "Abuja",
        "Alexandria",
        "Ankara",
        "Izmir",
        "Tel Aviv",
        "Abu Dhabi",
        "Hanoi",
        "Canberra",
        "Wellington",
    ],
)
def test_a_big_city_need_not_name_a_zone(city: str) -> None:
    assert find(city)


@pytest.mark.parametrize(
    ("zone", "language", "said"),
    [
        ("America/New_York", "en", "New York"),
        ("America/Argentina/Buenos_Aires", "en", "Buenos Aires"),
        ("America/Port-au-Prince", "en", "Port-au-Prince"),
        ("America/St_Johns", "en", "St. John\u2019s"),
        ("Asia/Ho_Chi_Minh", "en", "Ho Chi Minh City"),
        ("Asia/Kolkata", "en", "Kolkata"),
        ("Asia/Calcutta", "es", "Calcuta"),
        ("US/Pacific", "en", "Los Angeles"),
        ("America/Toronto", "fr", "Toronto"),
        ("Europe/Kyiv", "de", "Kiew"),
        ("Asia/Shanghai", "fr", "Shanghai"),
        ("Europe/Vienna", "de", "Wien"),
        ("Europe/Vienna", "xx", "Vienna"),
        ("UTC", "en", "UTC"),
    ],
)
def test_a_zone_is_called_as_people_say_it(zone: str, language: str, said: str) -> None:
    assert name(ZoneInfo(zone), language) == said


@pytest.mark.parametrize(
    ("languages", "home", "now", "zones"),
    [
        ([], BERLIN, SUMMER, ["Europe/Berlin"]),
        (["de"], LIMA, SUMMER, ["America/Lima", "Europe/Berlin"]),
        (
            ["de", "es"],
            BERLIN,
            WINTER,
            ["Europe/Berlin", "America/Mexico_City", "America/Bogota", "America/Argentina/Buenos_Aires"],
        ),
        (
            ["en", "pt-BR"],
            BERLIN,
            SUMMER,
            [
                "Europe/Berlin",
                "America/New_York",
                "America/Sao_Paulo",
                "Europe/London",
                "America/Los_Angeles",
                "America/Rio_Branco",
            ],
        ),
        (
            ["en-AU"],
            LIMA,
            SUMMER,
            [
                "America/Lima",
                "Australia/Sydney",
                "Australia/Perth",
                "America/New_York",
                "Europe/London",
                "America/Los_Angeles",
            ],
        ),
        (["xx", "", "../..", "\ud800"], LIMA, SUMMER, ["America/Lima"]),
    ],
    ids=["no language", "one country", "the same clock", "two in turn", "a region", "no such language"],
)
def test_likely_zones_begin_at_home(
    languages: list[str], home: ZoneInfo, now: datetime, zones: list[str]
) -> None:
    assert keys(likely(languages, home, now)) == zones


@pytest.mark.parametrize("now", [SUMMER, WINTER], ids=["summer", "winter"])
@pytest.mark.parametrize("home", ["Europe/Berlin", "America/Lima", "UTC", "Asia/Calcutta"])
def test_no_two_likely_zones_show_the_same_clock(home: str, now: datetime) -> None:
    zones = likely(["en", "es", "ru", "ar", "fr"], ZoneInfo(home), now)
    assert zones[0].key == home
    assert len(zones) == MOST
    assert len({now.astimezone(zone).utcoffset() for zone in zones}) == MOST
