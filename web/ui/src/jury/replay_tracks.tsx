// The tracks of the replay: one for each device, drawn over the time of the test, with the instant that is looked at.
import type { VNode } from "preact";
import { Glyph } from "../parts/controls.tsx";
import { at, isAllShown, showAll, span, tracks } from "./replay_store.ts";
import { deviceText, lasting, SHAPE_OF, stateText, TONE_OF, words } from "./replay_text.ts";
import { runsOf, totalsOf, type Span, type State, type Stretch, type Track } from "./sight.ts";

const WIDTH = 1_000;
/** What lasted seconds is seen in a drawing of hours. */
const LEAST_WIDTH = 2;
/** The fresher the data, the higher the bar. */
const BAR: Record<State, { y: number; height: number }> = {
  live: { y: 6, height: 20 },
  slow: { y: 14, height: 12 },
  offline: { y: 21, height: 5 },
  unknown: { y: 24, height: 2 },
};
const NEEDS = { y: 0, height: 4 };
const HIDDEN = { y: 28, height: 3 };
const NOTHING = { y: 0, height: 0 };
const HEIGHT = 32;
const STATES: readonly (State | "none")[] = ["live", "slow", "offline", "unknown", "none"];

interface PieceProps {
  piece: Span;
  over: Span;
  look: string;
  place: { y: number; height: number };
}

function Piece({ piece, over, look, place }: PieceProps): VNode {
  const scale = WIDTH / Math.max(1, over.toMs - over.fromMs);
  const width = Math.max(LEAST_WIDTH, (piece.toMs - piece.fromMs) * scale);
  return <rect class={look} x={Math.min(WIDTH - width, (piece.fromMs - over.fromMs) * scale)} width={width} {...place} />;
}

const isNeedy = (stretch: Stretch): "needs" | null => (stretch.alerts.length > 0 ? "needs" : null);
const isHidden = (stretch: Stretch): "hidden" | null => (stretch.isHidden ? "hidden" : null);

function Bars({ track, over }: { track: Track; over: Span }): VNode {
  const x = ((at.value - over.fromMs) * WIDTH) / Math.max(1, over.toMs - over.fromMs);
  return (
    <svg class="bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      {runsOf(track, over, (stretch) => stretch.is).map((run) => <Piece key={run.fromMs} piece={run} over={over} look={run.is} place={BAR[run.is]} />)}
      {runsOf(track, over, isNeedy).map((run) => <Piece key={run.fromMs} piece={run} over={over} look="needs" place={NEEDS} />)}
      {runsOf(track, over, isHidden).map((run) => <Piece key={run.fromMs} piece={run} over={over} look="hidden" place={HIDDEN} />)}
      <line class="cursor" x1={x} x2={x} y1={0} y2={HEIGHT} />
    </svg>
  );
}

/** The same in words, so that the drawing may be looked past. */
function Totals({ track, over }: { track: Track; over: Span }): VNode {
  const totals = totalsOf(track, over);
  const w = words();
  return (
    <ul class="totals">
      {STATES.filter((state) => totals[state] >= 1000).map((state) => (
        <li key={state}><Glyph shape={SHAPE_OF[state]} /> {w.total(stateText(state), lasting(totals[state]))}</li>
      ))}
    </ul>
  );
}

function Legend(): VNode {
  const w = words();
  const sample = (look: string, place: { y: number; height: number }): VNode => (
    <svg class="sample bars" viewBox={`0 0 24 ${HEIGHT}`} aria-hidden="true" focusable="false"><rect class={look} x={0} width={24} {...place} /></svg>
  );
  return (
    <ul class="legend" aria-label={w.legend}>
      {STATES.map((state) => (
        <li key={state} class={TONE_OF[state]}>{sample(state, state === "none" ? NOTHING : BAR[state])}<Glyph shape={SHAPE_OF[state]} /> {stateText(state)}</li>
      ))}
      <li>{sample("needs", NEEDS)} {w.legend_needs}</li>
      <li>{sample("hidden", HIDDEN)} {w.legend_hidden}</li>
    </ul>
  );
}

/** The drawing. */
export function Tracks({ offersAll }: { offersAll: boolean }): VNode | null {
  const w = words();
  const over = span.value;
  if (over === null) return null;
  return (
    <>
      <h3>{w.tracks}</h3>
      <Legend />
      {offersAll && (
        <label class="tick">
          <input type="checkbox" checked={isAllShown.value} onChange={(event) => showAll(event.currentTarget.checked)} /> {w.all}
        </label>
      )}
      <ul class="tracks">
        {tracks.value.map((track) => (
          <li key={`${track.by} ${track.place}`} class="track">
            <b>{deviceText(track)}</b>
            <Bars track={track} over={over} />
            <Totals track={track} over={over} />
          </li>
        ))}
      </ul>
    </>
  );
}
