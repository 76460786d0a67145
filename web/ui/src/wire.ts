// The wire, version 1: generated from channels/wire.py, do not edit.

/** A place in one life of a room's stream. */
export interface Position {
  epoch: string;
  seq: number;
}

/** The first frame: who this is, which session, and what it already holds. */
export interface Hello {
  type: "hello";
  token?: string | null;
  session?: number | null;
  position?: Position | null;
}

/** Ask for everything after a position; answered by `events` or `snapshot` (a candidate's by `state`). */
export interface Sync {
  type: "sync";
  ref?: number | null;
  position?: Position | null;
}

/** The answer to each beat. */
export interface Alive {
  type: "alive";
}

/** Ask for the test with the access code. */
export interface Enter {
  type: "enter";
  ref: number;
  key: string;
  access_code: string;
  total?: number | null;
}

/** Questions answered or passed so far, absolute. No key, and no reply unless refused. */
export interface Progress {
  type: "progress";
  answered: number;
  total: number;
  question?: number | null;
  ref?: number | null;
}

/** The candidate is done; carries the last numbers. */
export interface Finish {
  type: "finish";
  ref: number;
  key: string;
  answered?: number | null;
  total?: number | null;
}

/** Call the invigilator. A second call updates the open one. */
export interface Help {
  type: "help";
  ref: number;
  key: string;
  kind: "question" | "other";
  question?: number | null;
  text?: string | null;
}

/** The screen has shown the state of this version. */
export interface Ack {
  type: "ack";
  version: number;
}

export type CandidateFrame =
  | Hello
  | Sync
  | Alive
  | Enter
  | Progress
  | Finish
  | Help
  | Ack;

/** Which candidate this invigilator looks at; colleagues see it. */
export interface Look {
  type: "look";
  candidate?: number | null;
}

/** Say "I go there", or take it back: soft, seen by colleagues, gone after a while of silence, decides nothing. */
export interface Claim {
  type: "claim";
  candidates: number[];
  is_taken?: boolean;
}

/** One need as a screen shows it. */
export interface Alert {
  candidate: number;
  need: "outage" | "help" | "asking" | "offline" | "over_time" | "end_screen" | "lapsing";
}

/** What this dashboard has been able to see since it last said so: kept with the audit, for the jury. */
export interface Saw {
  type: "saw";
  freshness: "live" | "slow" | "offline";
  age_ms: number;
  is_hidden: boolean;
  alerts: Alert[];
}

/** The person sits in the room. */
export interface PresenceConfirm {
  type: "presence.confirm";
  ref: number;
  key: string;
  candidates: number[] | "all";
  late_reason?: string | null;
}

/** Back to expected. */
export interface PresenceCancel {
  type: "presence.cancel";
  ref: number;
  key: string;
  candidates: number[] | "all";
}

/** Did not come. */
export interface PresenceAbsent {
  type: "presence.absent";
  ref: number;
  key: string;
  candidates: number[] | "all";
}

/** The identity document was looked at. */
export interface IdentityCheck {
  type: "identity.check";
  ref: number;
  key: string;
  candidates: number[] | "all";
  state: "checked" | "to_correct";
}

/** Let somebody come back, once. */
export interface ResumeAuthorize {
  type: "resume.authorize";
  ref: number;
  key: string;
  candidates: number[] | "all";
}

/** End the test for good, after the undo window. */
export interface AttemptEnd {
  type: "attempt.end";
  ref: number;
  key: string;
  candidates: number[] | "all";
}

/** Undo an asked end. */
export interface AttemptEndCancel {
  type: "attempt.end.cancel";
  ref: number;
  key: string;
  candidates: number[] | "all";
}

/** Give or take back minutes. */
export interface TimeAdd {
  type: "time.add";
  ref: number;
  key: string;
  candidates: number[] | "all";
  minutes: number;
  reason: string;
}

/** The end screen was seen. */
export interface EndScreenSee {
  type: "end_screen.see";
  ref: number;
  key: string;
  candidates: number[] | "all";
}

/** Ticked by mistake. */
export interface EndScreenUnsee {
  type: "end_screen.unsee";
  ref: number;
  key: string;
  candidates: number[] | "all";
}

