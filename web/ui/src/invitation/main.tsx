// The page behind a one-time link: for whom it is, a name, a password, and in.
import { render, type VNode } from "preact";
import { signal } from "@preact/signals";
import { call } from "../http.ts";
import { catalogue, ready } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { mark, type Account, type Role } from "../office.ts";
import { Button, Problem, common, refusalText } from "../parts/controls.tsx";
import { Summary, Text, giveBack, useForm } from "../parts/form.tsx";
import { NewPassword, passwordFaults, passwordWords, type Passwords } from "../parts/new_password.tsx";
import { takeSecret } from "../parts/fragment.ts";
import { OfficePage } from "../parts/office.tsx";

interface Seen {
  email: string;
  role: Role;
  center_names: string[];
  is_reset: boolean;
}

const words = catalogue(fr.invitation, (en) => en.invitation);
const roles = catalogue(fr.roles, (en) => en.roles);

/** Kept in this page's memory alone: no storage, no history, no address holds it any longer. */
let secret = takeSecret();
/** undefined: not known yet; null: the link cannot be used. */
const seen = signal<Seen | null | undefined>(undefined);
const problem = signal<string | null>(null);

/** Asks what the link is for. */
async function look(): Promise<void> {
  problem.value = null;
  seen.value = undefined;
  if (secret === "") {
    seen.value = null;
    return;
  }
  const answer = await call<Seen>("POST", "/invitations/look", { secret });
  if (answer.ok) seen.value = answer.body;
  else if (answer.error.code === "invitation_unknown" || answer.error.code === "invalid") seen.value = null;
  else problem.value = answer.error.code;
}

type Name = "name" | Passwords;

function Who({ link }: { link: Seen }): VNode {
  const w = words();
  return (
    <dl class="who">
      <div><dt>{w.email}</dt><dd>{link.email}</dd></div>
      {link.center_names.length > 0 && <div><dt>{w.centers}</dt><dd>{link.center_names.join(", ")}</dd></div>}
    </dl>
  );
}

function Accept({ link }: { link: Seen }): VNode {
  const w = words();
  const p = passwordWords();
  const form = useForm<Name>({ name: "", new_password: "", again: "" }, { name: w.name, new_password: p.password, again: p.again });
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (form.isBusy.value) return;
    const typed = form.values.value;
    const wrong = { ...(!link.is_reset && typed.name.trim() === "" && { name: common().required }), ...passwordFaults(typed) };
    if (Object.keys(wrong).length > 0) return giveBack(form, wrong);
    form.isBusy.value = true;
    const body = { secret, new_password: typed.new_password, ...(!link.is_reset && { name: typed.name.trim() }) };
    const answer = await call<{ account: Account }>("POST", "/invitations/accept", body);
    if (answer.ok) {
      mark(true);
      location.replace("/");
      return;
    }
    if (answer.error.code === "invitation_unknown") {
      seen.value = null;
      return;
    }
    const isName = answer.error.fields?.["name"] !== undefined;
    giveBack(form, isName ? { name: w.name_wrong } : {}, isName ? null : refusalText(answer.error.code));
  };
  return (
    <form class="card narrow" onSubmit={(event) => void send(event)} noValidate>
      <p>{link.is_reset ? w.lead_reset : w.lead(roles()[link.role])}</p>
      <Who link={link} />
      <Summary form={form} />
      {/* For the browser's own keeper of passwords: whose password it is. */}
      <input type="text" autocomplete="username" value={link.email} readOnly hidden />
      {!link.is_reset && <Text form={form} name="name" hint={w.name_hint} input={{ autocomplete: "name", maxLength: 100 }} />}
      <NewPassword form={form} />
      <button type="submit" class="main wide" aria-disabled={form.isBusy.value}>
        {form.isBusy.value ? common().working : link.is_reset ? w.accept_reset : w.accept}
      </button>
    </form>
  );
}

function Dead(): VNode {
  const w = words();
  return (
    <section class="card narrow">
      <p role="alert">{w.dead_lead}</p>
      <p>{w.dead_next}</p>
      {secret === "" && <p class="hint">{w.reloaded}</p>}
      <a class="soft" href="/">{w.sign_in}</a>
    </section>
  );
}

function Body(): VNode {
  const link = seen.value;
  if (problem.value !== null) {
    return (
      <section class="card narrow">
        <Problem text={refusalText(problem.value)} />
        <Button onPress={() => void look()}>{common().retry}</Button>
      </section>
    );
  }
  if (link === undefined) return <p role="status">{common().loading}</p>;
  return link === null ? <Dead /> : <Accept key={secret} link={link} />;
}

function Page(): VNode {
  const w = words();
  const link = seen.value;
  const title = link === null ? w.dead_title : link?.is_reset ? w.title_reset : w.title;
  return (
    <OfficePage title={title} nav={false}>
      <Body />
    </OfficePage>
  );
}

// Another link pasted over this page changes the fragment alone: the page itself is not loaded again.
addEventListener("hashchange", () => {
  secret = takeSecret() || secret;
  void look();
});
void look();
await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
