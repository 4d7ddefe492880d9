"""Every setting, typed, read once; a bad one stops the start. Here, and nowhere else, the environment is read."""

import difflib
import json
import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "DUDAO_"
SECRETS = {"id_key", "seal_key", "cursor_key", "audit_key"}
"""Made once in the demo."""


class BadSetting(Exception):  # noqa: N818 (named as its sentence is)
    """A setting that stops the start. Its sentence names the variable and never repeats the value."""


def asyncpg_url(url: str) -> str:
    """The same database with its driver named, as SQLAlchemy wants it. Raises ValueError when another driver is named."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in {"postgresql", "postgres", "postgresql+asyncpg"}:
        raise ValueError("it must begin with postgresql+asyncpg://")
    return f"postgresql+asyncpg://{rest}"


def words(value: object) -> object:
    """A list written as in a shell: words with commas between them."""
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 32:  # noqa: PLR2004 (256 bits in hexadecimal are 64 digits, in base64 43; less than 32 is a word)
        raise ValueError("it must have at least 32 characters")
    return value


Url = Annotated[str, AfterValidator(asyncpg_url)]
Words = Annotated[list[str], NoDecode, BeforeValidator(words)]
Key = Annotated[SecretStr, AfterValidator(long_enough)]


class Settings(BaseSettings):
    """What an operator may decide about one service. A rule of a regulation is never a setting: it stands in a profile."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        Path("var"), description="Folder of the embedded database, of files and of the demo's keys; relative to the current folder."
    )
    database_url: Url | None = Field(
        None,
        repr=False,
        description="PostgreSQL for the service, as the role `dudao_app`: `postgresql+asyncpg://…`. Without it the embedded database is started.",
    )
    owner_database_url: Url | None = Field(
        None,
        repr=False,
        description="The same database as the role `dudao_owner`, for `dudao migrate`. Where it is given, `dudao serve` migrates too.",
    )
    workers: int = Field(1, ge=1, le=64, description="Processes that serve.")
    pool_size: int = Field(10, ge=1, le=200, description="Database connections of one worker: so many for reading, so many for writing.")
    jobs: bool = Field(
        False, description="on: `dudao serve` also does what `dudao worker` does: reply times, expiries, reminders, notifications, webhooks."
    )
    jobs_seconds: float = Field(10, gt=0, le=3600, description="Seconds between two rounds of the jobs.")
    webhooks_inside: bool = Field(False, description="on: webhooks may also go to addresses of the own network and over http; for trials.")
    demo: bool = Field(
        False, description="on: an empty database gets the demo world, and keys that are not given are made and kept in the data folder."
    )
    get: bool = Field(False, description="on: queries are also answered by GET. Mutations never are.")
    id_key: Key = Field(
        description="Secret, at least 32 characters: keys the index of id numbers. To change it, give the old one as DUDAO_ID_KEY_BEFORE."
    )
    id_key_before: Key | None = Field(None, description="The index key before, until `dudao keys rotate` has put every person under the new one.")
    seal_key: Key = Field(
        description="Secret, at least 32 characters: seals id numbers and rosters. To change it, give the old one as DUDAO_SEAL_KEY_BEFORE."
    )
    seal_key_before: Key | None = Field(None, description="The seal key before, until `dudao keys rotate` has sealed everything anew.")
    cursor_key: Key = Field(description="Secret, at least 32 characters: signs page cursors. Changing it ends the pages that are open.")
    audit_key: Key | None = Field(
        None, description="Secret, at least 32 characters: signs `dudao audit roll-up` and `export`; made once in the demo. Who serves needs none."
    )
    allowed_hosts: Words = Field(
        ["localhost", "127.0.0.1"],
        min_length=1,
        description="Names in the Host header that are answered, with commas between; `*.example.cn` for all below.",
    )
    trusted_proxies: Words = Field(
        ["127.0.0.1"], description="Addresses or networks of reverse proxies whose X-Forwarded headers are believed, with commas between."
    )
    log_level: Literal["info", "debug"] = Field("info", description="debug: the log also tells by which statements each operation read.")
    concurrency: int = Field(5000, ge=1, description="Open connections of one worker, idle ones too, beyond which it answers 503.")
    waiting_seconds: float = Field(
        3, gt=0, le=60, description="An operation that would wait longer than so many seconds for its turn gets 503 at once."
    )
    body_bytes: int = Field(65536, ge=1024, le=16 * 2**20, description="Longest body of a GraphQL request, in bytes.")
    upload_bytes: int = Field(8 * 2**20, ge=1024, le=2**30, description="Longest uploaded roster, in bytes.")
    evidence_bytes: int = Field(50 * 2**30, ge=0, description="Bytes of evidence that one organization may keep.")
    files: Literal["folder", "s3"] = Field("folder", description="Where evidence lies: in `files` below the data folder, or in a bucket (`s3`).")
    s3_endpoint: str | None = Field(None, description="Address of the server of the bucket, `https://…`; without it Amazon's.")
    s3_region: str = Field("us-east-1", description="Region that requests to the bucket are signed for.")
    s3_bucket: str | None = Field(None, description="Name of the bucket. It must be there; we never make one.")
    s3_access_key: str | None = Field(None, repr=False, description="Who we are for the server of the bucket.")
    s3_secret_key: SecretStr | None = Field(None, description="Its secret.")
    s3_virtual_host: bool = Field(False, description="on: the bucket is named in the host, not in the path.")
    read_seconds: float = Field(10, gt=0, le=300, description="Seconds in which a request's body must have arrived.")
    query_seconds: float = Field(5, gt=0, le=300, description="Seconds in which a query must be answered.")
    mutation_seconds: float = Field(10, gt=0, le=300, description="Seconds in which a mutation must be answered; a roster has 60.")
    statement_timeout: float = Field(4, gt=0, le=300, description="Seconds after which PostgreSQL ends one statement.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (there is no such file)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (nor that)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, DemoKeys(settings_cls)


class DemoKeys(PydanticBaseSettingsSource):
    """Keys for whoever tries the demo: made once, kept 0600 in the data folder, and never offered outside the demo."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ANN401 (the parent's signature)
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        given = self.current_state
        try:
            demo = TypeAdapter(bool).validate_python(given.get("demo", False))
        except ValidationError:
            return {}  # the field itself refuses it, by name
        if not demo or given.keys() >= SECRETS:
            return {}
        return dict(kept_keys(Path(given.get("data_dir", "var"))))


def kept_keys(folder: Path) -> dict[str, str]:
    """The demo's keys, made at the first call. Raises BadSetting when the folder cannot be written."""
    file = folder / "keys.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        if not kept.keys() >= SECRETS:  # also the file of a release that had fewer
            kept = {name: secrets.token_hex(32) for name in sorted(SECRETS)} | kept
            write_private(file, json.dumps(kept))
    except (OSError, ValueError) as error:
        raise BadSetting(f"{PREFIX}DATA_DIR: the demo's keys cannot be kept in {file}: {error}.") from error
    return kept


def write_private(file: Path, text: str) -> None:
    """Write a new file that only we can read. It appears whole or not at all."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(file)


def load() -> Settings:
    """The settings of this process. Raises BadSetting with one sentence that names the variable."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise BadSetting(f"{name} is not a setting of dudao" + (f"; did you mean {near[0]}?" if near else "."))
    try:
        return whole(Settings())  # type: ignore[call-arg]  # what is required comes from the environment
    except ValidationError as error:
        raise BadSetting(sentence(error)) from None


def whole(settings: Settings) -> Settings:
    """Raises BadSetting where the one chosen asks for another that is missing."""
    for name in ("s3_bucket", "s3_access_key", "s3_secret_key"):
        if settings.files == "s3" and getattr(settings, name) is None:
            raise BadSetting(f"{PREFIX}{name.upper()} must be given where {PREFIX}FILES is s3.")
    return settings


def sentence(error: ValidationError) -> str:
    """What is wrong with the first bad setting, by the name its reader gave it."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0])
    name = PREFIX + field.upper()
    if first["type"] == "missing":
        return f"{name} must be given outside the demo. {Settings.model_fields[field].description}"
    reason = first["msg"].removeprefix("Value error, ")
    return f"{name} is not usable: {reason[0].lower()}{reason[1:]}."


def table() -> str:
    """The settings as the Markdown table that README.md shows."""
    lines = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for field, info in Settings.model_fields.items():
        lines.append(f"| `{PREFIX}{field.upper()}` | {spelt(info.default, required=info.is_required())} | {info.description} |")
    return "\n".join(lines)


def spelt(default: object, *, required: bool) -> str:
    if required:
        return "required; made once in the demo"
    if default is None:
        return "–"
    if isinstance(default, bool):
        return "`on`" if default else "`off`"
    return f"`{','.join(default)}`" if isinstance(default, list) else f"`{default}`"
