// The choice of a report's category, in groups that unfold, and the fields that the category requires. Tied to no page.
import type { VNode } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { catalogue } from "../locale.ts";
import * as dialogs from "../locales/fr/dialogs.ts";
import * as fr from "../locales/fr/reports.ts";
import { CATEGORIES, GROUPS, IDENTITY, TEXT_AT_MOST, faultsOf, namesOf, type Draft, type Fault, type GroupName, type ReportName } from "../reports.ts";
import { Area, Field, Glyph, common } from "./controls.tsx";
import { Category } from "./report_names.tsx";

const groups = catalogue(fr.reportGroups, (en) => en.reportGroups);
const texts = catalogue(dialogs.dialogs, (en) => en.dialogs);

interface GroupProps {
  group: GroupName;
  members: ReportName[];
  isOpen: boolean;
  onToggle: () => void;
  onPick: (name: ReportName) => void;
}

function Group({ group, members, isOpen, onToggle, onPick }: GroupProps): VNode {
  const id = useId();
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) {
    return (
      <li>
        <button type="button" class="choice" onClick={() => onPick(only)}><Category name={only} /></button>
      </li>
    );
  }
  return (
    <li>
      <button type="button" class="choice" aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={onToggle}>
        <span>{groups()[group]}</span>
        <Glyph shape={isOpen ? "down" : "right"} />
      </button>
      {isOpen && (
        <ul id={id} class="choices inner">
          {members.map((name) => (
            <li key={name}>
              <button type="button" class="choice" onClick={() => onPick(name)}><Category name={name} /></button>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

interface PickerProps {
  onPick: (name: ReportName) => void;
  /** A category that is not offered, because one such report stands already. */
  without?: ReportName | null;
  takesFocus?: boolean;
}

/** The categories, in groups that unfold one at a time. */
export function Picker({ onPick, without = null, takesFocus = false }: PickerProps): VNode {
  const opened = useSignal<GroupName | null>(null);
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    if (takesFocus) list.current?.querySelector("button")?.focus();
  }, []);
  return (
    <ul class="choices" ref={list}>
      {GROUPS.map((group) => (
        <Group
          key={group}
          group={group}
          isOpen={opened.value === group}
          onToggle={() => (opened.value = opened.value === group ? null : group)}
          members={namesOf(group).filter((name) => name !== without)}
          onPick={onPick}
        />
      ))}
    </ul>
  );
}

function faultText(fault: Fault | undefined, length: number): string | null {
  if (fault === undefined) return null;
  if (fault === "missing") return common().required;
  return fault === "not_a_question" ? texts().report_fault_question : texts().report_fault_too_long(length);
}

/** The fields of one report: what its category needs, and faults once somebody tried to send it. */
export function ReportFields({ draft, onDraft, isTried }: { draft: Draft; onDraft: (draft: Draft) => void; isTried: boolean }): VNode {
  const t = texts();
  const { name, question, text } = draft;
  const { needsQuestion, needsText } = CATEGORIES[name];
  const shown = isTried ? faultsOf(draft) : {};
  return (
    <>
      {needsQuestion && (
        <Field
          label={t.report_question}
          need="mandatory"
          value={question}
          error={faultText(shown.question, 0)}
          onInput={(typed) => onDraft({ ...draft, question: typed })}
          input={{ inputMode: "numeric", autocomplete: "off" }}
        />
      )}
      <Area
        label={name === IDENTITY ? t.report_text_identity : t.report_text}
        hint={name === IDENTITY ? t.report_hint_identity : t.report_hint_at_most(TEXT_AT_MOST)}
        need={needsText ? "mandatory" : "optional"}
        value={text}
        error={faultText(shown.text, [...text.trim()].length)}
        onInput={(typed) => onDraft({ ...draft, text: typed })}
      />
    </>
  );
}
