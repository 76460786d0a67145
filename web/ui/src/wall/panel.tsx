// The room that is open beside the wall: its frame, its heading, the way back. The room itself is loaded then.
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { common, Glyph } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { closeTheRoom, openRoom } from "./address.ts";
import * as store from "./store.ts";
import { roomName, words } from "./words.ts";

interface RoomProps {
  number: number;
  onClose: () => void;
}

const RoomInPanel = lazily<RoomProps>(() => import("../invigilator/panel.tsx").then((module) => module.RoomInPanel));

function Frame({ number }: { number: number }): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const w = words();
  const room = store.roomOf(number)?.value;
  useLayoutEffect(() => {
    heading.current?.focus();
    document.getElementById(`room-${number}`)?.scrollIntoView({ block: "nearest" });
    // Focus comes back to what opened the room, in whichever view it stands now.
    return () => void requestAnimationFrame(() => openRoom.peek() === null && document.getElementById(`room-${number}`)?.focus());
  }, []);
  return (
    <section class="beside" aria-labelledby="beside-title">
      <header class="beside-head">
        <button type="button" class="soft" onClick={closeTheRoom}><Glyph shape="cross" /> {w.panel_back}</button>
        <h2 id="beside-title" ref={heading} tabIndex={-1}>{room ? w.panel(roomName(room), room.site) : w.session(number)}</h2>
        <a class="plain" href={`/invigilate/${number}`}>{w.panel_whole}</a>
      </header>
      {store.isLoaded.value && room === undefined && <p class="trouble warn"><Glyph shape="alert" /> {w.panel_gone}</p>}
      <div class="beside-room">
        <p class="beside-loading" role="status">{common().loading}</p>
        <RoomInPanel number={number} onClose={closeTheRoom} />
      </div>
    </section>
  );
}

/** The open room, if there is one. */
export function Panel(): VNode | null {
  const number = openRoom.value;
  return number === null ? null : <Frame key={number} number={number} />;
}
