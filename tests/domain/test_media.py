"""What a file is, told by its bytes: each kind that is taken, and what only pretends to be one."""

import io
from hashlib import sha256

import pytest

from domain.errors import BadInput
from domain.media import announced, proper
from tests.making_evidence import jpeg, mp4, office, pdf, png

SHEET = "spreadsheetml.sheet"
SOUND = [
    ("a.pdf", pdf()),
    ("b.JPG", jpeg()),
    ("b.jpeg", jpeg() + b"\0SEFT of a telephone"),
    ("c.png", png()),
    ("d.mp4", mp4()),
    ("e.docx", office()),
    ("f.xlsx", office(SHEET)),
]
WRONG = [
    ("named a picture", "a.jpg", pdf()),
    ("named a paper", "a.pdf", jpeg()),
    ("the other paper", "a.docx", office(SHEET)),
    ("with macros", "a.docx", office("wordprocessingml.document.macroEnabled")),
    ("a bomb", "a.docx", office(extra=30_000_000)),
    ("a package of nothing", "a.xlsx", b"PK\x05\x06" + bytes(18)),
    ("half a package", "a.docx", office()[:200]),
    ("half a picture", "a.png", png()[:-4]),
    ("a picture without end", "a.jpg", b"\xff\xd8\xff\xe0" + bytes(100)),
    ("half a film", "a.mp4", mp4()[:-1]),
    ("more than a film", "a.mp4", mp4() + b"<html>"),
    ("a film of another brand", "a.mp4", mp4(brand=b"qt  ")),
    ("a film of nothing", "a.mp4", b"\0\0\0\x10ftypisom" + bytes(4)),
    ("a picture that is a package too", "a.jpg", jpeg()[:-2] + office() + b"\xff\xd9"),
    ("a paper that is a package too", "a.pdf", pdf() + office() + b"%%EOF"),
    ("a picture that is a page too", "a.png", png()[:40] + b"<HTML>" + png()[40:]),
    ("a picture that is a paper too", "a.jpg", jpeg()[:20] + b"%PDF-1.4" + jpeg()[20:]),
    ("a paper that comes late", "a.pdf", b"\n\n" + pdf()),
    ("a script", "a.pdf", b"#!/bin/sh\nrm -rf /\n"),
]


def judged(name: str, content: bytes) -> None:
    proper(io.BytesIO(content), len(content), announced(name, len(content)))


@pytest.mark.requirement("B018")
@pytest.mark.parametrize(("name", "content"), SOUND, ids=lambda one: one if isinstance(one, str) else "")
def test_a_file_is_what_its_bytes_are(name: str, content: bytes) -> None:
    judged(name, content)


@pytest.mark.parametrize(("why", "name", "content"), WRONG, ids=[why for why, *_ in WRONG])
def test_what_only_pretends_or_is_two_things_is_refused(why: str, name: str, content: bytes) -> None:
    with pytest.raises(BadInput) as refusal:
        judged(name, content)
    assert (refusal.value.field, refusal.value.problem) == ("file", "evidence_type"), why


@pytest.mark.parametrize(
    ("name", "size", "problem"),
    [
        ("a.exe", 1, "evidence_ending"),
        ("pdf", 1, "evidence_ending"),
        ("a.html", 1, "evidence_ending"),
        ("a.jpg", 0, "range"),
        ("a.jpg", 20 * 2**20 + 1, "range"),
        ("a.pdf", 50 * 2**20 + 1, "range"),
        ("a.mp4", 2**31, "range"),
    ],
)
def test_what_may_not_even_be_announced(name: str, size: int, problem: str) -> None:
    with pytest.raises(BadInput) as refusal:
        announced(name, size)
    assert refusal.value.problem == problem


def test_no_two_samples_are_alike() -> None:
    assert len({sha256(make()).digest() for make in (jpeg, jpeg, pdf, pdf, mp4, mp4)}) == 6
