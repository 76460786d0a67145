// Every pair of facts that can be true of one candidate at once, as rows; and why the others cannot.
// `node tests/pairs.ts` prints them for the test that shows them in a browser.
import type { FactName } from "../src/facts.ts";
import type { NeedKind } from "../src/needs.ts";
import type { Row } from "../src/wire.ts";
import { AT, ago, call, row, snapshot } from "./rows.ts";

interface Known {
  is: FactName;
  /** What the row says, in French. */
  text: string;
  /** Every way in which it can be true: what it asks of a row. */
  ways: Partial<Row>[];
  need?: { kind: NeedKind; text: string };
}

const refused = { entry_refused: { code: "resume_not_authorized", at: ago(90) }, authorization: null, waiting: { clients: 1 } };
const lost = { state: "offline" as const, since: ago(200) };
const interrupted = { attempt: "running" as const, interrupted_at: ago(185), link: lost };
const seated = { attempt: "running" as const, interrupted_at: null };
const before = { attempt: "not_started" as const };
const over = [{ attempt: "finished" as const }, { attempt: "ended" as const }];
const report = { id: 1, name: "fraud", question: null, text: "x", by: "A", at: AT };
const presence = (state: "expected" | "absent" | "confirmed"): Partial<Row> => ({ ...before, presence: { state, by: "A", at: AT } });

export const KNOWN: readonly Known[] = [
  { is: "ending", text: "Fin ", ways: [{ attempt: "running", ending_at: ago(-3000), authorization: null }] },
  { is: "help", text: "Appelle, question 12", ways: [{ attempt: "running", help: [call] }, { ...before, help: [call] }], need: { kind: "help", text: "Appelle, question 12" } },
  { is: "asking_start", text: "Demande à entrer", ways: [{ ...presence("expected"), ...refused }, { ...presence("absent"), ...refused }], need: { kind: "asking", text: "Demande à entrer" } },
  { is: "asking_resume", text: "Attend la reprise", ways: [{ ...seated, ...refused }, { ...interrupted, waiting: { clients: 1 } }], need: { kind: "asking", text: "Attend la reprise" } },
  { is: "interrupted", text: "Interrompu ", ways: [interrupted], need: { kind: "offline", text: "Hors ligne" } },
  { is: "offline", text: "Hors ligne ", ways: [{ ...seated, link: lost }], need: { kind: "offline", text: "Hors ligne" } },
  { is: "suspect", text: "Ligne instable", ways: [{ ...seated, link: { state: "suspect", since: ago(5) } }] },
  {
    is: "over_time",
    text: "Dépasse de ",
    ways: [{ attempt: "running", time: { theoretical_end: ago(120), minutes_added: 0, interruptions: [] } }],
    need: { kind: "over_time", text: "Temps dépassé" },
  },
  {
    is: "resume_authorized",
    text: "Reprise autorisée (",
    ways: [{ attempt: "running", ending_at: null, authorization: { kind: "resume", by: "A", at: ago(840), expires_at: ago(-60) } }],
    need: { kind: "lapsing", text: "Autorisation bientôt échue" },
  },
  { is: "other_client", text: "2 postes", ways: [{ ...seated, waiting: { clients: 1 } }, { ...interrupted, waiting: { clients: 2 } }, { ...before, waiting: { clients: 2 } }] },
  { is: "expected", text: "Attendu", ways: [presence("expected")] },
  { is: "absent", text: "Absent", ways: [presence("absent")] },
  { is: "present", text: "Présent", ways: [{ ...presence("confirmed"), authorization: { kind: "start", by: "A", at: AT, expires_at: null } }] },
  { is: "joined", text: "Connecté", ways: [{ ...before, waiting: { clients: 1 } }] },
  { is: "running", text: "En cours", ways: [{ ...seated, link: { state: "online", since: AT } }, { ...seated, link: { state: "suspect", since: ago(5) } }] },
  { is: "finished", text: "Terminé", ways: [{ attempt: "finished" }] },
  { is: "ended", text: "Terminé par le surveillant", ways: [{ attempt: "ended" }] },
  { is: "closed", text: "Clos", ways: [{ attempt: "closed" }] },
  { is: "end_screen_missing", text: "Écran à voir", ways: over.map((one) => ({ ...one, end_screen_seen: null })), need: { kind: "end_screen", text: "Écran de fin à voir" } },
  { is: "end_screen_seen", text: "Écran vu", ways: over.map((one) => ({ ...one, end_screen_seen: { by: "A", at: AT } })) },
  { is: "identity_to_correct", text: "Identité à corriger", ways: [{ identity: "to_correct" }] },
  { is: "identity_checked", text: "Identité vérifiée", ways: [{ ...before, identity: "checked" }] },
  { is: "reports", text: "1 signalement", ways: [{ reports: [report] }] },
];

