// The page of people at /people, and one's own account at /account.
import { render, type VNode } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ready } from "../locale.ts";
import { account, requireSignIn, type Account } from "../office.ts";
import { Button, Problem, common } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { OfficePage } from "../parts/office.tsx";
import { MyAccount, accountWords } from "./account.tsx";
import { Centers } from "./centers.tsx";
import { JustMade } from "./link.tsx";
import { People } from "./list.tsx";
import { centers, isOperator, refresh, told, words } from "./store.ts";
import { Waiting } from "./waiting.tsx";

const Invite = lazily<{ onClose: () => void }>(() => import("./dialogs.tsx").then((module) => module.Invite));

function Team(): VNode {
  const w = words();
  const isInviting = useSignal(false);
  useEffect(() => void refresh(), []);
  const invite = (
    <Button kind="main" waits={centers.value === null ? common().loading : undefined} onPress={() => (isInviting.value = true)}>{w.invite}</Button>
  );
  return (
    <OfficePage title={isOperator.value ? w.title_all : w.title_center} beside={invite}>
      <p role="status" class={told.value ? "done" : "only-heard"}>{told.value?.()}</p>
      <JustMade />
      <Waiting />
      <People />
      {isOperator.value && <Centers />}
      {isInviting.value && <Invite onClose={() => (isInviting.value = false)} />}
    </OfficePage>
  );
}

function NotForYou(): VNode {
  const w = words();
  return <OfficePage title={w.title_center}><Problem text={w.not_for_you} /></OfficePage>;
}

function pageOf(who: Account): VNode {
  if (location.pathname === "/account") return <OfficePage title={accountWords().title}><MyAccount who={who} /></OfficePage>;
  return who.role === "operator" || who.role === "center_admin" ? <Team /> : <NotForYou />;
}

function Page(): VNode {
  const who = account.value;
  if (who) return pageOf(who);
  return <OfficePage title={words().title_center}><p role="status">{common().loading}</p></OfficePage>;
}

void requireSignIn();
await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
