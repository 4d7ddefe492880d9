"""The walkthroughs of docs/, run as they stand against one started service with the demo's world, each beside the others."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from seeds.demo_people import PASSWORD
from tests.cluster import memory, scratch_folder
from tests.walkthrough import SHANGHAI, Step, at, contained, filled, steps

ROOT = Path(__file__).resolve().parent.parent
TEXTS = (*sorted((ROOT / "docs" / "walkthroughs").glob("*.md")), ROOT / "docs" / "walkthrough.md")
BEFORE_MIDNIGHT = timedelta(minutes=15)
LEAST = 15
"""How many steps a text has at least."""


class Visitor:
    """Somebody who reads the text and does what it says."""

    def __init__(self, text: Path, base: str, settings: dict[str, str], folder: Path) -> None:
        self.text = text
        self.client = httpx2.Client(base_url=base, timeout=30)  # closed with the story
        self.settings = settings
        self.folder = folder
        self.tokens: dict[str, str] = {}
        self.kept: dict[str, Any] = {}

    def do(self, step: Step) -> None:
        where = f"{self.text.name}:{step.line}"
        now = datetime.now(UTC)
        if step.command:
            answer: Any = {"stdout": self.run(filled(step.command, self.files(step.command), now))}
        else:
            who = self.bearer(filled(step.who, self.kept, now), filled(step.token, self.kept, now))
            answer = self.ask(who, step.document, json.loads(filled(step.variables, self.kept, now)))
            expected = json.loads(filled(step.answer, self.kept, now)) if step.answer else {}
            assert ("errors" in answer) == ("errors" in expected), f"{where}: {json.dumps(answer, ensure_ascii=False)[:2000]}"
            faults = contained(expected, answer)
            assert not faults, f"{where}: {faults}"
        for name, path in step.kept:
            self.kept[name] = at(answer if step.command else answer["data"], path)

    def bearer(self, who: str, token: str) -> str:
        """The token given; else that of who signs in once; none for the public."""
        if who and who not in self.tokens:
            self.tokens[who] = self.client.post("/login", json={"name": who, "password": PASSWORD}).raise_for_status().json()["token"]
        return self.tokens[who] if who else token

    def ask(self, token: str, document: str, variables: dict[str, Any]) -> Any:
        headers = {"Accept-Language": "en"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers).json()

    def files(self, command: str) -> dict[str, Any]:
        """What was kept, and for `file:name` a file that holds it."""
        kept = dict(self.kept)
        for name in re.findall(r"\{\{file:([\w-]+)\}\}", command):
            path = self.folder / f"{name}.json"
            path.write_text(self.kept[name], encoding="utf-8")
            kept[f"file:{name}"] = path
        return kept

    def run(self, command: str) -> str:
        words = shlex.split(command)
        if words[0] == "curl":
            assert words[1] == "-T"
            answer = self.client.put(httpx2.URL(words[3]).raw_path.decode(), content=(ROOT / words[2]).read_bytes())
            assert answer.status_code < 300, answer.text
            return answer.text
        program = {"dudao": [sys.executable, "-m", "app.cli"], "python": [sys.executable]}[words[0]]
        done = subprocess.run([*program, *words[1:]], cwd=ROOT, env=self.settings, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[str, dict[str, str], Path]]:
    with scratch_folder(memory()) as folder:
        settings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DUDAO_DEMO": "on", "DUDAO_PORT": "0", "DUDAO_DATA_DIR": str(folder)}
        log = folder.with_suffix(".log")
        with log.open("w") as said:
            process = subprocess.Popen([sys.executable, "-m", "app.cli", "serve"], cwd=ROOT, env=settings, stdout=said)
        try:
            yield base_of(process, log), settings, folder
        finally:
            process.terminate()
            process.wait(40)
            log.unlink()


def base_of(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Where the service says it is ready; the demo's world takes its time."""
    while process.poll() is None:
        found = re.search(r"ready at (http://127\.0\.0\.1:\d+)", log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("text", TEXTS, ids=[text.stem for text in TEXTS])
@pytest.mark.requirement("INV12", "Y037", "Y040", "Y042", "Y043", "B048", "B053", "Y068", "Y087", "Y088", "Y089")
def test_the_walkthrough_is_true(text: Path, service: tuple[str, dict[str, str], Path], tmp_path: Path) -> None:
    base, settings, _ = service
    now = datetime.now(UTC).astimezone(SHANGHAI)
    if (now + BEFORE_MIDNIGHT).date() != now.date():
        pytest.skip("the story takes place within one day of Shanghai, and that day ends in a few minutes")
    visitor = Visitor(text, base, settings, tmp_path)
    told = list(steps(text.read_text(encoding="utf-8")))
    with visitor.client:
        for step in told:
            visitor.do(step)
    assert len(told) >= LEAST, "what is read as a program is not the text"
