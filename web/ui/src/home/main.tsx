// The first page: sign-in, then what the person's role is for.
import { render, type VNode } from "preact";
import { ready } from "../locale.ts";
import { account, landingPage, recognize, type Account } from "../office.ts";
import { common } from "../parts/controls.tsx";
import { OfficePage } from "../parts/office.tsx";
import { CenterHome } from "./center.tsx";
import { EnterSession, Sessions } from "./sessions.tsx";
import { SignIn } from "./signin.tsx";
import { words } from "./store.ts";

function InvigilatorHome({ who }: { who: Account }): VNode {
  const w = words();
  return (
    <OfficePage title={w.hello(who.name)}>
      <div class="columns">
        <EnterSession />
        <Sessions title={w.entered_title} empty={w.entered_none} />
      </div>
    </OfficePage>
  );
}

function Page(): VNode {
  const who = account.value;
  if (who === null) return <SignIn />;
  if (who?.role === "center_admin") return <CenterHome />;
  if (who?.role === "invigilator") return <InvigilatorHome who={who} />;
  return <OfficePage title={common().product}><p role="status">{common().loading}</p></OfficePage>;
}

await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
await recognize();
const landing = account.value ? landingPage(account.value.role) : "/";
if (landing !== "/") location.replace(landing);
