// The chips that count and filter, and the search.
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Glyph } from "../parts/controls.tsx";
import { words } from "./announce.ts";
import { choose, counts, filter, filters, typed } from "./state.ts";

function Chips(): VNode {
  return (
    <div class="chips" role="group" aria-label={words().filter_label}>
      {filters.map((name) => (
        <button
          key={name}
          type="button"
          class={`chip is-${name} ${counts.value[name] > 0 ? "some" : "none"}`}
          aria-pressed={filter.value === name}
          onClick={() => choose(name)}
        >
          {words()[`filter_${name}`]} <b>{counts.value[name]}</b>
        </button>
      ))}
    </div>
  );
}

/** Filters and search; on a phone the search takes the place of the chips while it is open. */
export function Filters(): VNode {
  const isSearching = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  const isSearchingNow = isSearching.value;
  const wasSearching = useRef(false);
  useLayoutEffect(() => {
    if (isSearchingNow !== wasSearching.current) (isSearchingNow ? field : toggle).current?.focus();
    wasSearching.current = isSearchingNow;
  }, [isSearchingNow]);
  const start = (): void => {
    isSearching.value = true;
  };
  const stop = (): void => {
    typed.value = "";
    isSearching.value = false;
  };
  return (
    <div class={isSearchingNow ? "filters searching" : "filters"} role="search">
      <button ref={toggle} type="button" class="plain square opens-search" aria-label={words().search} onClick={start}>
        <Glyph shape="search" />
      </button>
      <div class="search">
        <Glyph shape="search" />
        <input
          ref={field}
          type="search"
          value={typed.value}
          placeholder={words().search}
          aria-label={words().search}
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="search"
          onInput={(event) => (typed.value = event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && stop()}
        />
        <button type="button" class="plain square closes-search" aria-label={words().search_close} onClick={stop}>
          <Glyph shape="cross" />
        </button>
      </div>
      <Chips />
    </div>
  );
}
