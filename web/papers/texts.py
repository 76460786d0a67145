"""What the papers say: one typed table, filled once per language; a paper in another language is the same paper."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from hub.model import Cause, HelpOutcome


class Common(Struct, frozen=True):
    """What stands on every paper: its head, its foot, the facts of the session."""

    session: str
    page: str
    page_of: str
    center: str
    site: str
    room: str
    date: str
    start: str
    local_time: str
    duration: str
    invigilators: str
    candidates: str
    started: str
    not_started: str
    finalized: str
    decision: str
    number: str
    last_name: str
    first_name: str
    birthdate: str
    certification_number: str
    name_and_signature: str
    address: str
    qr_console: str
    qr_candidate: str
    codes: str
    late: str


class AttendanceSheet(Struct, frozen=True):
    """The list that is signed."""

    title: str
    how: str
    extra_time: str
    signature: str
    end_screen: str
    reports: str
    absent: str
    nobody: str
    signed_by: str
    kept: str
    question: str


class Phase(Struct, frozen=True):
    """One part of the day, and what is done in it."""

    name: str
    steps: tuple[str, ...]


class Kit(Struct, frozen=True):
    """What an invigilator holds in the hand."""

    title: str
    secret: str
    number: str
    password: str
    password_for: str
    access_code: str
    access_code_for: str
    open: str
    sign_in: str
    run: str
    phases: tuple[Phase, ...]


class Notice(Struct, frozen=True):
    """What candidates read on the wall."""

    title: str
    number: str
    open: str
    steps_title: str
    steps: tuple[Phase, ...]
    closed_title: str
    closed: tuple[str, ...]


class Incidents(Struct, frozen=True):
    """What happened, for those who will judge by it."""

    title: str
    nothing: str
    by_hand: str
    concerned: str
    reports: str
    help: str
    interruptions: str
    additions: str
    code: str
    label: str
    question: str
    text: str
    by: str
    at: str
    taken_by: str
    outcome: str
    since: str
    until: str
    length: str
    cause: str
    minutes: str
    reason: str
    candidate: str
    description: str
    no_question: str
    no_text: str
    observations: str
    still: str
    help_open: str
    hub: str
    this_candidate: str
    somebody: str
    signed_by: str


class Texts(Struct, frozen=True):
    """Everything the papers say in one language. `reports` is keyed by `hub.reports.CATEGORIES`."""

    language: str
    weekdays: tuple[str, str, str, str, str, str, str]
    months: tuple[str, str, str, str, str, str, str, str, str, str, str, str]
    first_of_month: str
    file_names: Mapping[str, str]
    common: Common
    attendance: AttendanceSheet
    kit: Kit
    notice: Notice
    incidents: Incidents
    outcomes: Mapping[HelpOutcome, str]
    causes: Mapping[Cause, str]
    reports: Mapping[str, str]
