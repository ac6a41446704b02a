"""Every port, path and limit as one typed, frozen setting; built once by the caller and passed down."""

from __future__ import annotations

import os
from typing import Self

from pydantic import SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shoplog.errors import UserError
from shoplog.settings.groups import REPOSITORY, Alerts, Kept, Screens, Stream
from shoplog.settings.places import Places, is_loopback

__all__ = ["REPOSITORY", "Settings"]

# Set by the start script, the supervisor, test runs and for the window; they are not settings of the product.
_NOT_SETTINGS = frozenset({"SHOPLOG_COMMAND", "SHOPLOG_CRASH_AT", "SHOPLOG_PART", "SHOPLOG_RUN", "SHOPLOG_TOKEN"})


class Settings(Places, Stream, Kept, Screens, Alerts, BaseSettings):
    """Settings from the environment (`SHOPLOG_*`); every path below `home` unless said otherwise."""

    model_config = SettingsConfigDict(env_prefix="SHOPLOG_", frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.smtp_user and self.smtp_security == "none" and not is_loopback(self.smtp_host):
            raise ValueError("a password goes to another machine only by SHOPLOG_SMTP_SECURITY=starttls or tls")
        return self

    def secret(self, name: str) -> str | None:
        """Return a secret setting from the environment, or from the file of its name in `secrets_dir`; None where neither is."""
        value: SecretStr | None = getattr(self, name)
        if value is not None:
            return value.get_secret_value() or None
        file = self.secrets_dir / name
        return file.read_text(encoding="utf-8").strip() or None if file.is_file() else None

    @classmethod
    def load(cls) -> Self:
        """Return the settings, or raise `UserError` naming the setting that is wrong or unknown."""
        known = {f"SHOPLOG_{name.upper()}" for name in cls.model_fields} | _NOT_SETTINGS
        unknown = sorted(name for name in os.environ if name.startswith("SHOPLOG_") and name not in known)
        if unknown:
            raise UserError(f"{unknown[0]} is not a setting: unset it or see docs/settings.md for the names.")
        try:
            settings = cls()
        except ValidationError as error:
            first = error.errors()[0]
            if not first["loc"]:
                raise UserError(f"The settings are wrong: {first['msg'].removeprefix('Value error, ')}.") from error
            name = "_".join(str(part) for part in first["loc"]).upper()
            raise UserError(f"SHOPLOG_{name} is wrong: {first['msg']}.") from error
        return settings.model_copy(update={"home": settings.home.expanduser().resolve()})
