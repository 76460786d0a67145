"""What the database refuses by itself: the net under the rules, for the day a node is wrong, late or lying.

A guard never decides anything: the hub has judged by the same rules before. Each refusal has the SQLSTATE `VG001`,
names the rule and no data. Where a rule depends on time it is judged by `decided_at`, the time of the decision that
writes the row, and not by the clock at the moment of writing: a cancellation decided one millisecond before the end
is right although it is written one millisecond after it. That such a time is no lie is a guard of its own: it never
goes back and is at most `10 s` old, more than a transaction can live (lock 1 s, statement 3 s, idle 2 s).
"""

from __future__ import annotations

from typing import Final

_REFUSE = """
CREATE FUNCTION refuse(rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refused by the database: %', rule USING ERRCODE = 'VG001';
END $$
"""

_CANDIDATE = """
CREATE FUNCTION guard_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The jury's words live in tables of their own: nothing writes here once the session is finalized.
    PERFORM refuse('finalized_is_frozen') FROM exam_sessions
        WHERE number = COALESCE(NEW.number, OLD.number) AND finalized_at IS NOT NULL;
    IF TG_OP = 'DELETE' THEN
        IF OLD.attempt <> 'not_started' THEN PERFORM refuse('started_is_kept'); END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.attempt <> 'not_started' THEN PERFORM refuse('start_is_a_decision'); END IF;
        RETURN NEW;
    END IF;
    IF NEW.number <> OLD.number OR NEW.reserved_number <> OLD.reserved_number
        OR (OLD.certification_number IS NOT NULL AND NEW.certification_number IS DISTINCT FROM OLD.certification_number)
    THEN
        PERFORM refuse('numbers_never_change');
    END IF;
    IF NEW.revision = OLD.revision THEN
        -- An edit of the list, not a decision: no facet may move.
        IF (NEW.attempt, NEW.presence_state, NEW.entry_no, NEW.seat_client, NEW.interrupted_at, NEW.ending_at,
            NEW.authorization_kind, NEW.decided_at)
            IS DISTINCT FROM
           (OLD.attempt, OLD.presence_state, OLD.entry_no, OLD.seat_client, OLD.interrupted_at, OLD.ending_at,
            OLD.authorization_kind, OLD.decided_at)
        THEN
            PERFORM refuse('facets_move_by_decision');
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.revision < OLD.revision OR NEW.entry_no < OLD.entry_no THEN PERFORM refuse('never_back'); END IF;
    IF NEW.decided_at IS NULL OR NEW.decided_at < OLD.decided_at
        OR NEW.decided_at < clock_timestamp() - interval '10 s'
    THEN
        PERFORM refuse('decided_now');
    END IF;
    IF NEW.attempt <> OLD.attempt
        AND NOT (OLD.attempt = 'not_started' AND NEW.attempt = 'running')
        AND NOT (OLD.attempt = 'running' AND NEW.attempt IN ('finished', 'ended', 'closed'))
    THEN
        PERFORM refuse('no_way_back');
    END IF;
    IF OLD.ending_at <= NEW.decided_at
        AND (NEW.ending_at IS DISTINCT FROM OLD.ending_at OR NEW.attempt IN ('not_started', 'running'))
    THEN
        PERFORM refuse('a_past_end_stands');
    END IF;
    -- Another client, or a right to return that was taken away: only a living authorization, and it is spent.
    IF OLD.attempt = 'running' AND NEW.entry_no > OLD.entry_no
        AND (NEW.seat_client IS DISTINCT FROM OLD.seat_client OR OLD.interrupted_at IS NOT NULL)
        AND (OLD.authorization_kind IS DISTINCT FROM 'resume' OR OLD.authorization_expires_at <= NEW.decided_at
            OR NEW.authorization_kind IS NOT NULL)
    THEN
        PERFORM refuse('a_resume_spends_an_authorization');
    END IF;
    RETURN NEW;
END $$
"""

_SESSION = """
CREATE FUNCTION guard_exam_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decision_seq < OLD.decision_seq OR NEW.live_epoch < OLD.live_epoch
        OR NEW.roster_version < OLD.roster_version OR NEW.last_decided_at < OLD.last_decided_at
    THEN
        PERFORM refuse('never_back');
    END IF;
    IF OLD.last_decided_at IS NOT NULL AND NEW.last_decided_at IS NULL THEN PERFORM refuse('never_back'); END IF;
    IF OLD.started_at IS NOT NULL AND NEW.started_at IS DISTINCT FROM OLD.started_at THEN
        PERFORM refuse('a_room_starts_once');
    END IF;
    RETURN NEW;
END $$
"""

_PROGRESS = """
CREATE FUNCTION guard_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.answered < OLD.answered OR NEW.entry_no < OLD.entry_no
        OR (OLD.answered IS NOT NULL AND NEW.answered IS NULL)
    THEN
        PERFORM refuse('never_back');
    END IF;
    IF OLD.total IS NOT NULL AND NEW.total IS DISTINCT FROM OLD.total THEN PERFORM refuse('total_is_fixed'); END IF;
    IF NOT OLD.is_open AND NOT NEW.is_open AND NEW.answered IS DISTINCT FROM OLD.answered THEN
        PERFORM refuse('no_progress_outside_the_test');
    END IF;
    RETURN NEW;
END $$
"""

_OPEN_PROGRESS = """
CREATE FUNCTION open_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO progress (candidate) VALUES (NEW.id);
    RETURN NULL;
END $$
"""

_AUDIT = """
CREATE FUNCTION guard_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('the_audit_is_append_only');
    RETURN NULL;
END $$
"""

GUARDS: Final = (
    _REFUSE,
    _CANDIDATE,
    _SESSION,
    _PROGRESS,
    _OPEN_PROGRESS,
    _AUDIT,
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON candidates"
    " FOR EACH ROW EXECUTE FUNCTION guard_candidate()",
    "CREATE TRIGGER open_progress AFTER INSERT ON candidates FOR EACH ROW EXECUTE FUNCTION open_progress()",
    "CREATE TRIGGER guard BEFORE UPDATE ON exam_sessions FOR EACH ROW EXECUTE FUNCTION guard_exam_session()",
    "CREATE TRIGGER guard BEFORE UPDATE ON progress FOR EACH ROW EXECUTE FUNCTION guard_progress()",
    "CREATE TRIGGER guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION guard_audit()",
    # Details may be deleted (purge, erasure) by whoever owns the tables, and never rewritten.
    "CREATE TRIGGER guard BEFORE UPDATE OR TRUNCATE ON audit_details EXECUTE FUNCTION guard_audit()",
)
