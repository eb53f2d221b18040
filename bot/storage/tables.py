"""The tables. Plain columns hold times, numbers and names of ours; what people said or are called is sealed.

Times are UTC. Ids are our own and grow with time (bot/storage/store.py), so an older row has a smaller id.
"""

from datetime import UTC, date, datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    TypeDecorator,
    and_,
    bindparam,
    exists,
    false,
    or_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone: nobody could say when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment with its zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NOW = bindparam("now", type_=Utc())  # of a question that is made once


class Base(DeclarativeBase):
    """All tables of Tend."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to say it
        int: BigInteger,
        datetime: Utc,
        bytes: LargeBinary,
        str: String(64),
    }

    def becomes(self, **values: object) -> None:
        """Change what differs; a column that is set to what it is would be looked at by the next flush."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)


def _only(those: str, name: str, *columns: str, on_sqlite: str = "") -> Index:
    """Return an index of those rows alone: what is over costs nothing.

    SQLite uses it only for questions that say it in the same words, and the library asks it `flying = 1`.
    """
    return Index(name, *columns, sqlite_where=text(on_sqlite or those), postgresql_where=text(those))


class Host(Base):
    """One row: a known word under the host's key, by which a wrong key is noticed."""

    __tablename__ = "host"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    check: Mapped[bytes] = mapped_column("check_word")


class CoupleRow(Base):
    """A room, and the two in it once both have said so."""

    __tablename__ = "couple"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chat_id: Mapped[int | None] = mapped_column(unique=True)  # of the room; Telegram may change it
    thread_id: Mapped[int | None]  # the topic in which Tend was called
    stage: Mapped[str] = mapped_column(String(16))  # joining, together, resting
    first_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    second_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    floor_id: Mapped[int | None]  # the playing that asks the others for silence
    rung_after: Mapped[datetime | None]  # after a silence, nobody is rung before; then one at a time
    key: Mapped[bytes | None] = mapped_column("wrapped_key")  # None: erased
    prefers: Mapped[bytes | None]  # sealed
    rested_at: Mapped[datetime | None]
    asked_rank: Mapped[bool] = mapped_column(default=False, server_default=false())  # not to be an admin

    # What a step needs to know is loaded once in a transaction, and changed there; the flush writes it.
    first: Mapped["PersonRow | None"] = relationship(foreign_keys=first_id, lazy="joined", viewonly=True)
    second: Mapped["PersonRow | None"] = relationship(foreign_keys=second_id, lazy="joined", viewonly=True)
    playings: Mapped[list["PlayingRow"]] = relationship(order_by="PlayingRow.id")
    calls: Mapped[list["CallRow"]] = relationship()
    # Those that may change: not what was only told, which may be much.
    cards: Mapped[list["CardRow"]] = relationship(
        primaryjoin=lambda: and_(
            CoupleRow.id == foreign(CardRow.couple_id),
            CardRow.live,
            or_(CardRow.message_id.is_(None), exists().where(PlayingRow.id == CardRow.playing_id)),
        ),
        order_by="CardRow.id",
    )


