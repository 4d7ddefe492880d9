"""What a file of evidence may be, told by its bytes and never by its name alone (003 §8: 文字及影像资料)."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from domain.errors import BadInput

HEAD = 1024
"""Bytes in which a browser or a reader looks for what a file is."""
PHOTO, PAPER, FILM = 20 * 2**20, 50 * 2**20, 2**31 - 1
MOST_ENTRIES, MOST_FOLD, SMALL = 2_000, 10, 10 * 2**20
"""A paper of Office unpacks to at most ten times its size, or to 10 MiB."""
MOST_BOXES = 100_000
FOREIGN = (b"%PDF-", b"<!doctype html", b"<html", b"<script", b"<svg", b"<?php", b"#!/")
"""What may not stand near the beginning of anything but, for the first, a PDF: a second reading of the same bytes."""


@dataclass(frozen=True, slots=True)
class Media:
    """A kind of file: its name on the wire, how long it may be in bytes, and whether such bytes are it."""

    type: str
    most: int
    fits: Callable[[BinaryIO, int], bool]

    @property
    def picture(self) -> bool:
        return self.type.startswith("image/")

    @property
    def film(self) -> bool:
        return self.type.startswith("video/")


def announced(file_name: str, size: int) -> Media:
    """The kind that the ending of a name promises. BadInput for another ending, and for a length that this kind may not have."""
    _, dot, ending = file_name.lower().rpartition(".")
    media = ENDINGS.get(ending)
    if media is None or not dot:
        raise BadInput("fileName", "evidence_ending")
    if not 0 < size <= media.most:
        raise BadInput("size", "range", least=1, most=media.most)
    return media


def named(type: str) -> Media:
    """The kind by its name on the wire."""
    return BY_TYPE[type]


def proper(file: BinaryIO, size: int, media: Media) -> None:
    """BadInput where the bytes are not what was announced, or are something else as well (a polyglot). Takes its time: for a thread."""
    if not (media.fits(file, size) and not two_things(file, media)):
        raise BadInput("file", "evidence_type")


def two_things(file: BinaryIO, media: Media) -> bool:
    file.seek(0)
    head = file.read(HEAD).lower()
    marks = FOREIGN[1:] if media.type == PDF.type else FOREIGN
    if any(one.lower() in head for one in marks):
        return True
    file.seek(0)
    return not media.type.startswith(OFFICE) and zipfile.is_zipfile(file)


def is_pdf(file: BinaryIO, size: int) -> bool:
    return begins(file, b"%PDF-") and b"%%EOF" in tail(file, size, HEAD)


def is_jpeg(file: BinaryIO, size: int) -> bool:
    """Telephones write notes of their own behind the end of the picture, so that it stands near the end of the file and not always at it."""
    return begins(file, b"\xff\xd8\xff") and b"\xff\xd9" in tail(file, size, 2**20)


def is_png(file: BinaryIO, size: int) -> bool:
    return begins(file, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") and tail(file, size, 12) == b"\x00\x00\x00\x00IEND\xaeB`\x82"


def is_mp4(file: BinaryIO, size: int) -> bool:
    """Boxes from the first byte to the last, `ftyp` first and a `moov` among them; QuickTime's own brand is another kind."""
    at, seen = 0, list[bytes]()
    while at < size and len(seen) < MOST_BOXES:
        file.seek(at)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4]), header[4:8]
        if not seen and (kind != b"ftyp" or header[8:12] == b"qt  "):
            return False
        length = int.from_bytes(header[8:16]) if length == 1 else size - at if length == 0 else length
        if length < 8:  # noqa: PLR2004 - the header itself
            return False
        seen.append(kind)
        at += length
    return at == size and b"moov" in seen


def of_office(main: str) -> Callable[[BinaryIO, int], bool]:
    """A package whose main part is of this type: one with macros is another type. Bombs and locked ones are none."""

    def fits(file: BinaryIO, size: int) -> bool:
        if not begins(file, b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(file) as package:
                return harmless(package.infolist(), size) and main.encode() in package.read("[Content_Types].xml")
        except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, EOFError, OSError):
            return False

    return fits


def harmless(entries: list[zipfile.ZipInfo], size: int) -> bool:
    unpacked = sum(one.file_size for one in entries)
    locked = any(one.flag_bits & 1 or one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for one in entries)
    return len(entries) <= MOST_ENTRIES and unpacked <= max(MOST_FOLD * size, SMALL) and not locked


def begins(file: BinaryIO, magic: bytes) -> bool:
    file.seek(0)
    return file.read(len(magic)) == magic


def tail(file: BinaryIO, size: int, length: int) -> bytes:
    file.seek(max(0, size - length))
    return file.read(length)


OFFICE = "application/vnd.openxmlformats-officedocument."
PDF = Media("application/pdf", PAPER, is_pdf)
JPEG = Media("image/jpeg", PHOTO, is_jpeg)
PNG = Media("image/png", PHOTO, is_png)
MP4 = Media("video/mp4", FILM, is_mp4)
DOCX = Media(f"{OFFICE}wordprocessingml.document", PAPER, of_office(f"{OFFICE}wordprocessingml.document.main+xml"))
XLSX = Media(f"{OFFICE}spreadsheetml.sheet", PAPER, of_office(f"{OFFICE}spreadsheetml.sheet.main+xml"))
ENDINGS: Mapping[str, Media] = MappingProxyType({"pdf": PDF, "jpg": JPEG, "jpeg": JPEG, "png": PNG, "mp4": MP4, "docx": DOCX, "xlsx": XLSX})
BY_TYPE: Mapping[str, Media] = MappingProxyType({one.type: one for one in ENDINGS.values()})
