// Parts of a page under tabs: one shown at a time, named in the address, moved through with the arrows.
import type { VNode } from "preact";
import { signal } from "@preact/signals";

interface Tab {
  id: string;
  text: string;
  body: () => VNode;
}

const chosen = signal(location.hash.slice(1));
addEventListener("hashchange", () => (chosen.value = location.hash.slice(1)));

function choose(id: string): void {
  chosen.value = id;
  history.replaceState(null, "", `#${id}`);
}

/** The tabs and the part that is shown. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }): VNode | null {
  const at = Math.max(0, tabs.findIndex((tab) => tab.id === chosen.value));
  const shown = tabs[at];
  if (!shown) return null;
  const move = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const wanted = steps[event.key];
    const next = wanted === undefined ? undefined : tabs[(wanted + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    choose(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map((tab) => (
          <button key={tab.id} type="button" role="tab" id={`tab-${tab.id}`} aria-selected={tab === shown} aria-controls="part"
            tabIndex={tab === shown ? 0 : -1} onClick={() => choose(tab.id)}>
            {tab.text}
          </button>
        ))}
      </div>
      <div id="part" role="tabpanel" aria-labelledby={`tab-${shown.id}`}>{shown.body()}</div>
    </>
  );
}
