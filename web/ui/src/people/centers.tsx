// The centers of the installation, and a new one: an operator's business.
import type { VNode } from "preact";
import { call } from "../http.ts";
import { signInAgain } from "../office.ts";
import { common, refusalText } from "../parts/controls.tsx";
import { Summary, Text, giveBack, useForm } from "../parts/form.tsx";
import { centers, refresh, told, words, type Center } from "./store.ts";

type Name = "name" | "time_zone";

const ZONES = "time-zones";
const USUAL_ZONE = "Europe/Paris";

function Create(): VNode {
  const w = words();
  const form = useForm<Name>({ name: "", time_zone: USUAL_ZONE }, { name: w.center_name, time_zone: w.center_zone });
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (form.isBusy.value) return;
    const { name, time_zone } = form.values.value;
    if (name.trim() === "") return giveBack(form, { name: common().required });
    form.isBusy.value = true;
    const answer = await call<Center>("POST", "/centers", { name, time_zone: time_zone.trim() });
    if (!answer.ok) {
      if (answer.status === 401) return signInAgain();
      const found = Object.keys(answer.error.fields ?? {});
      const wrong: Partial<Record<Name, string>> = {
        ...(answer.error.code === "center_name_taken" && { name: refusalText(answer.error.code) }),
        ...(found.includes("name") && { name: w.center_name_wrong }),
        ...(found.includes("time_zone") && { time_zone: refusalText("invalid") }),
      };
      return giveBack(form, wrong, Object.keys(wrong).length > 0 ? null : refusalText(answer.error.code));
    }
    form.isBusy.value = false;
    form.values.value = { name: "", time_zone: USUAL_ZONE };
    form.wrong.value = {};
    form.problem.value = null;
    told.value = () => words().center_done(answer.body.name);
    await refresh();
  };
  return (
    <form class="new-center" onSubmit={(event) => void send(event)} noValidate aria-labelledby="new-center">
      <h3 id="new-center">{w.center_new}</h3>
      <Summary form={form} />
      <Text form={form} name="name" input={{ autocomplete: "off", maxLength: 100 }} />
      <Text form={form} name="time_zone" hint={w.center_zone_hint} input={{ list: ZONES, autocomplete: "off", spellcheck: false, maxLength: 64 }} />
      <datalist id={ZONES}>{Intl.supportedValuesOf("timeZone").map((zone) => <option key={zone} value={zone} />)}</datalist>
      <button type="submit" class="soft" aria-disabled={form.isBusy.value}>{form.isBusy.value ? common().working : w.center_create}</button>
    </form>
  );
}

/** The list and the form. */
export function Centers(): VNode {
  const w = words();
  const all = centers.value;
  return (
    <section class="card" aria-labelledby="centers-title">
      <h2 id="centers-title">{w.centers_title}</h2>
      {all?.length === 0 && <p class="empty">{w.centers_none}</p>}
      {all !== null && all.length > 0 && (
        <ul class="centers">
          {all.map((center) => (
            <li key={center.id}>
              <span class="strong">{center.name}</span> <small>{center.time_zone}</small>
            </li>
          ))}
        </ul>
      )}
      <Create />
    </section>
  );
}
