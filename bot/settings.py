"""The only reader of the environment. What is missing or wrong is said in one sentence, at the start."""

import re
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from tzlocal import get_localzone_name

HIGHEST_PORT = 65_535
DATABASE = re.compile(r"postgres(ql(\+psycopg)?)?://|sqlite://")
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")  # Bot API, setWebhook; it allows shorter ones


class RefusedSettingsError(Exception):
    """The settings cannot be used; its message is a sentence for the host."""


class Settings(BaseSettings):
    """What a host may set, by environment variables of the same names. docs/running.md explains each."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    bot_token: SecretStr = Field(SecretStr(""), description="the token that @BotFather gave you")
    bot_api_url: str = Field("https://api.telegram.org", description="the base of the Bot API server")
    database_url: SecretStr = Field(SecretStr(""), description="a database; empty: SQLite in DATA_DIR/tend")
    tend_key: SecretStr = Field(
        SecretStr(""), description="the host's key; empty: DATA_DIR/tend/key, created once"
    )
    data_dir: Path = Field(Path("data"), description="where everything lies that must survive")
    listen: str = Field(
        "", description="HOST:PORT where Telegram pushes, and where others see how it is; empty: nowhere"
    )
    webhook_url: str = Field("", description="the address of LISTEN as Telegram sees it; empty: it is polled")
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="what Telegram says with each push: 16 to 256 of A-Z, a-z, 0-9, _ and -"
    )
    port: int = Field(8080, ge=1, le=HIGHEST_PORT, description="where `tend play` listens, on loopback")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="how much is logged")
    log_format: Literal["text", "json"] = Field("text", description="how it is logged")
    zone: str = Field("", description="the zone offered first to a new couple; empty: this machine's")
    request_timeout: float = Field(15, gt=0, le=300, description="seconds for one call to Telegram")
    prompts_a_second: int = Field(
        28, ge=1, le=30, description="most prompts in one second, to all chats together"
    )
    answers_a_second: int = Field(
        2, ge=0, le=30, description="held back for answers to people, on top of the prompts"
    )
    group_a_minute: int = Field(18, ge=1, le=20, description="most messages in one minute, to one group")
    spread: int = Field(0, ge=0, le=9, description="minutes over which the prompts of one hour are spread")
    in_flight: int = Field(16, ge=1, le=64, description="most calls to Telegram at once")

    @field_validator("bot_api_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("it begins with http:// or https://")
        return url.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not DATABASE.match(url.get_secret_value()):
            raise ValueError("it begins with postgresql:// or sqlite:///")
        return url

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, where: str) -> str:
        port = where.rpartition(":")[2]
        known = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\s]+):[0-9]{1,5}", where)
        if where and not (known and 0 < int(port) <= HIGHEST_PORT):
            raise ValueError("it is HOST:PORT")
        return where

    @field_validator("webhook_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("it begins with https://, or http:// where your own Bot API server is")
        return url

    @model_validator(mode="after")
    def _door_has_a_lock(self) -> Self:
        if self.webhook_url and not self.listen:
            raise ValueError("WEBHOOK_URL needs LISTEN, where it leads to")
        if self.webhook_url and not SECRET.fullmatch(self.webhook_secret.get_secret_value()):
            raise ValueError("WEBHOOK_URL needs a WEBHOOK_SECRET: 16 to 256 of A-Z, a-z, 0-9, _ and -")
        return self

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, key: str) -> str:
        try:
            return str(ZoneInfo(key)) if key else ""
        except (OSError, ValueError, KeyError):
            raise ValueError("no zone of that name is known") from None

    @property
    def home(self) -> ZoneInfo:
        """Where the host lives: a first guess at a couple's clock."""
        return ZoneInfo(self.zone or get_localzone_name() or "UTC")

    @property
    def folder(self) -> Path:
        """Where the bot's own data lie."""
        return self.data_dir / "tend"

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a file, which has one process."""
        return self.database.startswith("sqlite")

    @property
    def database(self) -> str:
        """The database as SQLAlchemy names it."""
        given = self.database_url.get_secret_value()
        if not given:
            return f"sqlite:///{self.folder / 'tend.db'}"
        return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", given)


def read_settings() -> Settings:
    """Return the settings. Raises RefusedSettingsError, which names what is wrong and never its value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            ": ".join(
                [*(str(name).upper() for name in each["loc"][:1]), each["msg"].removeprefix("Value error, ")]
            )
            for each in error.errors(include_input=False)
        )
        raise RefusedSettingsError(f"Please look at these settings. {wrong}.") from None