/** I go there. */
export interface HelpTake {
  type: "help.take";
  ref: number;
  key: string;
  candidates: number[] | "all";
  help: number;
}

/** An issue report to be written. */
export interface Draft {
  name: string;
  question?: number | null;
  text?: string | null;
}

/** The call is answered. */
export interface HelpResolve {
  type: "help.resolve";
  ref: number;
  key: string;
  candidates: number[] | "all";
  help: number;
  outcome: "accept" | "dismiss";
  word?: string | null;
  report?: Draft | null;
}

/** A procedural text to the candidate's screen. */
export interface MessageSend {
  type: "message.send";
  ref: number;
  key: string;
  candidates: number[] | "all";
  text: string;
}

/** Write an issue report. */
export interface ReportAdd {
  type: "report.add";
  ref: number;
  key: string;
  candidates: number[] | "all";
  name: string;
  question?: number | null;
  text?: string | null;
}

/** Correct an issue report. */
export interface ReportEdit {
  type: "report.edit";
  ref: number;
  key: string;
  candidates: number[] | "all";
  report: number;
  name: string;
  question?: number | null;
  text?: string | null;
}

/** Withdraw an issue report. */
export interface ReportRemove {
  type: "report.remove";
  ref: number;
  key: string;
  candidates: number[] | "all";
  report: number;
}

/** The access code has been given. */
export interface SessionStart {
  type: "session.start";
  ref: number;
  key: string;
}

/** A center admin asks for fifteen minutes of commands. */
export interface RoomTakeOver {
  type: "room.take_over";
  ref: number;
  key: string;
}

export type CandidateCommand =
  | PresenceConfirm
  | PresenceCancel
  | PresenceAbsent
  | IdentityCheck
  | ResumeAuthorize
  | AttemptEnd
  | AttemptEndCancel
  | TimeAdd
  | EndScreenSee
  | EndScreenUnsee
  | HelpTake
  | HelpResolve
  | MessageSend
  | ReportAdd
  | ReportEdit
  | ReportRemove;

export type RoomCommand =
  | SessionStart
  | RoomTakeOver;

export type StaffCommand =
  | PresenceConfirm
  | PresenceCancel
  | PresenceAbsent
  | IdentityCheck
  | ResumeAuthorize
  | AttemptEnd
  | AttemptEndCancel
  | TimeAdd
  | EndScreenSee
  | EndScreenUnsee
  | HelpTake
  | HelpResolve
  | MessageSend
  | ReportAdd
  | ReportEdit
  | ReportRemove
  | SessionStart
  | RoomTakeOver;

export type InvigilatorFrame =
  | Hello
  | Sync
  | Alive
  | Look
  | Claim
  | Saw
  | PresenceConfirm
  | PresenceCancel
  | PresenceAbsent
  | IdentityCheck
  | ResumeAuthorize
  | AttemptEnd
  | AttemptEndCancel
  | TimeAdd
  | EndScreenSee
  | EndScreenUnsee
  | HelpTake
  | HelpResolve
  | MessageSend
  | ReportAdd
  | ReportEdit
  | ReportRemove
  | SessionStart
  | RoomTakeOver;

export type AdminFrame =
  | Hello
  | Alive;

/** Presence, and who said so. */
export interface Presence {
  state: "expected" | "confirmed" | "absent";
  by: string | null;
  at: string | null;
}

/** An unused right to enter. */
export interface Authorization {
  kind: "start" | "resume";
  by: string;
  at: string;
  expires_at: string | null;
}

/** The line of the seated client. */
export interface Link {
  state: "never" | "online" | "suspect" | "offline" | "unknown";
  since: string | null;
}

/** Clients connected outside the test. */
export interface Waiting {
  clients: number;
}

/** This candidate is asking to come in. */
export interface EntryRefused {
  code: string;
  at: string;
}

/** Questions answered or passed. */
export interface ProgressView {
  answered: number;
  total: number;
  question: number | null;
  at: string;
}

/** One call; open while `outcome` is null. */
export interface HelpView {
  id: number;
  kind: "question" | "other";
  question: number | null;
  text: string | null;
  at: string;
  taken_by: string | null;
  outcome: "accept" | "dismiss" | "lapsed" | null;
  word: string | null;
}

