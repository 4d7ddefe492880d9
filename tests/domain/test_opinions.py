from collections.abc import Mapping
from enum import StrEnum
from itertools import product

import pytest

from domain.opinions import LETTER, RECTIFICATION, REPORT, LetterStep, RectificationStep, ReportStep
from models.opinions import OpinionLetterStatus, RectificationStatus, SupervisionReportStatus

L, R, S = OpinionLetterStatus, RectificationStatus, SupervisionReportStatus


@pytest.mark.requirement("Y040", "Y041", "Y042", "Y043")
@pytest.mark.parametrize(
    ("table", "statuses", "steps", "allowed"),
    [
        (LETTER, L, LetterStep, {(L.DRAFT, LetterStep.DRAFT): L.DRAFT, (L.DRAFT, LetterStep.SERVE): L.SERVED}),
        (
            RECTIFICATION,
            R,
            RectificationStep,
            {
                (R.REQUIRED, RectificationStep.SUBMIT): R.SUBMITTED,
                (R.SENT_BACK, RectificationStep.SUBMIT): R.SUBMITTED,
                (R.SUBMITTED, RectificationStep.SEND_BACK): R.SENT_BACK,
                (R.SUBMITTED, RectificationStep.ACCEPT): R.ACCEPTED,
            },
        ),
        (REPORT, S, ReportStep, {(S.SUBMITTED, ReportStep.RECEIVE): S.RECEIVED}),
    ],
)
def test_the_state_tables(
    table: Mapping[tuple[str, str], str], statuses: type[StrEnum], steps: type[StrEnum], allowed: Mapping[tuple[str, str], str]
) -> None:
    for one in product(statuses, steps):
        assert table.get(one) == allowed.get(one)