class PersonRow(Base):
    """Somebody who tapped "I'm in" or began the private chat from a room."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    telegram_id: Mapped[int] = mapped_column(unique=True)
    couple_id: Mapped[int | None] = mapped_column(index=True)  # the one active couple
    key: Mapped[bytes | None] = mapped_column("wrapped_key")
    name: Mapped[bytes | None]  # sealed
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")  # of their app
    lane_open: Mapped[bool] = mapped_column(default=False)


class PlayingRow(Base):
    """One playing of a ritual: its state, and when it wants to be rung. A timer is that column, no more."""

    __tablename__ = "playing"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    couple_id: Mapped[int] = mapped_column(ForeignKey("couple.id"), index=True)
    ritual: Mapped[str]
    state: Mapped[bytes]  # sealed
    wake_at: Mapped[datetime | None]
    silent_since: Mapped[datetime | None]
    always: Mapped[bool] = mapped_column(default=False)  # is rung in another's silence, too

    __table_args__ = (_only("wake_at IS NOT NULL", "ix_playing_due", "wake_at"),)


class CallRow(Base):
    """When a ritual is called next.

    That is its hour, worked out anew whenever the couple's preferences change, or the earliest date of what
    it minds, worked out anew whenever one of these things is kept.
    """

    __tablename__ = "call"
    couple_id: Mapped[int] = mapped_column(ForeignKey("couple.id"), primary_key=True)
    ritual: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime | None]
    opened_on: Mapped[date | None]  # the evening of its last playing: never two for one
    called: Mapped[bool] = mapped_column(default=False, server_default=false())  # a line of it waits

    __table_args__ = (
        _only(
            "due_at IS NOT NULL AND NOT called",
            "ix_call_due",
            "due_at",
            on_sqlite="due_at IS NOT NULL AND called = 0",
        ),
    )


class KeptRow(Base):
    """Something worth keeping beyond a ritual."""

    __tablename__ = "kept"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    couple_id: Mapped[int] = mapped_column(ForeignKey("couple.id"))
    kind: Mapped[str]
    by_id: Mapped[int | None]  # None: of the two together
    words: Mapped[bytes | None]  # sealed with the key of the one who said it
    listed: Mapped[bool]
    due: Mapped[datetime | None]
    outcome: Mapped[str]
    shared: Mapped[bool]
    at: Mapped[datetime]
    once: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (
        Index("ix_kept_kind", "couple_id", "kind", "id"),
        _only("due IS NOT NULL", "ix_kept_due", "couple_id", "kind", "due"),
    )


class CardRow(Base):
    """A message that stands in a chat: its buttons, and the question that words may answer."""

    __tablename__ = "card"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    couple_id: Mapped[int] = mapped_column(ForeignKey("couple.id"))
    playing_id: Mapped[int | None] = mapped_column(index=True)
    to_id: Mapped[int | None]  # None: the room
    name: Mapped[str]
    asks: Mapped[str]
    face: Mapped[bytes | None]  # sealed: what it says, to be said again; erased once it is closed
    message_id: Mapped[int | None]  # once it was sent
    live: Mapped[bool]  # the last of its name
    at: Mapped[datetime]

    lines: Mapped[list["LineRow"]] = relationship(
        primaryjoin="CardRow.id == foreign(LineRow.card_id)", order_by="LineRow.id", lazy="selectin"
    )

    __table_args__ = (Index("ix_card_message", "couple_id", "message_id"),)


class LineRow(Base):
    """The outbox: something to be sent. Deleted after Telegram's answer."""

    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    target: Mapped[int] = mapped_column(
        index=True
    )  # whose chat: the person, else the couple, else a chat of Telegram's
    couple_id: Mapped[int | None]
    to_id: Mapped[int | None]
    playing_id: Mapped[int | None]
    card_id: Mapped[int | None] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(8))  # say, redraw, strip, count; call: yet to be written
    body: Mapped[bytes | None]  # sealed; only where there is no card, for people who are in no couple yet
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")  # where there is no card
    rank: Mapped[int]  # a smaller one is sent first; one above all ranks waits for its turn after a silence
    again: Mapped[bool]  # in doubt, send it again
    waits: Mapped[bool]  # for a private chat to be opened
    always: Mapped[bool]  # also in another ritual's silence
    not_before: Mapped[datetime]  # of one that flies: when whoever took it is taken to be gone
    attempts: Mapped[int]
    flying: Mapped[bool]  # given to Telegram, and no answer yet

    __table_args__ = (
        Index("ix_line_order", "rank", "id"),
        _only("flying", "ix_line_flying", "target", on_sqlite="flying = 1"),
        _only("attempts > 0", "ix_line_tried", "not_before"),
    )


class SaidRow(Base):
    """Which question a person's message answered, so that an edit of it finds the same one."""

    __tablename__ = "said"
    chat_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    playing_id: Mapped[int] = mapped_column(index=True)
    asked: Mapped[str]  # empty: it was a command
    at: Mapped[datetime]


class InboxRow(Base):
    """A raw update. Its body goes when it is done; its number stays some days, to know a repetition."""

    __tablename__ = "inbox"
    update_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes | None]  # sealed
    stage: Mapped[str] = mapped_column(String(8))  # new, done, dead
    at: Mapped[datetime]
    whose: Mapped[int | None]  # with whom it takes turns, while it is new: a couple, else a chat

    __table_args__ = (
        _only("stage = 'new'", "ix_inbox_new", "at", "update_id"),
        _only("stage = 'new'", "ix_inbox_whose", "whose"),
        _only("stage = 'dead'", "ix_inbox_dead", "at"),
    )


class PaceRow(Base):
    """How fast a chat may be written to: when it was, and until when Telegram asked us to wait."""

    __tablename__ = "pace"
    target: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hold_until: Mapped[datetime | None]
    recent: Mapped[str] = mapped_column(String(1024))  # seconds since the epoch, oldest first

    __table_args__ = (_only("hold_until IS NOT NULL", "ix_pace_held", "hold_until"),)


class PictureRow(Base):
    """How Telegram calls a picture of ours that a bot has uploaded, so that it is uploaded once."""

    __tablename__ = "picture"
    bot_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str]  # of the file as it was then: another one is uploaded anew
    file_id: Mapped[str] = mapped_column(String(255))
