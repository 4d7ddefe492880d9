"""What a team asks on site: the documents of check-in, form, own entry and signature, and a filled form."""

from typing import Any

from models.inspections import Inspection
from tests.world import key, shown

CHECK_IN = """mutation($input: InspectionCheckInInput!) { inspectionCheckIn(input: $input) {
  inspection { status } assignment { status checkedInAt } checklist { template { slug edition items { code numbers phase maxScore } } } replayed } }"""
SAVE = """mutation($input: ChecklistSaveInput!) { checklistSave(input: $input) {
  checklist { version advice appraisal answers { item { code } value remark correction counted total person { name } } } event { step } replayed } }"""
SIGN = """mutation($input: InspectionSignInput!) { inspectionSign(input: $input) {
  inspection { status findings { item { code } remark correction } } checklist { siteSignedAt signedAt signatures { part digest person { id } } }
  signature { part } event { step } replayed } }"""

ENTER = "mutation($input: DoubleEntrySaveInput!) { doubleEntrySave(input: $input) { doubleEntry { id status finished } event { step } replayed } }"
FINISH = """mutation($input: DoubleEntryFinishInput!) { doubleEntryFinish(input: $input) {
  doubleEntry { id status finished compared agreed } event { step } replayed } }"""


def about(inspection: Inspection, **more: object) -> dict[str, Any]:
    return {"input": {"idempotencyKey": key(), "inspection": shown("insp", inspection.id), **more}}


def full(checklist: dict[str, Any], *, no: tuple[str, ...] = (), after: bool = False) -> list[dict[str, Any]]:
    """Every line of a part as a client answers it."""
    found = []
    for line in checklist["template"]["items"]:
        if (line["phase"] == "AFTER") is after:
            bad = line["code"] in no
            answer = {"item": line["code"], "value": "NO" if bad else "YES", "remark": "不合格" if bad else None}
            points = {} if line.get("maxScore") is None else {"score": 0 if bad else line["maxScore"]}
            found.append(answer | points | ({"counted": 0, "total": 10} if line["numbers"] else {}))
    return found
