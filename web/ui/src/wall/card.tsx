// One room on the wall: how far it is, what it needs, who watches over it, how fresh that is.
import type { VNode } from "preact";
import { useComputed } from "@preact/signals";
import { hoursMinutes } from "../locale.ts";
import { Glyph } from "../parts/controls.tsx";
import type { Shape } from "../parts/icons.tsx";
import type { RoomSummary } from "../wire.ts";
import { addressOf, openRoom, openTheRoom } from "./address.ts";
import { chosen, isChoosing, tick } from "./selection.ts";
import * as store from "./store.ts";
import { barOf, clockOf, PARTS, partsOf, phaseOf, type Phase } from "./summary.ts";
import { ageText, needText, roomName, roomTime, shortDay, staffText, words } from "./words.ts";

export const PHASE_LOOK: Record<Phase, { tone: string; shape: Shape }> = {
  planned: { tone: "info", shape: "ring" },
  running: { tone: "good", shape: "dot" },
  over: { tone: "calm", shape: "check" },
};
const BAR_WIDTH = 100;

/** Tells whether a click asks for the page itself; with a key held it is the browser's own, as on any link. */
export function isPlain(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

/** The link that opens a room beside the wall; focus comes back to it. */
export function RoomLink({ room, text }: { room: RoomSummary; text: string }): VNode {
  const number = room.session;
  const open = (event: MouseEvent): void => {
    if (!isPlain(event)) return;
    event.preventDefault();
    openTheRoom(number);
  };
  return (
    <a id={`room-${number}`} class="opens-room" href={addressOf(number)} aria-current={openRoom.value === number ? true : undefined} onClick={open}>
      {text}
    </a>
  );
}

/** The box that chooses a room. */
export function Choose({ room }: { room: RoomSummary }): VNode {
  const label = words().choose(`${roomName(room)}, ${words().session(room.session)}`);
  return (
    <label class="tick chooses-room" title={label}>
      <input type="checkbox" aria-label={label} checked={chosen.value.has(room.session)} onChange={(event) => tick(room.session, event.currentTarget.checked)} />
    </label>
  );
}

function Clock({ room, phase }: { room: RoomSummary; phase: Phase }): VNode {
  const w = words();
  // The text changes once a minute, and is in no live region.
  useComputed(() => clockOf(store.roomOf(room.session)?.value ?? room, store.now.value)?.elapsedMs).value;
  const clock = clockOf(room, store.now.peek());
  if (phase === "over" && room.started_at !== null) return <p class="room-clock">{w.begun_at(roomTime(room, room.started_at))}</p>;
  if (clock === null) return <p class="room-clock">{w.planned_at(shortDay(room), room.start_time.slice(0, 5))}</p>;
  return (
    <p class={clock.leftMs < 0 ? "room-clock past" : "room-clock"}>
      <span><b>{hoursMinutes(clock.elapsedMs)}</b> {w.elapsed}</span>
      <span><b>{hoursMinutes(Math.abs(clock.leftMs))}</b> {clock.leftMs < 0 ? w.past_end : w.remaining}</span>
      {room.ends_at !== null && <span>{w.last_end(roomTime(room, room.ends_at))}</span>}
    </p>
  );
}

function Counts({ room }: { room: RoomSummary }): VNode {
  const w = words();
  if (room.candidates === 0) return <p class="hint">{w.nobody_listed}</p>;
  const parts = partsOf(room);
  return (
    <>
      <svg class="parts" viewBox={`0 0 ${BAR_WIDTH} 8`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
        {barOf(room, BAR_WIDTH).map((piece) => <rect key={piece.part} class={piece.part} x={piece.from} width={piece.width} y="0" height="8" />)}
      </svg>
      <ul class="parts-words">
        {PARTS.filter((part) => part !== "absent" || parts.absent > 0).map((part) => (
          <li key={part} class={`${part} ${parts[part] > 0 ? "some" : "none"}`}>{w[part](parts[part])}</li>
        ))}
      </ul>
    </>
  );
}

function Answers({ room }: { room: RoomSummary }): VNode {
  return (
    <p class={room.total > 0 ? "answers-line" : "answers-line none"}>
      {room.total > 0 && (
        <>
          <progress value={room.answered} max={room.total} aria-hidden="true" />
          {words().progress(room.answered, room.total)}
        </>
      )}
    </p>
  );
}

function Line({ tone, shape, text }: { tone: string; shape: Shape; text: string }): VNode {
  return (
    <li class={`tells ${tone}`}>
      <Glyph shape={shape} />
      <span>{text}</span>
    </li>
  );
}

/** What the room needs and who is there: lines that are always there, so that a card keeps its height while it can. */
function State({ room, phase }: { room: RoomSummary; phase: Phase }): VNode {
  const w = words();
  const number = room.session;
  const need = useComputed(() => needText(store.roomOf(number)?.value ?? room, store.now.value)).value;
  const staff = useComputed(() => staffText(store.roomOf(number)?.value ?? room, store.now.value)).value;
  const isAlone = useComputed(() => store.troublesIn(number).some((trouble) => trouble.is === "unattended")).value;
  const fresh = useComputed(() => store.freshnessOfRoom(number)).value;
  const lag = useComputed(() => ageText(store.lags.value.get(number) ?? 0)).value;
  return (
    <ul class="room-state">
      {need === null ? <Line tone="calm" shape="check" text={w.needs_none} /> : <Line tone={needTone(room)} shape="hand" text={need} />}
      {phase !== "over" && <Line tone={isAlone ? "bad" : room.invigilators > 0 ? "calm" : "quiet"} shape="people" text={staff} />}
      {room.lost_together > 0 && <Line tone="bad" shape="bolt" text={w.lost_together(room.lost_together)} />}
      {fresh !== "live" && <Line tone={fresh === "offline" ? "bad" : "warn"} shape={fresh === "offline" ? "bolt" : "clock"} text={`${w[fresh]}, ${w.data_age(lag)}`} />}
      {!room.is_live && fresh === "live" && <Line tone="warn" shape="alert" text={w.degraded} />}
      {room.taken_over.map((one) => <Line key={one.by} tone="info" shape="key" text={w.taken_over(one.by, roomTime(room, one.until))} />)}
    </ul>
  );
}

function needTone(room: RoomSummary): string {
  if (room.escalated_at !== null) return "bad";
  return room.untaken > 0 ? "warn" : "info";
}

function phaseNow(number: number): Phase {
  const room = store.roomOf(number)?.value;
  return room === undefined ? "over" : phaseOf(room, store.now.value);
}

/** The card; it repaints only when its own room changes. */
export function Card({ number }: { number: number }): VNode | null {
  const room = store.roomOf(number)?.value;
  const phase = useComputed(() => phaseNow(number)).value;
  const isTroubled = useComputed(() => store.troublesIn(number).length > 0).value;
  if (room === undefined) return null;
  const look = PHASE_LOOK[phase];
  return (
    <li class={`room-card is-${phase} ${isTroubled ? "troubled" : ""} ${openRoom.value === number ? "open" : ""}`}>
      <div class="room-head">
        {isChoosing.value && <Choose room={room} />}
        <h3><RoomLink room={room} text={roomName(room)} /></h3>
        <span class={`status ${look.tone}`}><Glyph shape={look.shape} /> {words().phases[phase]}</span>
      </div>
      <p class="room-place">{words().session(number)} · {room.site}</p>
      <Clock room={room} phase={phase} />
      <Counts room={room} />
      <Answers room={room} />
      <State room={room} phase={phase} />
    </li>
  );
}
