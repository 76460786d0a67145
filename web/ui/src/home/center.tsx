// The home of a center's admins: their sessions to search, sort and open, a new one, an import.
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Button, Problem, common, refusalText } from "../parts/controls.tsx";
import { OfficePage } from "../parts/office.tsx";
import { whenSeenAgain } from "../parts/window.ts";
import { lazily } from "../parts/lazily.tsx";
import { takeDeleted } from "./deleted.ts";
import { Filters } from "./filters.tsx";
import { Import } from "./import.tsx";
import { isNarrowed, keepInAddress, listed, listProblem, narrow, readList, widen } from "./list.ts";
import { words } from "./store.ts";
import { Lines } from "./lines.tsx";

const CreateSession = lazily(() => import("./create.tsx").then((module) => module.CreateSession));

function Pages(): VNode | null {
  const w = words();
  const list = listed.value;
  if (list === null || list.total === 0) return null;
  const first = (list.page - 1) * list.page_size + 1;
  const last = Math.min(list.total, first + list.sessions.length - 1);
  const isFirst = list.page === 1;
  const isLast = last >= list.total;
  return (
    <nav class="pages" aria-label={w.pages}>
      <p role="status">{w.shown(first, last, list.total)}</p>
      {!(isFirst && isLast) && (
        <div class="buttons">
          <Button waits={isFirst ? w.no_page : undefined} onPress={() => narrow({ page: list.page - 1 })}>{w.page_before}</Button>
          <Button waits={isLast ? w.no_page : undefined} onPress={() => narrow({ page: list.page + 1 })}>{w.page_after}</Button>
        </div>
      )}
    </nav>
  );
}

function Body(): VNode {
  const w = words();
  const list = listed.value;
  if (list === null) return listProblem.value ? <Button onPress={() => void readList()}>{common().retry}</Button> : <p role="status">{common().loading}</p>;
  if (list.sessions.length > 0) return <Lines lines={list.sessions} />;
  if (!isNarrowed()) return <p class="empty">{w.sessions_none}</p>;
  return (
    <div class="buttons empty-list">
      <p class="empty">{w.no_match}</p>
      <Button onPress={widen}>{w.widen}</Button>
    </div>
  );
}

/** The page. */
export function CenterHome(): VNode {
  const w = words();
  const isCreating = useSignal(false);
  const deleted = useMemo(takeDeleted, []);
  useEffect(() => {
    keepInAddress();
    void readList();
    return whenSeenAgain(() => void readList());
  }, []);
  const beside = (
    <div class="buttons push">
      <Button kind="main" onPress={() => (isCreating.value = true)}>{w.create}</Button>
      <a class="soft" href="#import">{w.to_import}</a>
      <a class="soft" href="/wall">{w.to_wall}</a>
    </div>
  );
  return (
    <OfficePage title={w.sessions_title} beside={beside}>
      <div role="status">{deleted !== null && <p class="told">{w.deleted(deleted)}</p>}</div>
      <section class="card" aria-label={w.list_title}>
        <Filters />
        <Problem text={listProblem.value === null ? null : refusalText(listProblem.value)} />
        <Body />
        <Pages />
      </section>
      <Import onDone={() => void readList()} />
      {isCreating.value && <CreateSession onClose={() => (isCreating.value = false)} />}
    </OfficePage>
  );
}
