// The form by which the staff sign in, on whatever page it stands.
import type { ComponentChildren, VNode } from "preact";
import { useSignal } from "@preact/signals";
import { call } from "../http.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { mark, type Account } from "../office.ts";
import { Field, Problem, common, refusalText } from "./controls.tsx";

const words = catalogue(fr.sign_in, (en) => en.sign_in);

/** E-mail address and password under what the page says first; whoever signed in is given to `onDone`. */
export function SignInForm({ children, onDone }: { children: ComponentChildren; onDone: (who: Account) => void }): VNode {
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
    const answer = await call<{ account: Account }>("POST", "/login", { email: email.value.trim(), password: password.value });
    isBusy.value = false;
    if (!answer.ok) {
      problem.value = answer.error.code;
      return;
    }
    mark(true);
    onDone(answer.body.account);
  };
  return (
    <form class="card narrow" onSubmit={(event) => void go(event)} noValidate>
      {children}
      <Field label={w.email} value={email.value} error={missing(email.value)} onInput={(text) => (email.value = text)}
        input={{ type: "email", autocomplete: "username", maxLength: 200 }} />
      <Field label={w.password} value={password.value} error={missing(password.value)} onInput={(text) => (password.value = text)}
        input={{ type: "password", autocomplete: "current-password", maxLength: 200 }} />
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <button type="submit" class="main wide" aria-disabled={isBusy.value}>{isBusy.value ? w.busy : w.do}</button>
    </form>
  );
}
