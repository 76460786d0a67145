// One line of a list of facts: what it is, and what is so.
import type { ComponentChildren, VNode } from "preact";

/** A term and what is so, inside a `dl`. */
export function Fact({ term, children }: { term: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
