"""The public check of a card: nothing is kept of it but how often an address has asked of late."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import Instant


class PublicCheck(SQLModel, table=True):
    """Questions from an address since an instant.

    The key is the beginning of the address's digest, as with the names of sign-ins: neither is an address kept, nor can strangers fill the disk.
    """

    __tablename__ = "public_check"
    address_digest: bytes = Field(primary_key=True)
    asked: int
    since: datetime = Field(sa_type=Instant)
