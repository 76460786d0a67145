// Those who have an account: a search, and what may be done for each of them.
import type { VNode } from "preact";
import { useComputed, useSignal } from "@preact/signals";
import { account, trouble } from "../office.ts";
import { Button, Field, common } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { matches, normalForm } from "../search.ts";
import type { AskProps } from "./dialogs.tsx";
import { isOperator, members, roleName, setDisabled, words, written, type Member } from "./store.ts";

const AskDisable = lazily<AskProps>(() => import("./dialogs.tsx").then((module) => module.AskDisable));
const AskReset = lazily<AskProps>(() => import("./dialogs.tsx").then((module) => module.AskReset));

/** More lines than this help nobody: the search narrows them. */
const SHOWN_AT_MOST = 100;
/** From this many people on, a search helps. */
const SEARCH_FROM = 8;

type Deed = "disable" | "reset";

function searched(member: Member): string {
  return normalForm([member.name, member.email, roleName(member.role), ...member.centers.map((center) => center.name)].join(" "));
}

function Actions({ member, onAsk }: { member: Member; onAsk: (deed: Deed) => void }): VNode | null {
  const w = words();
  const isOwn = member.id === account.value?.id;
  const mayDisable = isOperator.value && !isOwn;
  if (!member.may_reset && !mayDisable) return null;
  const other = member.is_disabled ? w.enable : w.disable;
  const enable = async (): Promise<void> => {
    trouble.value = await setDisabled(member, false);
  };
  return (
    <span class="buttons">
      {member.may_reset && <Button label={w.on(w.reset, member.name)} onPress={() => onAsk("reset")}>{w.reset}</Button>}
      {/* One button with two meanings: whoever pressed it keeps the focus. */}
      {mayDisable && (
        <Button kind={member.is_disabled ? "soft" : "danger"} label={w.on(other, member.name)} onPress={member.is_disabled ? () => void enable() : () => onAsk("disable")}>
          {other}
        </Button>
      )}
    </span>
  );
}

function Person({ member }: { member: Member }): VNode {
  const w = words();
  const asked = useSignal<Deed | null>(null);
  const isOwn = member.id === account.value?.id;
  const close = (): void => {
    asked.value = null;
  };
  return (
    <li class={member.is_disabled ? "person is-out" : "person"}>
      <div class="person-who">
        <h3>
          {member.name} {isOwn && <small>({w.you})</small>}
        </h3>
        <p class="person-email">{member.email}</p>
      </div>
      <p class="person-role">
        <span class="status calm">{roleName(member.role)}</span>
        {member.is_disabled && <span class="status bad">{w.disabled}</span>}
      </p>
      <p class="hint person-place">
        {member.centers.map((center) => center.name).join(", ") || w.no_center}
        <br />
        {member.last_access_at ? w.last_access(written(member.last_access_at)) : w.never}
      </p>
      <Actions member={member} onAsk={(deed) => (asked.value = deed)} />
      {asked.value === "disable" && <AskDisable member={member} onClose={close} />}
      {asked.value === "reset" && <AskReset member={member} onClose={close} />}
    </li>
  );
}

/** The list. */
export function People(): VNode {
  const w = words();
  const typed = useSignal("");
  const found = useComputed(() => (members.value ?? []).filter((member) => matches(searched(member), typed.value)));
  const all = members.value;
  const shown = found.value.slice(0, SHOWN_AT_MOST);
  const hidden = found.value.length - shown.length;
  return (
    <section class="card" aria-labelledby="people-title">
      <h2 id="people-title">{w.list_title}</h2>
      {(all?.length ?? 0) >= SEARCH_FROM && (
        <Field label={w.search} hint={w.search_hint} value={typed.value} onInput={(text) => (typed.value = text)} input={{ type: "search", autocomplete: "off" }} />
      )}
      <p class="hint" role="status">
        {all === null ? common().loading : found.value.length > 0 ? w.count(found.value.length) : typed.value === "" ? w.list_none : w.no_match}
      </p>
      <ul class="persons">{shown.map((member) => <Person key={member.id} member={member} />)}</ul>
      {hidden > 0 && <p class="hint">{w.more(hidden)}</p>}
    </section>
  );
}