const BEFORE: FactName[] = ["asking_start", "expected", "absent", "present", "joined", "identity_checked"];
const DURING: FactName[] = ["ending", "asking_resume", "interrupted", "offline", "suspect", "over_time", "resume_authorized", "running"];
const AFTER: FactName[] = ["finished", "ended", "closed", "end_screen_missing", "end_screen_seen"];

/** Two groups of facts of which no two are ever true together, and why. */
export const IMPOSSIBLE: readonly [FactName[], FactName[], string][] = [
  [BEFORE, DURING, "a test has begun or it has not; that an identity was checked matters until it has"],
  [BEFORE, AFTER, "a test that never began is not over"],
  [DURING, AFTER, "a test is over or it is not"],
  [["help"], AFTER, "the end of a test closes an open call"],
  [["other_client"], AFTER, "after the end another client is shown the end screen and waits for nothing"],
  [["expected", "absent", "present"], ["expected", "absent", "present"], "presence has one value"],
  [["asking_start"], ["present"], "who was counted may enter: nothing is left to ask for"],
  [["interrupted", "offline", "suspect"], ["interrupted", "offline", "suspect"], "a line has one state, and who is interrupted is offline"],
  [["interrupted", "offline"], ["running"], "who is away is not working"],
  [["ending"], ["resume_authorized"], "asking for the end takes an unused authorization back, and none is given meanwhile"],
  [["finished", "ended", "closed"], ["finished", "ended", "closed"], "a test ends once"],
  [["closed"], ["end_screen_missing", "end_screen_seen"], "a test cut off by the finalization has no end screen"],
  [["end_screen_missing"], ["end_screen_seen"], "seen or not"],
  [["identity_to_correct"], ["identity_checked"], "an identity has one state"],
];

/** Two needs of which the second stands for both, and why. */
export const STANDS_FOR: readonly [FactName[], FactName[], string][] = [
  [["interrupted", "offline"], ["asking_resume"], "who asks to come back is at the door, no longer away"],
  [["interrupted", "offline"], ["resume_authorized"], "who was authorized is expected back; before that lapses, it is said"],
  [["asking_resume"], ["resume_authorized"], "who was authorized asks for nothing more"],
];

/** The reason by which a pair is listed; null when it is not. */
export function reasonIn(list: typeof IMPOSSIBLE, a: FactName, b: FactName): string | null {
  const found = list.find(([some, others]) => (some.includes(a) && others.includes(b)) || (some.includes(b) && others.includes(a)));
  return found?.[2] ?? null;
}

/** Both at once, as what they ask of a row; null when they contradict each other. */
function both(a: Partial<Row>, b: Partial<Row>): Partial<Row> | null {
  const clients = Math.max(a.waiting?.clients ?? 0, b.waiting?.clients ?? 0);
  const { waiting: _a, ...one } = a;
  const { waiting: _b, ...other } = b;
  for (const key of Object.keys(one) as (keyof typeof one)[]) {
    if (key in other && JSON.stringify(one[key]) !== JSON.stringify(other[key])) return null;
  }
  return { ...one, ...other, waiting: { clients } };
}

/** A row of which both facts are true; null when there is none. */
export function rowOf(id: number, a: Known, b: Known): Row | null {
  const asked = a.ways.flatMap((one) => b.ways.flatMap((other) => both(one, other) ?? []));
  const [first] = asked.sort((one, other) => (one.waiting?.clients ?? 0) - (other.waiting?.clients ?? 0));
  if (first === undefined) return null;
  const isBefore = first.attempt === "not_started";
  const fresh: Partial<Row> = isBefore
    ? { presence: { state: "expected", by: null, at: null }, certification_number: null, entry_no: 0, progress: null, link: { state: "never", since: null } }
    : {};
  return row(id, { ...fresh, last_name: a.is, first_name: b.is, ...first });
}

/** Every pair that can be. */
export function pairs(): { a: Known; b: Known; row: Row }[] {
  return KNOWN.flatMap((a, first) =>
    KNOWN.slice(first + 1).flatMap((b, second) => {
      const made = rowOf((first + 1) * 100 + second, a, b);
      return made === null ? [] : [{ a, b, row: made }];
    }),
  );
}

if (process.argv[1]?.endsWith("pairs.ts")) {
  const shown = pairs();
  const expected = shown.map(({ a, b }) => ({
    name: `${a.is.toUpperCase()} ${b.is}`,
    facts: [a.text, b.text],
    needs: a.need && b.need && reasonIn(STANDS_FOR, a.is, b.is) === null ? [a.need.text, b.need.text] : [],
  }));
  process.stdout.write(JSON.stringify({ snapshot: snapshot(shown.map((one) => one.row)), expected }));
}
