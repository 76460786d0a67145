// Sign-in of the staff, and the door of the candidates.
import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { account, landingPage, nextPage, type Account } from "../office.ts";
import { Glyph, LanguageSwitch, common } from "../parts/controls.tsx";
import { SignInForm } from "../parts/sign_in_form.tsx";
import { words } from "./store.ts";

function Frame({ children }: { children: ComponentChildren }): VNode {
  useEffect(() => {
    document.title = `${words().title} – ${common().product}`;
  });
  return (
    <>
      <a class="skip" href="#content">{common().skip}</a>
      <header class="bar office-bar">
        <span class="brand">{common().product}</span>
        <span class="bar-end"><LanguageSwitch /></span>
      </header>
      <main id="content" tabIndex={-1} class="office sign-in">{children}</main>
    </>
  );
}

/** Leads to the page of the role, or to the one that sent here. */
function arrive(who: Account): void {
  const next = nextPage() ?? landingPage(who.role);
  if (next === "/") account.value = who;
  else location.assign(next);
}

/** The page. */
export function SignIn(): VNode {
  const w = words();
  return (
    <Frame>
      <SignInForm onDone={arrive}>
        <h1>{common().product}</h1>
        <p class="lead">{common().tagline}</p>
        <p class="hint">{w.staff_lead}</p>
      </SignInForm>
      <a class="door" href="/candidate">
        <Glyph shape="door" /> <span>{w.candidate_door}</span>
      </a>
    </Frame>
  );
}
