// The second part of a session's page: its candidates, one by one or from a file.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { listed } from "../closing.ts";
import { extraMinutes, type SessionDetail } from "../exam_session.ts";
import { calendarDate } from "../dates.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { Button, Field } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { isWide } from "../parts/window.ts";
import { matches, normalForm } from "../search.ts";
import { Locked } from "./details.tsx";
import type { PersonProps } from "./person.tsx";
import { candidates, type Candidate } from "./store.ts";

export const words = catalogue(fr.roster, (en) => en.roster);

/** From this many candidates on, a search helps. */
const SEARCH_FROM = 8;

const Person = lazily<PersonProps>(() => import("./person.tsx").then((module) => module.Person));
const Remove = lazily<PersonProps & { candidate: Candidate }>(() => import("./remove.tsx").then((module) => module.Remove));
const ImportDialog = lazily<{ onClose: () => void }>(() => import("./import_dialog.tsx").then((module) => module.ImportDialog));

type Open = { dialog: "person"; candidate: Candidate | null } | { dialog: "remove"; candidate: Candidate } | { dialog: "import" };

function extraOf(candidate: Candidate, session: SessionDetail): string {
  const percentage = candidate.extra_time_percentage;
  return percentage === 0 ? words().no_extra : words().extra(percentage, extraMinutes(session.duration_minutes, percentage));
}

function birthplace(candidate: Candidate): string {
  const town = [candidate.birth_postal_code, candidate.birth_town].filter(Boolean).join(" ") || candidate.birth_insee_code;
  return [town, candidate.birth_country].filter(Boolean).join(", ");
}

interface OneProps {
  candidate: Candidate;
  session: SessionDetail;
  onOpen: (open: Open) => void;
}

function Actions({ candidate, onOpen }: OneProps): VNode {
  const w = words();
  const name = listed(candidate);
  return (
    <span class="buttons">
      <Button id={`edit-${candidate.id}`} label={w.on(w.edit, name)} onPress={() => onOpen({ dialog: "person", candidate })}>{w.edit}</Button>
      <Button label={w.on(w.remove, name)} onPress={() => onOpen({ dialog: "remove", candidate })}>{w.remove}</Button>
    </span>
  );
}

function Row(props: OneProps): VNode {
  const { candidate, session } = props;
  return (
    <tr>
      <th scope="row"><b>{candidate.last_name.toUpperCase()}</b> {candidate.first_name}</th>
      <td class="birth">{calendarDate(candidate.birthdate)}<br /><small>{birthplace(candidate)}</small></td>
      <td>{candidate.sex === "F" ? words().f : words().m}</td>
      <td class="nowrap">{extraOf(candidate, session)}</td>
      <td>{candidate.external_id}</td>
      {session.may_edit && <td class="acts"><Actions {...props} /></td>}
    </tr>
  );
}

function Table({ people, ...rest }: Omit<OneProps, "candidate"> & { people: readonly Candidate[] }): VNode {
  const w = words();
  return (
    <div class="scrolls tall">
      <table>
        <caption class="only-heard">{w.title}</caption>
        <thead>
          <tr>
            <th scope="col">{w.name}</th>
            <th scope="col">{w.birth}</th>
            <th scope="col">{w.sex}</th>
            <th scope="col">{w.extra_time_percentage}</th>
            <th scope="col">{w.external_id}</th>
            {rest.session.may_edit && <th scope="col">{w.actions}</th>}
          </tr>
        </thead>
        <tbody>{people.map((candidate) => <Row key={candidate.id} candidate={candidate} {...rest} />)}</tbody>
      </table>
    </div>
  );
}

function Card(props: OneProps): VNode {
  const w = words();
  const { candidate, session } = props;
  return (
    <li class="person">
      <h3><b>{candidate.last_name.toUpperCase()}</b> {candidate.first_name}</h3>
      <p>{w.born_on(calendarDate(candidate.birthdate))}, {birthplace(candidate)}</p>
      {candidate.extra_time_percentage > 0 && <p>{w.extra_label(extraOf(candidate, session))}</p>}
      {candidate.external_id && <p>{w.external_id} : {candidate.external_id}</p>}
      {session.may_edit && <Actions {...props} />}
    </li>
  );
}

function List({ people, ...rest }: Omit<OneProps, "candidate"> & { people: readonly Candidate[] }): VNode {
  if (isWide.value) return <Table people={people} {...rest} />;
  return <ul class="people-cards">{people.map((candidate) => <Card key={candidate.id} candidate={candidate} {...rest} />)}</ul>;
}

function Dialogs({ open, session, onClose }: { open: Open | null; session: SessionDetail; onClose: () => void }): VNode | null {
  if (open === null) return null;
  if (open.dialog === "import") return <ImportDialog onClose={onClose} />;
  if (open.dialog === "remove") return <Remove session={session} candidate={open.candidate} onClose={onClose} />;
  return <Person session={session} candidate={open.candidate} onClose={onClose} />;
}

/** The part. */
export function Roster({ session }: { session: SessionDetail }): VNode {
  const w = words();
  const open = useSignal<Open | null>(null);
  const typed = useSignal("");
  const all = candidates.value ?? [];
  const found = all.filter((one) => matches(normalForm(`${one.last_name} ${one.first_name} ${one.external_id}`), typed.value));
  const empty = all.length > 0 ? w.no_match : session.may_edit ? w.none : w.none_closed;
  return (
    <section class="card" aria-labelledby="roster-title">
      <h2 id="roster-title" tabIndex={-1}>{w.title}</h2>
      <Locked session={session} />
      {session.may_edit && (
        <div class="buttons">
          <Button kind="main" id="add-candidate" onPress={() => (open.value = { dialog: "person", candidate: null })}>{w.add}</Button>
          <Button onPress={() => (open.value = { dialog: "import" })}>{w.import}</Button>
        </div>
      )}
      {all.length >= SEARCH_FROM && (
        <Field label={w.search} value={typed.value} onInput={(text) => (typed.value = text)} input={{ type: "search", autocomplete: "off" }} />
      )}
      {found.length > 0 ? <List people={found} session={session} onOpen={(what) => (open.value = what)} /> : <p class="empty">{empty}</p>}
      <Dialogs open={open.value} session={session} onClose={() => (open.value = null)} />
    </section>
  );
}
