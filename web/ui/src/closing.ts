// What the center and the jury see alike once a test is over: names, documents, reasons, lengths. Pure.
import type { Row } from "./wire.ts";

/** Why a test did not come to its end. */
export type AbortReason = "candidate" | "technical";

/** A document of a session, without its content. */
export interface Attachment {
  id: string;
  name: string;
  media_type: string;
  size_bytes: number;
  by: string;
  at: string;
}

/** Writes a name as lists do. */
export function listed(row: Pick<Row, "last_name" | "first_name">): string {
  return `${row.last_name.toUpperCase()} ${row.first_name}`;
}

/** Counts signs as the hub does. */
export function lengthOf(text: string): number {
  return [...text.trim()].length;
}