/** One issue report. */
export interface ReportView {
  id: number;
  name: string;
  question: number | null;
  text: string | null;
  by: string;
  at: string;
}

/** Who saw the end screen. */
export interface SeenView {
  by: string;
  at: string;
}

/** One measured absence; `to` is null while it lasts. */
export interface InterruptionView {
  from: string;
  to: string | null;
  cause: "candidate" | "room" | "hub";
}

/** Everything about one candidate's time. */
export interface TimeView {
  theoretical_end: string | null;
  minutes_added: number;
  interruptions: InterruptionView[];
}

/** One candidate on a dashboard. An event's `set` holds some of these keys with their new values. */
export interface Row {
  id: number;
  last_name: string;
  first_name: string;
  birthdate: string;
  extra_time_percentage: number;
  presence: Presence;
  identity: "unchecked" | "checked" | "to_correct";
  authorization: Authorization | null;
  attempt: "not_started" | "running" | "finished" | "ended" | "closed";
  certification_number: number | null;
  entry_no: number;
  interrupted_at: string | null;
  ending_at: string | null;
  link: Link;
  waiting: Waiting;
  entry_refused: EntryRefused | null;
  progress: ProgressView | null;
  help: HelpView[];
  reports: ReportView[];
  end_screen_seen: SeenView | null;
  time: TimeView;
  version: number;
  told_version: number;
}

/** A center admin who commands this room for a while. */
export interface TakeOverView {
  by: string;
  until: string;
}

/** Somebody to whom a colleague handed this room over for a while. */
export interface HandOverView {
  by: string;
  to: string;
  until: string;
}

/** The session itself. `handed_over`: the latest last; what is past stays in it. */
export interface SessionView {
  number: number;
  site: string;
  room: string;
  date: string;
  start_time: string;
  time_zone: string;
  duration_minutes: number;
  invigilators: string;
  access_code: string;
  started_at: string | null;
  status: "open" | "finalized";
  taken_over: TakeOverView[];
  handed_over: HandOverView[];
}

/** What this socket may send. */
export interface Limits {
  frame_bytes: number;
  frames_per_second: number;
  burst: number;
}

/** Whom the hub takes this client for. `may_command` is false for a center admin who has not taken over; */
export interface You {
  role: "candidate" | "invigilator" | "center_admin";
  candidate?: number;
  name?: string;
  may_command?: boolean;
  is_invigilating?: boolean;
}

/** When something becomes a need, and whom an untaken one calls next: settings of the installation, in seconds. */
export interface Thresholds {
  offline_after_seconds: number;
  lapse_warning_seconds: number;
  call_again_after_seconds: number;
  call_others_after_seconds: number;
  call_admin_after_seconds: number;
  claim_seconds: number;
  unattended_after_seconds: number;
}

/** The hello was accepted. `thresholds` are for staff. */
export interface Welcome {
  type: "welcome";
  connection: string;
  server_time: string;
  heartbeat_seconds: number;
  enter_after_ms: number;
  limits: Limits;
  you: You;
  thresholds?: Thresholds;
}

/** A whole room, with the position it was read at. */
export interface Snapshot {
  type: "snapshot";
  session: SessionView;
  epoch: string;
  seq: number;
  server_time: string;
  live: boolean;
  candidates: Row[];
}

/** One event: `row |= set`, or on the session without a `candidate`. `"set": null` removes the row. */
export interface RoomEventView {
  type: string;
  at: string;
  set: Record<string, unknown> | null;
  candidate?: number;
  by?: string;
  decision?: number;
  text?: string;
}

/** Everything after the client's position, in order, no hole. */
export interface Events {
  type: "events";
  session: number;
  epoch: string;
  from: number;
  to: number;
  events: RoomEventView[];
}

/** What became of a command for one candidate. */
export interface ResultView {
  candidate: number;
  ok: boolean;
  already?: boolean;
  code?: string;
  by?: string;
}

/** Why a frame was not judged (or, to a candidate, refused). */
export interface ErrorView {
  code: string;
  retry?: boolean;
  after_ms?: number;
  fields?: Record<string, string>;
}

/** The answer to one frame. Acknowledged means committed. */
export interface Reply {
  type: "reply";
  ref: number | null;
  ok: boolean;
  results?: ResultView[];
  decision_seq?: number;
  help?: number;
  already?: boolean;
  error?: ErrorView;
}

