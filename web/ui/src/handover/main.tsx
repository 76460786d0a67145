// The page that a colleague's code opens: which room, under whose name, and into it.
import { render, type VNode } from "preact";
import { signal, useSignal } from "@preact/signals";
import { call } from "../http.ts";
import { catalogue, ready } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { account, mark, recognize, type Account } from "../office.ts";
import { Button, Problem, common, refusalText } from "../parts/controls.tsx";
import { takeSecret } from "../parts/fragment.ts";
import { OfficePage } from "../parts/office.tsx";
import { refocus } from "../parts/refocus.ts";
import { SignInForm } from "../parts/sign_in_form.tsx";

interface Opened {
  session_number: number;
  site: string;
  room: string;
  by: string;
  ticket: string;
}

const words = catalogue(fr.handover, (en) => en.handover);
/** Codes after which only another code from the colleague helps. */
const DEAD: ReadonlySet<string> = new Set(["handover_unknown", "invalid"]);

/** Kept in this page's memory alone, like the ticket that it becomes. */
let secret = takeSecret();
/** undefined: not known yet; null: the code cannot be used. */
const opened = signal<Opened | null | undefined>(undefined);
const problem = signal<string | null>(null);

/** Uses the secret up. */
async function open(): Promise<void> {
  problem.value = null;
  opened.value = undefined;
  if (secret === "") {
    opened.value = null;
    return;
  }
  const answer = await call<Opened>("POST", "/handovers/open", { secret });
  if (answer.ok) opened.value = answer.body;
  else if (DEAD.has(answer.error.code)) opened.value = null;
  else problem.value = answer.error.code;
}

/** Shows the page for another account, or for none; what had the focus is gone, so the page itself takes it. */
function become(who: Account | null): void {
  account.value = who;
  refocus("content");
}

/** Lets another account take the place of this one; the ticket waits. */
async function changeAccount(): Promise<void> {
  const answer = await call("POST", "/logout");
  if (!answer.ok && answer.status !== 401) {
    problem.value = answer.error.code;
    return;
  }
  mark(false);
  become(null);
}

/** Shows that only another code helps. */
function die(): void {
  opened.value = null;
  refocus("content");
}

function What({ what, who }: { what: Opened; who: Account | null }): VNode {
  const w = words();
  const facts = [[w.session, String(what.session_number)], [w.room, what.room], [w.site, what.site], ...(who ? [[w.signed_in_as, `${who.name} (${who.email})`]] : [])];
  return (
    <>
      <p>{w.lead(what.by)}</p>
      <dl class="who">
        {facts.map(([name, text]) => <div key={name}><dt>{name}</dt><dd>{text}</dd></div>)}
      </dl>
    </>
  );
}

function Take({ what, who }: { what: Opened; who: Account }): VNode {
  const w = words();
  const isBusy = useSignal(false);
  const refused = useSignal<string | null>(null);
  const mayInvigilate = who.role === "invigilator" || who.role === "center_admin";
  const take = async (): Promise<void> => {
    isBusy.value = true;
    refused.value = null;
    const answer = await call<{ session_number: number }>("POST", "/handovers/accept", { ticket: what.ticket });
    if (answer.ok) {
      location.replace(`/invigilate/${answer.body.session_number}`);
      return;
    }
    isBusy.value = false;
    const { code } = answer.error;
    if (DEAD.has(code)) die();
    else if (code === "not_signed_in") become(null);
    else refused.value = refusalText(code);
  };
  return (
    <section class="card narrow">
      <What what={what} who={who} />
      <Problem text={mayInvigilate ? refused.value : w.not_for_role} />
      <div class="buttons">
        {mayInvigilate && <Button kind="main" waits={isBusy.value ? common().working : undefined} onPress={() => void take()}>{w.accept}</Button>}
        <Button onPress={() => void changeAccount()}>{w.other_account}</Button>
      </div>
    </section>
  );
}

function Body(): VNode {
  const w = words();
  const what = opened.value;
  const who = account.value;
  if (problem.value !== null) {
    return (
      <section class="card narrow">
        <Problem text={refusalText(problem.value)} />
        <Button onPress={() => void (what ? (problem.value = null) : open())}>{common().retry}</Button>
      </section>
    );
  }
  if (what === null) {
    return (
      <section class="card narrow">
        <p role="alert">{w.dead_lead}</p>
        <a class="soft" href="/">{w.home}</a>
      </section>
    );
  }
  if (what === undefined || who === undefined) return <p role="status">{common().loading}</p>;
  if (who !== null) return <Take key={what.ticket} what={what} who={who} />;
  return (
    <SignInForm onDone={become}>
      <What what={what} who={null} />
      <p class="strong">{w.sign_in}</p>
    </SignInForm>
  );
}

function Page(): VNode {
  const w = words();
  return (
    <OfficePage title={opened.value === null ? w.dead_title : w.title} nav={false}>
      <Body />
    </OfficePage>
  );
}

// Another code opened over this page changes the fragment alone: the page itself is not loaded again.
addEventListener("hashchange", () => {
  secret = takeSecret() || secret;
  void open();
});
void open();
void recognize();
await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
