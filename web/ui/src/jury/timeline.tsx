// The timeline of a room or of one candidate: every decision in words, with its codes and what was written.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { instantWithSeconds } from "../dates.ts";
import { Button, Glyph } from "../parts/controls.tsx";
import { refocus } from "../parts/refocus.ts";
import { listed } from "../closing.ts";
import { nameOf, narrowing, reportName, shown } from "./case_store.ts";
import { codeTexts, detailTexts, kindText } from "./entry_text.ts";
import { Select } from "./queue.tsx";
import { replay } from "./replay_open.ts";
import { GROUPS, groupOf, narrowed, type Entry, type Group } from "./view.ts";
import { words } from "./words.ts";

/** What is drawn at first: a room of sixty comes to many hundreds. */
const FIRST = 100;
/** How the hub writes an author who is no staff where the decision is about nobody: the first entry starts the session. */
const UNNAMED = "?";

function Line({ entry, zone }: { entry: Entry; zone: string }): VNode {
  const w = words();
  const by = entry.by === "hub" ? w.by_hub : entry.by === UNNAMED ? w.by_candidate : entry.by;
  const codes = codeTexts(entry, nameOf, reportName);
  const at = instantWithSeconds(entry.at, zone);
  return (
    <li class="event">
      <time dateTime={entry.at}>{at}</time>
      <div>
        <p>
          <b>{kindText(entry.kind)}</b>
          {entry.candidate !== null && <span> · {nameOf(entry.candidate)}</span>}
        </p>
        {codes.length > 0 && <p class="hint">{codes.join(" · ")}</p>}
        {detailTexts(entry).map((text) => <blockquote key={text}>{text}</blockquote>)}
        <small>{by} · {w.number(entry.seq)}</small>
      </div>
      {groupOf(entry.kind) !== "jury" && (
        <Button kind="plain" label={w.replay_at(at)} onPress={() => replay(entry.at)}><Glyph shape="eye" /> {w.replay_then}</Button>
      )}
    </li>
  );
}

function Filters(): VNode {
  const w = words();
  const { who, what } = narrowing.value;
  const people = [...(shown.value?.candidates ?? [])].sort((a, b) => listed(a).localeCompare(listed(b), "fr"));
  const chooseWho = (value: string): void => {
    narrowing.value = { who: value === "" ? null : value === "room" ? "room" : Number(value), what };
  };
  const chooseWhat = (value: string): void => {
    narrowing.value = { who, what: GROUPS.find((group) => group === value) ?? null };
  };
  const groups = GROUPS.map((group: Group) => [group, w[`group_${group}`]] as const);
  return (
    <div class="two">
      <Select label={w.timeline_who} value={who === null ? "" : String(who)} onChoose={chooseWho}
        options={[["", w.timeline_everybody], ["room", w.timeline_room], ...people.map((row) => [String(row.id), listed(row)] as const)]} />
      <Select label={w.timeline_what} value={what ?? ""} onChoose={chooseWhat} options={[["", w.timeline_all], ...groups]} />
    </div>
  );
}

/** The section. */
export function Timeline(): VNode | null {
  const w = words();
  const isWhole = useSignal(false);
  const one = shown.value;
  if (one === null) return null;
  const entries = narrowed(one.timeline, narrowing.value);
  const showAll = (): void => {
    isWhole.value = true;
    refocus("timeline");
  };
  const hidden = isWhole.value ? 0 : Math.max(0, entries.length - FIRST);
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline" tabIndex={-1}>{w.timeline}</h2>
      <p class="hint">{w.timeline_lead}</p>
      <Filters />
      <p role="status">{entries.length === 0 ? w.timeline_none : w.timeline_count(entries.length)}</p>
      {hidden > 0 && <Button onPress={showAll}>{w.timeline_more(hidden)}</Button>}
      <ol class="events">
        {entries.slice(hidden).map((entry) => <Line key={entry.seq} entry={entry} zone={one.session.time_zone} />)}
      </ol>
      <p class="hint">{w.head(one.head.decision_seq)} <code class="head">{one.head.hash}</code></p>
    </section>
  );
}
