// The replay of what dashboards could see: tracks, one instant, when nobody saw anything, and every note as a table.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Button, Problem, common, refusalText } from "../parts/controls.tsx";
import { number } from "./case_store.ts";
import { replayed } from "./replay_open.ts";
import { SightNow } from "./replay_sight.tsx";
import { blind, hasMore, isCut, read, record, trouble } from "./replay_store.ts";
import { deviceText, instantText, lasting, noteTexts, words } from "./replay_text.ts";
import { Tracks } from "./replay_tracks.tsx";
import type { WatchRecord } from "./sight.ts";

const LISTED = 12;
const ROWS_AT_ONCE = 100;

function Blind(): VNode {
  const w = words();
  const spans = blind.value;
  return (
    <>
      <h3>{w.blind}</h3>
      {spans.length === 0 ? (
        <p class="hint">{w.blind_none}</p>
      ) : (
        <ul class="buttons">
          {spans.slice(0, LISTED).map(({ fromMs, toMs }) => (
            <li key={fromMs}><Button onPress={() => (replayed.value = fromMs)}>{w.blind_from(instantText(fromMs), lasting(toMs - fromMs))}</Button></li>
          ))}
        </ul>
      )}
      {spans.length > LISTED && <p class="hint">{w.blind_more(spans.length - LISTED)}</p>}
    </>
  );
}

function Notes({ all }: { all: WatchRecord }): VNode {
  const w = words();
  const rows = useSignal(ROWS_AT_ONCE);
  const left = Math.min(ROWS_AT_ONCE, all.notes.length - rows.value);
  return (
    <details class="folded">
      <summary>{w.notes(all.notes.length)}</summary>
      <p><a class="soft" href={`/api/jury/sessions/${number}/watch.csv`} download>{w.table}</a></p>
      <table class="notes">
        <thead>
          <tr>{[w.column_at, w.column_screen, w.column_what].map((name) => <th key={name} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>
          {all.notes.slice(0, rows.value).map((note, index) => (
            <tr key={index}>
              <td><time dateTime={note.at}>{instantText(note.ms)}</time></td>
              <td>{deviceText(note.track)}</td>
              <td>{noteTexts(note).join(" · ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && <div class="buttons"><Button onPress={() => (rows.value += ROWS_AT_ONCE)}>{w.more(left)}</Button></div>}
    </details>
  );
}

function Content({ all }: { all: WatchRecord }): VNode {
  const w = words();
  return (
    <>
      {isCut.value && <p class="why">{w.cut}</p>}
      <Tracks offersAll={hasMore.value} />
      <SightNow />
      <Blind />
      <Notes all={all} />
      <p class="hint">{w.told}</p>
    </>
  );
}

/** The replay, once it is asked for. */
export function Replay({ onClose }: { onClose: () => void }): VNode {
  useEffect(() => void read(), []);
  if (trouble.value !== null) {
    return (
      <>
        <Problem text={refusalText(trouble.value)} />
        <div class="buttons">
          <Button onPress={onClose}>{common().close}</Button>
          <Button kind="main" onPress={() => void read()}>{common().retry}</Button>
        </div>
      </>
    );
  }
  if (record.value === undefined) return <p role="status">{common().loading}</p>;
  return record.value === null ? <p class="empty">{words().nothing}</p> : <Content all={record.value} />;
}
