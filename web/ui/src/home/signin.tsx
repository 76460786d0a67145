// Sign-in of the staff, and the door of the candidates.
import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Field, Glyph, LanguageSwitch, Problem, common, refusalText } from "../parts/controls.tsx";
import { signIn, words } from "./store.ts";

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

/** The page. */
export function SignIn(): VNode {
  const w = words();
  const email = useSignal("");
  const password = useSignal("");
  const isTried = useSignal(false);
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const missing = (text: string): string | null => (isTried.value && text === "" ? common().required : null);
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    isTried.value = true;
    problem.value = null;
    if (isBusy.value || email.value === "" || password.value === "") return;
    isBusy.value = true;
    problem.value = await signIn(email.value.trim(), password.value);
    isBusy.value = false;
  };
  return (
    <Frame>
      <form class="card narrow" onSubmit={(event) => void go(event)} noValidate>
        <h1>{common().product}</h1>
        <p class="lead">{common().tagline}</p>
        <p class="hint">{w.staff_lead}</p>
        <Field label={w.email} value={email.value} error={missing(email.value)} onInput={(text) => (email.value = text)}
          input={{ type: "email", autocomplete: "username", maxLength: 200 }} />
        <Field label={w.password} value={password.value} error={missing(password.value)} onInput={(text) => (password.value = text)}
          input={{ type: "password", autocomplete: "current-password", maxLength: 200 }} />
        <Problem text={problem.value === null ? null : refusalText(problem.value)} />
        <button type="submit" class="main wide" aria-disabled={isBusy.value}>{isBusy.value ? w.signing_in : w.sign_in}</button>
      </form>
      <a class="door" href="/candidate">
        <Glyph shape="door" /> <span>{w.candidate_door}</span>
      </a>
    </Frame>
  );
}
