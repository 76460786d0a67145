// The menu of the room, behind its title: access code, another phone, everybody at once, colleagues, leave.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { calendarDate } from "../dates.ts";
import { language, timeOfDay } from "../locale.ts";
import { Button, Glyph, LanguageSwitch, Modal } from "../parts/controls.tsx";
import { isSoundOn, setSound } from "../parts/sound.ts";
import { words } from "./announce.ts";
import { waits } from "./commands.ts";
import { texts } from "./form.tsx";
import { leave } from "./keeping.ts";
import { focusBack, open, shut } from "./open.ts";
import * as state from "./state.ts";

function AccessCode({ code }: { code: string }): VNode {
  const isShown = useSignal(false);
  const t = texts();
  return (
    <section class="group">
      <h3>{t.access_code}</h3>
      {isShown.value && <p class="code">{code}</p>}
      <Button onPress={() => (isShown.value = !isShown.value)}>{isShown.value ? t.access_code_hide : t.access_code_show}</Button>
    </section>
  );
}

function OtherPhone({ number }: { number: number }): VNode {
  const isShown = useSignal(false);
  const t = texts();
  return (
    <section class="group">
      <button type="button" class="soft" aria-expanded={isShown.value} onClick={() => (isShown.value = !isShown.value)}>
        <Glyph shape="screens" /> {t.open_elsewhere}
      </button>
      {isShown.value && <img class="qr" src={`/api/sessions/${number}/qr.svg`} alt={t.qr_alt} width={220} height={220} />}
    </section>
  );
}

function Papers({ number }: { number: number }): VNode {
  const t = texts();
  // The session password is printed on the kit: whoever was let in for a while is not told it.
  const papers = { ...(!state.isLetIn.value && { "kit.pdf": t.kit }), "notice.pdf": t.notice, "attendance-sheet.pdf": t.attendance_sheet, "incidents.pdf": t.incidents };
  return (
    <section class="group">
      <h3>{t.papers}</h3>
      <div class="buttons">
        {Object.entries(papers).map(([file, text]) => (
          <a key={file} class="soft" href={`/api/sessions/${number}/${file}?lang=${language.value}`} download><Glyph shape="note" /> {text}</a>
        ))}
      </div>
    </section>
  );
}

/** Who is here, at whom each looks and to whom each goes. */
function Colleagues(): VNode | null {
  const people = state.people.value;
  if (people.length === 0) return null;
  const t = texts();
  const named = (ids: readonly number[]): string => ids.map(state.nameById).join(", ");
  return (
    <section class="group">
      <h3>{t.colleagues_title}</h3>
      <ul class="people colleagues-list">
        {people.map((person) => {
          const going = state.goingOf(person.name);
          return (
            <li key={person.connection}>
              <span>{person.name} <small>{t[`role_${person.role}`]}</small></span>
              {going.length > 0 && <small><Glyph shape="right" /> {t.colleague_goes(named(going))}</small>}
              {person.look !== null && <small><Glyph shape="eye" /> {t.colleague_looks(named([person.look]))}</small>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The sheet behind the title. */
export function Menu({ number }: { number: number }): VNode {
  const w = words();
  const t = texts();
  const session = state.session.value;
  const until = state.inChargeUntil.value;
  return (
    <Modal title={w.title(number)} shape="sheet" onClose={shut} fallback={focusBack}>
      {session && (
        <dl class="details">
          <div><dt>{t.site}</dt><dd>{session.site}, {w.room(session.room)}</dd></div>
          <div><dt>{t.when}</dt><dd>{calendarDate(session.date)}, {session.start_time.slice(0, 5)}</dd></div>
          <div><dt>{t.invigilators}</dt><dd>{session.invigilators}</dd></div>
        </dl>
      )}
      {until !== null && <p class="why">{t.take_over_until(timeOfDay(until, session?.time_zone))}</p>}
      {/* A room that this phone kept has none. */}
      {session && session.access_code !== "" && <AccessCode code={session.access_code} />}
      {session && session.started_at === null && (
        <section class="group"><Button kind="main" waits={waits.value} onPress={() => open({ is: "start" })}>{t.start}</Button></section>
      )}
      <section class="group">
        <h3>{w.filter_all}</h3>
        <div class="buttons">
          <Button waits={waits.value} onPress={() => open({ is: "message", candidates: "all" })}><Glyph shape="send" /> {t.message_all}</Button>
          <Button waits={waits.value} onPress={() => open({ is: "time", candidates: "all" })}><Glyph shape="clock" /> {t.time_all}</Button>
          <Button onPress={() => open({ is: "ledger", candidates: "all" })}><Glyph shape="bolt" /> {t.ledger_open}</Button>
        </div>
      </section>
      <section class="group">
        <Button waits={waits.value} onPress={() => open({ is: "handover", number })}><Glyph shape="people" /> {t.handover}</Button>
      </section>
      <OtherPhone number={number} />
      <Papers number={number} />
      <Colleagues />
      <section class="group">
        <label class="tick">
          <input type="checkbox" checked={isSoundOn.value} onChange={(event) => setSound(event.currentTarget.checked)} />
          <span>{t.sound}</span>
        </label>
        {!isSecureContext && <p class="hint">{t.needs_tls}</p>}
        <div class="buttons">
          <LanguageSwitch />
          <a class="soft" href="/" onClick={() => leave(number)}><Glyph shape="door" /> {t.leave}</a>
        </div>
      </section>
    </Modal>
  );
}
