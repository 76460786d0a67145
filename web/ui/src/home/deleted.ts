// Which session was just deleted: told on the list, to which its page leads, and only there.
const STORED_AS = "vigie.deleted_session";

/** Notes the number before the page changes. */
export function noteDeleted(number: number): void {
  try {
    sessionStorage.setItem(STORED_AS, String(number));
  } catch {
    // Without storage the list itself shows that it is gone.
  }
}

/** Gives the number once. */
export function takeDeleted(): number | null {
  try {
    const noted = sessionStorage.getItem(STORED_AS);
    sessionStorage.removeItem(STORED_AS);
    return noted === null ? null : Number(noted);
  } catch {
    return null;
  }
}
