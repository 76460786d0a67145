// The frame of every page of the staff: the bar, where the role may go, and one heading.
import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { account, signOut, trouble, type Account } from "../office.ts";
import { Button, LanguageSwitch, Problem, alsoRefused, common, refusalText } from "./controls.tsx";

const words = catalogue(fr.office, (en) => en.office);
alsoRefused(catalogue(fr.office_refusals, (en) => en.office_refusals));

function places(who: Account): { path: string; text: string }[] {
  const w = words();
  const own = { path: "/account", text: w.account };
  if (who.role === "jury") return [{ path: "/jury", text: w.jury }, own];
  if (who.role === "operator") return [{ path: "/people", text: w.accounts }, own];
  const sessions = { path: "/", text: w.sessions };
  return who.role === "center_admin" ? [sessions, { path: "/wall", text: w.wall }, { path: "/people", text: w.people }, own] : [sessions, own];
}

function Navigation({ who }: { who: Account }): VNode {
  const here = location.pathname;
  // A page below one of the list belongs to it: a session to the sessions, a case to the jury.
  const isHere = (path: string): boolean => here === path || (path === "/" ? here.startsWith("/sessions/") : here.startsWith(`${path}/`));
  return (
    <nav class="places" aria-label={words().nav}>
      {places(who).map((place) => (
        <a key={place.path} href={place.path} aria-current={here === place.path ? "page" : isHere(place.path) ? true : undefined}>
          {place.text}
        </a>
      ))}
    </nav>
  );
}

interface OfficePageProps {
  title: string;
  children: ComponentChildren;
  /** Whether the bar leads to the other pages and out; what a one-time link is for would be lost on the way. */
  nav?: boolean;
  /** Beside the heading: what is true of the whole page, or its one action. */
  beside?: ComponentChildren;
  /** How much waits here for a person: the tab's title says it, as the tab is often behind another one. */
  waiting?: number;
}

/** A page of the staff. */
export function OfficePage({ title, children, nav = true, beside, waiting = 0 }: OfficePageProps): VNode {
  const who = account.value;
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${title} – ${common().product}`;
  });
  return (
    <>
      <a class="skip" href="#content">{common().skip}</a>
      <header class="bar office-bar">
        <a class="brand" href="/">{common().product}</a>
        {nav && who && <Navigation who={who} />}
        <span class="bar-end">
          <LanguageSwitch />
          {nav && who && <Button kind="plain" onPress={() => void signOut()}>{words().sign_out}</Button>}
        </span>
      </header>
      <main id="content" tabIndex={-1} class="office">
        <div class="office-head">
          <h1>{title}</h1>
          {beside}
        </div>
        {trouble.value !== null && <Problem text={refusalText(trouble.value)} />}
        {trouble.value !== null && who === undefined && <Button onPress={() => location.reload()}>{common().retry}</Button>}
        {children}
      </main>
    </>
  );
}
