// The first page: sign-in, then what the person's role is for.
import { render, type VNode } from "preact";
import { effect } from "@preact/signals";
import { ready } from "../locale.ts";
import { Button, LanguageSwitch, common } from "../parts/controls.tsx";
import { Import } from "./import.tsx";
import { EnterSession, Sessions } from "./sessions.tsx";
import { SignIn } from "./signin.tsx";
import { account, isAdmin, recognize, signOut, words, type Account } from "./store.ts";

function Staff({ who }: { who: Account }): VNode {
  const w = words();
  const isOfCenter = isAdmin(who);
  return (
    <>
      <h1 class="greeting">{w.hello(who.name)}</h1>
      <div class="columns">
        {isOfCenter && (
          <>
            <Sessions title={w.sessions_title} empty={w.sessions_none} note={w.read_only_note} />
            <Import />
          </>
        )}
        {who.role === "invigilator" && (
          <>
            <EnterSession />
            <Sessions title={w.entered_title} empty={w.entered_none} />
          </>
        )}
      </div>
    </>
  );
}

function Page(): VNode {
  const who = account.value;
  return (
    <>
      <a class="skip" href="#content">{common().skip}</a>
      <header class="bar">
        <div class="bar-line">
          <span class="brand">{common().product}</span>
          <span class="spread" />
          <LanguageSwitch />
          {who && <Button kind="plain" onPress={() => void signOut()}>{words().sign_out}</Button>}
        </div>
      </header>
      <main id="content" tabIndex={-1} class="home">
        {who === undefined ? <p class="card narrow" role="status">{common().loading}</p> : who === null ? <SignIn /> : <Staff who={who} />}
      </main>
    </>
  );
}

effect(() => {
  document.title = `${account.value ? common().tagline : words().title} – ${common().product}`;
});

void recognize();
await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
