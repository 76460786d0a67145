// The first part of a session's page: what stands on it, its codes, its files.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { invigilatorNames, type SessionDetail } from "../exam_session.ts";
import { words as exam } from "../exam_words.ts";
import { calendarDate } from "../dates.ts";
import { language } from "../locale.ts";
import { Button, Glyph } from "../parts/controls.tsx";
import { copied } from "../parts/copy.ts";
import { Fact } from "../parts/fact.tsx";
import { lazily } from "../parts/lazily.tsx";
import type { DialogProps } from "./dialogs.tsx";
import { told, words } from "./store.ts";

const Edit = lazily<DialogProps>(() => import("./dialogs.tsx").then((module) => module.Edit));
const Delete = lazily<DialogProps>(() => import("./dialogs.tsx").then((module) => module.Delete));
const Address = lazily<DialogProps>(() => import("./dialogs.tsx").then((module) => module.Address));

function Facts({ session }: { session: SessionDetail }): VNode {
  const w = exam();
  const names = invigilatorNames(session.invigilators);
  return (
    <dl class="facts">
      <Fact term={w.number}>{session.number}</Fact>
      <Fact term={w.center}>{session.center_name}</Fact>
      <Fact term={w.site}>{session.site}</Fact>
      <Fact term={w.room}>{session.room}</Fact>
      <Fact term={w.date}>{w.at(calendarDate(session.date), session.start_time)}</Fact>
      <Fact term={words().duration}>{words().minutes(session.duration_minutes)}</Fact>
      <Fact term={w.invigilators}>
        {names.length === 0 ? words().none_named : <ul>{names.map((name, index) => <li key={index}>{name}</li>)}</ul>}
      </Fact>
      <Fact term={w.observations}>{session.observations ? <span class="as-typed">{session.observations}</span> : words().none}</Fact>
    </dl>
  );
}

/** Says why nothing may be changed any more, before anybody tries. */
export function Locked({ session }: { session: SessionDetail }): VNode | null {
  if (session.may_edit) return null;
  const w = words();
  const why = session.finalized_at ? w.why_closed : session.may_delete ? w.why_only_begun : w.why_started;
  return (
    <p class="why locked">
      <Glyph shape="lock" /> <span>{why}</span>
    </p>
  );
}

function Code({ name, value }: { name: string; value: string }): VNode {
  const w = words();
  const isShown = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const copyIt = async (): Promise<void> => {
    const isCopied = await copied(value);
    button.current?.focus();
    if (!isCopied) isShown.value = true;
    told.value = isCopied ? w.copied(name) : w.copy_failed;
  };
  const toggle = isShown.value ? w.hide : w.show;
  return (
    <li>
      <span class="code-name">{name}</span>
      <span class="code-value">{isShown.value ? <code>{value}</code> : <span aria-hidden="true">••••••</span>}</span>
      <span class="buttons">
        <Button label={w.on_code(toggle, name)} onPress={() => (isShown.value = !isShown.value)}>{toggle}</Button>
        <button ref={button} type="button" class="soft" aria-label={w.on_code(w.copy, name)} onClick={() => void copyIt()}>{w.copy}</button>
      </span>
    </li>
  );
}

function Codes({ session, onAddress }: { session: SessionDetail; onAddress: () => void }): VNode {
  const w = words();
  return (
    <section class="card" aria-labelledby="codes-title">
      <h2 id="codes-title">{w.codes_title}</h2>
      <p class="hint">{w.codes_lead}</p>
      <ul class="codes">
        {session.access_code && <Code name={w.access_code} value={session.access_code} />}
        {session.invigilator_password && <Code name={w.invigilator_password} value={session.invigilator_password} />}
      </ul>
      <div class="buttons"><Button onPress={onAddress}><Glyph shape="screens" /> {w.qr}</Button></div>
    </section>
  );
}

function Papers({ session }: { session: SessionDetail }): VNode {
  const w = words();
  const printed = [
    { file: "attendance-sheet.pdf", text: w.attendance_sheet },
    { file: "kit.pdf", text: w.kit, note: w.kit_secret },
    { file: "notice.pdf", text: w.notice },
    { file: "incidents.pdf", text: w.incidents },
  ];
  const written = [
    { file: "candidates.csv", text: w.candidates_file },
    { file: "audit.csv", text: w.audit_file },
    ...(session.status === "published" ? [{ file: "results.csv", text: w.results_file }] : []),
  ];
  const base = `/api/sessions/${session.number}`;
  return (
    <section class="card" aria-labelledby="papers-title">
      <h2 id="papers-title">{w.papers_title}</h2>
      <ul class="papers">
        {printed.map((paper) => (
          <li key={paper.file}>
            <a href={`${base}/${paper.file}?lang=${language.value}`} download><Glyph shape="note" /> {paper.text} <small>PDF{paper.note && `, ${paper.note}`}</small></a>
          </li>
        ))}
        {written.map((paper) => (
          <li key={paper.file}>
            <a href={`${base}/${paper.file}`} download><Glyph shape="note" /> {paper.text} <small>CSV</small></a>
          </li>
        ))}
      </ul>
      {session.status !== "published" && <p class="hint">{w.results_later}</p>}
    </section>
  );
}

/** The part. */
export function Details({ session }: { session: SessionDetail }): VNode {
  const w = words();
  const open = useSignal<"edit" | "delete" | "address" | null>(null);
  const close = (): void => {
    open.value = null;
  };
  return (
    <div class="two-columns">
      <section class="card" aria-labelledby="details-title">
        <h2 id="details-title">{w.details_title}</h2>
        <Facts session={session} />
        <Locked session={session} />
        {(session.may_edit || session.may_delete) && (
          <div class="buttons">
            {session.may_edit && <Button onPress={() => (open.value = "edit")}>{w.edit}</Button>}
            {session.may_delete && <Button kind="danger" onPress={() => (open.value = "delete")}>{w.remove}</Button>}
          </div>
        )}
      </section>
      <div class="column">
        <Codes session={session} onAddress={() => (open.value = "address")} />
        <Papers session={session} />
      </div>
      {open.value === "edit" && <Edit session={session} onClose={close} />}
      {open.value === "delete" && <Delete session={session} onClose={close} />}
      {open.value === "address" && <Address session={session} onClose={close} />}
    </div>
  );
}
