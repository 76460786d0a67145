// The pages of the jury: the queue, or the case that the address names.
import { render, type VNode } from "preact";
import { signal } from "@preact/signals";
import { ready } from "../locale.ts";
import { requireSignIn, signInAgain } from "../office.ts";
import { Problem } from "../parts/controls.tsx";
import { OfficePage } from "../parts/office.tsx";
import { whenSeenAgain } from "../parts/window.ts";
import * as one from "./case_store.ts";
import { CasePage } from "./case.tsx";
import * as many from "./queue_store.ts";
import { QueuePage } from "./queue.tsx";
import { words } from "./words.ts";

const isForbidden = signal(false);
/** The session that has just been given back, said once on the queue. */
const returned = Number(new URLSearchParams(location.search).get("returned") ?? "0");

function Page(): VNode {
  const w = words();
  if (isForbidden.value) return <OfficePage title={w.queue_title}><div class="card narrow"><Problem text={w.not_jury} /></div></OfficePage>;
  if (one.number !== null) return <CasePage />;
  return <QueuePage note={returned > 0 ? w.unfinalized(returned) : null} />;
}

async function begin(): Promise<void> {
  const who = await requireSignIn();
  if (who === null) return;
  if (who.role !== "jury") {
    isForbidden.value = true;
    return;
  }
  await (one.number === null ? many.begin() : one.reload());
  if ((one.trouble.peek() ?? many.trouble.peek()) === "not_signed_in") signInAgain();
}

/** A colleague may have decided while nobody looked at this page. */
function lookAgain(): void {
  if (isForbidden.peek()) return;
  if (one.number !== null && one.shown.peek() !== null && !one.isBusy.peek()) void one.reload();
  if (one.number === null && many.queue.peek() !== null) void many.ask();
}

whenSeenAgain(lookAgain);
void begin();
await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