/** A dashboard's beat. `seq` is what this socket was already given. */
export interface Beat {
  type: "beat";
  server_time: string;
  session: number;
  epoch: string;
  seq: number;
  as_of: string;
  degraded: ("live" | "decisions")[];
}

/** A candidate's beat. */
export interface CandidateBeat {
  type: "beat";
  server_time: string;
  version: number;
}

/** A console on the same room, one's own included. A center admin who only watches is no invigilator. */
export interface Colleague {
  name: string;
  connection: string;
  look: number | null;
  role: "invigilator" | "center_admin";
}

/** Who said "I go there" about a candidate, and when. */
export interface ClaimView {
  candidate: number;
  by: string;
  at: string;
}

/** Who is here, who looks at whom, and who goes where. */
export interface Colleagues {
  type: "colleagues";
  people: Colleague[];
  claims: ClaimView[];
}

/** One room on a wall, absolute values. Counts are of candidates unless they say otherwise. */
export interface RoomSummary {
  session: number;
  epoch: string;
  seq: number;
  site: string;
  room: string;
  date: string;
  start_time: string;
  time_zone: string;
  duration_minutes: number;
  status: "open" | "finalized";
  started_at: string | null;
  ends_at: string | null;
  candidates: number;
  expected: number;
  absent: number;
  confirmed: number;
  running: number;
  finished: number;
  ended: number;
  waiting: number;
  offline: number;
  asking: number;
  help_open: number;
  over_time: number;
  lost_together: number;
  answered: number;
  total: number;
  needs: number;
  untaken: number;
  worst_need: "outage" | "help" | "asking" | "offline" | "over_time" | "end_screen" | "lapsing" | null;
  oldest_need_at: string | null;
  escalated_at: string | null;
  invigilators: number;
  unattended_since: string | null;
  taken_over: TakeOverView[];
  is_live: boolean;
  as_of: string;
}

/** The rooms of a wall: all of them once, then those that changed, each at most twice a second. */
export interface RoomsFrame {
  type: "rooms";
  rooms: RoomSummary[];
  gone: number[];
}

/** A room that was verified longer ago than the others. */
export interface Behind {
  session: number;
  as_of: string;
}

/** A wall's beat: `as_of` holds for every room but those in `behind`. */
export interface AdminBeat {
  type: "beat";
  server_time: string;
  as_of: string;
  behind: Behind[];
  degraded: ("live" | "decisions")[];
}

/** The last frame before a close. */
export interface Bye {
  type: "bye";
  code: number;
  reason: string;
  reconnect: boolean;
  after_ms: number;
}

/** A candidate's own call, without the names of others. */
export interface OwnHelp {
  id: number;
  kind: "question" | "other";
  question: number | null;
  text: string | null;
  at: string;
  is_taken: boolean;
  outcome: "accept" | "dismiss" | "lapsed" | null;
  word: string | null;
}

/** All that one candidate may know of themselves. */
export interface State {
  type: "state";
  version: number;
  attempt: "not_started" | "running" | "finished" | "ended" | "closed";
  presence: "expected" | "confirmed" | "absent";
  authorization: "start" | "resume" | null;
  in_test: boolean;
  answered: number | null;
  total: number | null;
  certification_number: number | null;
  theoretical_end: string | null;
  session_status: "open" | "finalized";
  end_reason: "finished" | "ended_by_invigilator" | "closed" | null;
  queue_place: number | null;
  suspended_since: string | null;
  help: OwnHelp[];
  server_time: string;
  enter_after_ms?: number;
}

/** A procedural text from the invigilator. */
export interface Message {
  type: "message";
  text: string;
  at: string;
}

export type CandidateHears =
  | Welcome
  | State
  | Message
  | Reply
  | CandidateBeat
  | Bye;

export type InvigilatorHears =
  | Welcome
  | Snapshot
  | Events
  | Reply
  | Beat
  | Colleagues
  | Bye;

export type AdminHears =
  | Welcome
  | RoomsFrame
  | Reply
  | AdminBeat
  | Bye;

/** The one error shape of the API. */
export interface HttpError {
  code: string;
  message: string;
  fields?: Record<string, string>;
  after_ms?: number;
}
