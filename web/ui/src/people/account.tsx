// One's own account: what it is, and another password.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { call } from "../http.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { signInAgain, type Account } from "../office.ts";
import { common, refusalText } from "../parts/controls.tsx";
import { Summary, Text, giveBack, useForm } from "../parts/form.tsx";
import { NewPassword, passwordFaults, passwordWords, type Passwords } from "../parts/new_password.tsx";
import { roleName } from "./store.ts";

export const accountWords = catalogue(fr.own_account, (en) => en.own_account);

type Name = "password" | Passwords;
const EMPTY: Record<Name, string> = { password: "", new_password: "", again: "" };

function ChangePassword({ who }: { who: Account }): VNode {
  const w = accountWords();
  const p = passwordWords();
  const isDone = useSignal(false);
  const form = useForm<Name>(EMPTY, { password: w.current, new_password: p.password, again: p.again });
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (form.isBusy.value) return;
    isDone.value = false;
    const typed = form.values.value;
    const wrong = { ...(typed.password === "" && { password: common().required }), ...passwordFaults(typed) };
    if (Object.keys(wrong).length > 0) return giveBack(form, wrong);
    form.isBusy.value = true;
    const answer = await call("POST", "/me/password", { password: typed.password, new_password: typed.new_password });
    if (!answer.ok) {
      if (answer.error.code === "not_signed_in") return signInAgain();
      const isWrong = answer.error.code === "bad_credentials";
      return giveBack(form, isWrong ? { password: w.current_wrong } : {}, isWrong ? null : refusalText(answer.error.code));
    }
    form.isBusy.value = false;
    form.values.value = EMPTY;
    form.wrong.value = {};
    form.problem.value = null;
    isDone.value = true;
  };
  return (
    <form class="card" onSubmit={(event) => void send(event)} noValidate aria-labelledby="change-title">
      <h2 id="change-title">{w.change_title}</h2>
      <Summary form={form} />
      {/* For the browser's own keeper of passwords: whose password it is. */}
      <input type="text" autocomplete="username" value={who.email} readOnly hidden />
      <Text form={form} name="password" input={{ type: "password", autocomplete: "current-password", maxLength: 200 }} />
      <NewPassword form={form} />
      <button type="submit" class="main" aria-disabled={form.isBusy.value}>{form.isBusy.value ? common().working : w.change}</button>
      <p role="status" class={isDone.value ? "done" : ""}>{isDone.value ? w.changed : ""}</p>
    </form>
  );
}

/** The page. */
export function MyAccount({ who }: { who: Account }): VNode {
  const w = accountWords();
  return (
    <div class="own-account">
      <dl class="card who">
        <div><dt>{w.name}</dt><dd>{who.name}</dd></div>
        <div><dt>{w.email}</dt><dd>{who.email}</dd></div>
        <div><dt>{w.role}</dt><dd>{roleName(who.role)}</dd></div>
      </dl>
      <ChangePassword who={who} />
    </div>
  );
}
