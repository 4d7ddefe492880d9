"""The keys of the id numbers: from the settings, and whether they fit the rows that are there."""

from app.databases import connect
from app.settings import Settings
from domain.sealing import IdKeys, Unreadable

LATEST = """
SELECT id, id_digest, id_sealed FROM (SELECT id, id_digest, id_sealed FROM person ORDER BY id DESC LIMIT 1000) AS latest
WHERE id_sealed IS NOT NULL ORDER BY id DESC LIMIT 1
"""


def id_keys(settings: Settings) -> IdKeys:
    """Newest first."""
    index = (settings.id_key, settings.id_key_before)
    seal = (settings.seal_key, settings.seal_key_before)
    return IdKeys(
        index=[one.get_secret_value().encode() for one in index if one is not None],
        seal=[one.get_secret_value().encode() for one in seal if one is not None],
    )


async def misfit(url: str, keys: IdKeys) -> str | None:
    """Why these are not the keys of the database at `url`, judged by the person enlisted last; None where they fit. Raises NotStarted.

    With another index key the same person would be registered a second time, without anybody noticing.
    """
    connection = await connect(url)
    try:
        found = await connection.fetchrow(LATEST)
    finally:
        await connection.close()
    if found is None:
        return None
    try:
        number = keys.open_number(found["id_sealed"], of=found["id"])
    except Unreadable:
        return "DUDAO_SEAL_KEY does not open the id numbers of this database: give the key they were sealed with, or as DUDAO_SEAL_KEY_BEFORE."
    if found["id_digest"] not in keys.digests(number):
        return "DUDAO_ID_KEY does not find the id numbers of this database: give the key they were indexed with, or as DUDAO_ID_KEY_BEFORE."
    return None
