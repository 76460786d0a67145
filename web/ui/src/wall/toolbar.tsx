// What stands above the rooms: what narrows them, how they are shown, and the start of several at once.
import type { VNode } from "preact";
import { useEffect, useId } from "preact/hooks";
import { useComputed } from "@preact/signals";
import { centerChoices } from "../centers.ts";
import { account } from "../office.ts";
import { Button, Field, Glyph } from "../parts/controls.tsx";
import { isSoundOn, setSound } from "../parts/sound.ts";
import { learnCenters } from "./centers.ts";
import { EVERYTHING, isNarrowed, sitesOf } from "./narrowing.ts";
import { ask, choose, chooseAll, chosen, isChoosing } from "./selection.ts";
import * as store from "./store.ts";
import { PHASES, type Phase } from "./summary.ts";
import { setView, view } from "./view.ts";
import { words } from "./words.ts";

interface ChoiceProps {
  label: string;
  value: string;
  any: string;
  options: readonly { value: string; text: string }[];
  onChoose: (value: string) => void;
}

function Choice({ label, value, any, options, onChoose }: ChoiceProps): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">{any}</option>
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
    </div>
  );
}

function Centers(): VNode | null {
  const w = words();
  // New rooms may be of a center nobody has asked about yet.
  const rooms = store.order.value;
  useEffect(() => void learnCenters(), [rooms]);
  if ((account.value?.centers.length ?? 0) < 2) return null;
  return <Choice label={w.center} value={store.narrowing.value.center} any={w.any_center} options={centerChoices()} onChoose={(center) => store.narrow({ center })} />;
}

function Sites(): VNode | null {
  const w = words();
  const sites = useComputed(() => sitesOf(store.allRooms.value).join("\n")).value.split("\n");
  if (sites.length < 2) return null;
  return <Choice label={w.site} value={store.narrowing.value.site} any={w.any_site} options={sites.map((site) => ({ value: site, text: site }))} onChoose={(site) => store.narrow({ site })} />;
}

function Views(): VNode {
  const w = words();
  return (
    <div class="buttons" role="group" aria-label={w.view}>
      <button type="button" class="soft" aria-pressed={view.value === "cards"} onClick={() => setView("cards")}>{w.view_cards}</button>
      <button type="button" class="soft" aria-pressed={view.value === "table"} onClick={() => setView("table")}>{w.view_table}</button>
      <button type="button" class="soft" aria-pressed={isSoundOn.value} onClick={() => setSound(!isSoundOn.peek())}>{w.sound}</button>
    </div>
  );
}

function Choosing(): VNode {
  const w = words();
  const count = chosen.value.size;
  if (!isChoosing.value) return <Button onPress={() => choose(true)}><Glyph shape="clock" /> {w.start_choose}</Button>;
  return (
    <div class="buttons choosing">
      <span class="strong" role="status">{w.start_chosen(count)}</span>
      <Button onPress={chooseAll}>{w.start_all}</Button>
      <Button kind="main" waits={count === 0 ? w.start_none : undefined} onPress={ask}>{w.start_together}</Button>
      <Button kind="plain" autofocus onPress={() => choose(false)}>{w.start_leave}</Button>
    </div>
  );
}

/** The tools. */
export function Toolbar(): VNode {
  const w = words();
  const by = store.narrowing.value;
  const troubled = useComputed(() => store.troubled.value.length).value;
  const phases = PHASES.map((phase) => ({ value: phase, text: w.phases[phase] }));
  return (
    <div class="tools">
      <form class="narrows" role="search" aria-label={w.tools} onSubmit={(event) => event.preventDefault()}>
        <Field label={w.search} value={by.typed} onInput={(typed) => store.narrow({ typed })} input={{ type: "search", autocomplete: "off", placeholder: w.search_hint, maxLength: 100 }} />
        <Centers />
        <Sites />
        <Choice label={w.phase} value={by.phase} any={w.any_phase} options={phases} onChoose={(phase) => store.narrow({ phase: phase as Phase | "" })} />
        <button type="button" class="soft" aria-pressed={by.isTroubledOnly} onClick={() => store.narrow({ isTroubledOnly: !by.isTroubledOnly })}>{w.only_troubled(troubled)}</button>
        {isNarrowed(by) && <Button kind="plain" onPress={() => (store.narrowing.value = EVERYTHING)}>{w.widen}</Button>}
      </form>
      <div class="does">
        <Choosing />
        <Views />
      </div>
    </div>
  );
}
