// Step 3: how the session went as a whole, and the choice between two versions when two people wrote.
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { Button } from "../parts/controls.tsx";
import { refocus } from "../parts/refocus.ts";
import { chooseComment, isReadOnly, isTooLong, news, type, typed, words } from "./store.ts";
import { lengthOf } from "../closing.ts";
import { COMMENT_AT_MOST } from "./view.ts";

export const COMMENT_ID = "comment";

function Contest(): VNode | null {
  const w = words();
  const theirs = news.value?.comment;
  if (theirs === null || theirs === undefined) return null;
  const choose = (isMine: boolean): void => {
    chooseComment(isMine);
    refocus(COMMENT_ID);
  };
  return (
    <div class="contest" role="group" aria-label={w.save_conflict}>
      <p class="strong">{w.changed_theirs}</p>
      <blockquote>{theirs === "" ? w.changed_theirs_none : theirs}</blockquote>
      <div class="buttons">
        <Button onPress={() => choose(true)}>{w.keep_mine}</Button>
        <Button onPress={() => choose(false)}>{w.take_theirs}</Button>
      </div>
    </div>
  );
}

function Comment(): VNode {
  const w = words();
  const used = lengthOf(typed.value.comment);
  const error = isTooLong.value ? w.comment_too_long(used - COMMENT_AT_MOST) : null;
  return (
    <div class="field">
      <label for={COMMENT_ID}>{w.comment}</label>
      <textarea
        id={COMMENT_ID}
        rows={4}
        value={typed.value.comment}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${COMMENT_ID}-error` : `${COMMENT_ID}-count`}
        onInput={(event) => type({ comment: event.currentTarget.value })}
      />
      <span class="hint count" id={`${COMMENT_ID}-count`}>{w.comment_count(used)}</span>
      {error && <span class="error" id={`${COMMENT_ID}-error`}>{error}</span>}
      <Contest />
    </div>
  );
}

function Given(): VNode {
  const w = words();
  const { incident, comment } = typed.value;
  const text = incident === null ? w.incident_unset : incident ? w.incident_yes : w.incident_no;
  return (
    <>
      <p>{text}</p>
      {incident && comment !== "" && <blockquote>{comment}</blockquote>}
    </>
  );
}

/** The step. */
export function Course(): VNode {
  const w = words();
  const name = useId();
  if (isReadOnly.value) return <Given />;
  const { incident } = typed.value;
  const choice = (value: boolean, text: string): VNode => (
    <label class="tick">
      <input type="radio" name={name} checked={incident === value} onChange={() => type({ incident: value })} />
      <span>{text}</span>
    </label>
  );
  return (
    <>
      <fieldset class="options">
        <legend>{w.incident_legend}</legend>
        {choice(false, w.incident_no)}
        {choice(true, w.incident_yes)}
      </fieldset>
      {incident === true && <Comment />}
    </>
  );
}
