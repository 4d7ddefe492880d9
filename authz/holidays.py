"""Holidays: read by all, entered by the center whose jurisdiction they are of."""

from authz.actions import Action
from authz.organizations import SHARED
from authz.relations import Meanings, Relation, equal
from models.holidays import HolidayCalendar

READ = {HolidayCalendar: Action.HOLIDAY_CALENDAR_READ}

MEANINGS: Meanings = {HolidayCalendar: {Relation.SHARED: SHARED, Relation.OWN_ORG: equal("center_id")}}
