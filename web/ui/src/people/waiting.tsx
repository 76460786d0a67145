// The links that wait for somebody, and those that nobody used in time.
import type { VNode } from "preact";
import { Button, common } from "../parts/controls.tsx";
import { invitations, roleName, withdraw, words, written, type Invitation } from "./store.ts";

const TITLE = "waiting-title";

/** The button leaves with its line: focus stays with the list. */
async function withdrawn(link: Invitation): Promise<void> {
  await withdraw(link);
  document.getElementById(TITLE)?.focus();
}

function Line({ link }: { link: Invitation }): VNode {
  const w = words();
  const until = written(link.expires_at);
  const isOver = Date.parse(link.expires_at) < Date.now();
  const what = link.is_reset ? w.waiting_reset : w.waiting_invitation(roleName(link.role));
  return (
    <li class="person">
      <div class="person-who">
        <h3>{link.email}</h3>
        <p>{what}</p>
      </div>
      <p class="hint person-place">
        {link.centers.map((center) => center.name).join(", ") || w.no_center}
        <br />
        {w.waiting_by(link.invited_by.name)}, {isOver ? w.waiting_over(until) : w.waiting_until(until)}
      </p>
      <span class="buttons">
        <Button label={w.on(w.withdraw, link.email)} onPress={() => void withdrawn(link)}>{w.withdraw}</Button>
      </span>
    </li>
  );
}

/** The list. */
export function Waiting(): VNode {
  const w = words();
  const waiting = invitations.value?.filter((link) => link.used_at === null) ?? null;
  return (
    <section class="card" aria-labelledby={TITLE}>
      <h2 id={TITLE} tabIndex={-1}>{w.waiting_title}</h2>
      {waiting === null && <p role="status">{common().loading}</p>}
      {waiting?.length === 0 && <p class="empty">{w.waiting_none}</p>}
      {waiting !== null && waiting.length > 0 && <ul class="persons">{waiting.map((link) => <Line key={link.id} link={link} />)}</ul>}
    </section>
  );
}
